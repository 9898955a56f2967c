"""What leaves a page by a right click says what it is, as what is downloaded does."""

from __future__ import annotations

import base64

import sparring
from sparring.provenance.verify import verify
from sparring.studio.showing import shown, shown_real, shown_whole


def content_of(address: str) -> bytes:
    return base64.b64decode(address.partition(",")[2])


def test_sounds_on_pages_are_labelled_files_and_real_ones_are_not() -> None:
    made = sparring.load("spoken-digits").generate(1, seed=3)
    seen = shown_whole(made, 0)
    sound = content_of(seen.sound)
    verdict = verify(sound, "sound.wav")
    states = {layer.name: layer.state for layer in verdict.layers}
    assert states["implicit"] == states["recipe"] == states["iptc"] == "valid"
    assert verdict.facts is not None and verdict.facts.seeds == [3]
    picture = {x.name: x.state for x in verify(content_of(seen.picture), "p.png").layers}
    assert picture["iptc"] == "valid"
    assert not shown(made.modality, made.samples[0]).sound

    real = shown_real(made.modality, made.samples[0])
    for address, name in ((real.sound, "sound.wav"), (real.picture, "p.png")):
        layers = verify(content_of(address), name).layers
        assert {x.state for x in layers if x.name in ("implicit", "iptc", "recipe")} == {"missing"}
