"""Whatever is known of a file goes into every kind of file and comes out again."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from unlabelled_files import some_facts, sound

from sparring.core import mark
from sparring.core.errors import UserError
from sparring.provenance import aigc
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.facts import Facts, Origin
from sparring.provenance.labelling import Labelling, digest, labelled, marked
from sparring.provenance.verify import verify

MEDIA = ("a.png", "a.jpeg", "a.gif", "a.wav", "a.flac", "a.ogg")
NAMES = (*MEDIA, "a.mid", "a.txt", "a.md", "a.html", "a.json", "a.jsonl")
CODES = st.text(st.characters(min_codepoint=0x23, max_codepoint=0x5B), min_size=1, max_size=40)
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
SEEDS = st.integers(0, 2**63 - 1)
PLAIN = Labelling(producer="me", signed=False)


ORIGINS = st.fixed_dictionaries(
    {
        "model": WORDS,
        "recipe": WORDS,
        "truncation": st.floats(0.01, 1),
        "ways": st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), st.booleans())),
        "device": WORDS,
        "threads": st.integers(0, 500),
        "torch": WORDS,
    }
)
WALK = {"between": [1, 2], "steps": 3, "closed": True}
SAMPLES = st.lists(
    st.tuples(SEEDS, st.dictionaries(WORDS, WORDS, max_size=2)), min_size=1, max_size=4
)
FILES = st.fixed_dictionaries(
    {
        "made": st.sampled_from(["sample", "all", "row", "strip", "walk"]),
        "provider": CODES,
        "walk": st.sampled_from([{}, WALK, {**WALK, "place": 2}]),
        "visible": st.just(False),
    }
)


@pytest.mark.parametrize("name", NAMES)
def test_any_facts_come_back_from_any_kind_of_file(name: str, plain: Mapping[str, bytes]) -> None:
    @settings(max_examples=15, deadline=None)
    @given(ORIGINS, SAMPLES, FILES)
    def check(origin: dict[str, Any], samples: list[Any], file: dict[str, Any]) -> None:
        seeds, labels = (list(each) for each in zip(*samples, strict=True))
        facts = Facts(Origin(**origin), seeds=seeds, labels=labels, **file)
        made = labelled(plain[name], name, facts, PLAIN)
        verdict = verify(made.content, name, made.beside)
        assert verdict.facts == (None if name == "a.jsonl" else facts)
        states = {layer.name: layer.state for layer in verdict.layers}
        assert states["implicit"] == states["integrity"] == "valid", verdict.layers
        assert bool(made.beside) == (name in ("a.mid", "a.txt", "a.jsonl"))
        if name not in ("a.txt", "a.jsonl"):
            assert states["recipe"] == states["disclosure"] == states["iptc"] == "valid"

    check()


@pytest.mark.parametrize("name", NAMES)
def test_a_new_label_takes_the_place_of_the_old_one(name: str, plain: Mapping[str, bytes]) -> None:
    once = labelled(plain[name], name, some_facts(provider="first"), PLAIN)
    facts = some_facts(provider="second")
    twice = labelled(once.content, name, facts, PLAIN)
    assert twice == labelled(plain[name], name, facts, PLAIN)
    assert verify(twice.content, name, twice.beside).is_sound


@pytest.mark.parametrize("name", NAMES)
def test_labels_leave_the_content_as_it_is(name: str, plain: Mapping[str, bytes]) -> None:
    made = labelled(plain[name], name, some_facts(), PLAIN).content
    carrier = carrier_of(made, name)
    assert digest(carrier.essence(made)) == digest(carrier.essence(plain[name]))
    for content in (made, marked(plain[name], name)):
        if name.endswith(("png", "jpeg", "gif")):
            with Image.open(io.BytesIO(content)) as one, Image.open(io.BytesIO(plain[name])) as two:
                assert one.convert("RGB").tobytes() == two.convert("RGB").tobytes()
                assert getattr(one, "n_frames", 1) == getattr(two, "n_frames", 1)
        if name.endswith(("wav", "flac", "ogg")):
            one, two = (soundfile.read(io.BytesIO(c))[0] for c in (content, plain[name]))
            assert np.array_equal(one, two)


@pytest.mark.parametrize(("container", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_ogg_takes_recipes_of_any_length(container: str, subtype: str) -> None:
    content = sound(container, subtype, 3.0)
    for count in (1, 500, 20_000):
        facts = some_facts(seeds=list(range(count)), labels=[{"digit": "7"}] * count, made="row")
        made = labelled(content, "a.ogg", facts, PLAIN).content
        assert verify(made, "a.ogg").facts == facts
        one, two = (soundfile.read(io.BytesIO(c))[0] for c in (made, content))
        assert np.array_equal(one, two)


def test_a_jpeg_says_that_a_recipe_is_too_long(plain: Mapping[str, bytes]) -> None:
    facts = some_facts(seeds=list(range(5_000)), labels=[{"digit": "7"}] * 5_000)
    with pytest.raises(UserError, match=r"a JPEG has room for 65,533. Choose png"):
        labelled(plain["a.jpeg"], "a.jpeg", facts, PLAIN)


def test_a_label_in_exif_gives_way_to_a_new_one(plain: Mapping[str, bytes]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + json.dumps(aigc.label("me", "1", "")).encode()
    for form, name in (("PNG", "x.png"), ("JPEG", "x.jpeg")):
        content = io.BytesIO()
        with Image.open(io.BytesIO(plain["a.png"])) as picture:
            picture.save(content, form, exif=exif.tobytes())
        before = {layer.name: layer.state for layer in verify(content.getvalue(), name).layers}
        assert before["implicit"] == "valid"
        made = labelled(content.getvalue(), name, some_facts(), PLAIN).content
        assert verify(made, name).is_sound


def test_a_page_without_a_head_is_refused() -> None:
    for page in (b"<!doctype html><p>hi", b"<html><head><title>x</title></head></html>"):
        with pytest.raises(UserError, match="has no line <head>"):
            labelled(page, "a.html", some_facts(), PLAIN)


def test_labels_have_the_seven_strings_of_the_standard(plain: Mapping[str, bytes]) -> None:
    facts = some_facts()
    made = labelled(plain["a.txt"], "a.txt", facts, PLAIN)
    label = json.loads(made.beside)["AIGC"]
    assert list(label) == list(aigc.KEYS)
    assert (label["Label"], label["ReservedCode2"]) == ("1", "")
    assert label["ContentProducer"] == label["ContentPropagator"] == "me"
    assert label["ProduceID"] == label["PropagateID"] == facts.identifier
    assert all("!" <= letter <= "~" for value in label.values() for letter in value)


@pytest.mark.parametrize("producer", ["", "a b", "某公司", 'a"b', "a\\b", "x" * 129, "a\n"])
def test_a_producer_that_no_label_can_hold_is_refused(producer: str) -> None:
    with pytest.raises(UserError, match=r"cannot stand in a label: give 1 to 128 .*Annex E j"):
        Labelling(producer=producer)


def test_the_producer_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARRING_PRODUCER", raising=False)
    assert Labelling().producer == "sparring-local-user"
    monkeypatch.setenv("SPARRING_PRODUCER", "001191440300708461136T1XGW3")
    assert Labelling().producer == "001191440300708461136T1XGW3"


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not here")
def test_another_reader_finds_the_same_labels(tmp_path: Path, plain: Mapping[str, bytes]) -> None:
    facts = some_facts()
    for name in MEDIA:
        (tmp_path / name).write_bytes(labelled(plain[name], name, facts, PLAIN).content)
    command = ["exiftool", "-j", "-G1", "-a", "-warning", "-all", *MEDIA]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    told = {each["SourceFile"]: each for each in json.loads(done.stdout)}
    for name in MEDIA:
        tags = told[name]
        assert "ExifTool:Warning" not in tags, tags
        if name not in ("a.flac", "a.ogg"):
            # Its version here knows one of the three by name; "trained" is its word for the URI.
            source = tags["XMP-iptcExt:DigitalSourceType"]
            assert source in (mark.SOURCE, "Trained Algorithmic Media"), source
            (version,) = (v for k, v in tags.items() if k.lower().endswith("aisystemversionused"))
            assert str(version) == facts.version
        if name != "a.wav":  # a chunk that it does not know; XMP must not hold a second label
            (label,) = (value for key, value in tags.items() if key.lower().endswith(":aigc"))
            label = json.loads(label) if isinstance(label, str) else label
            assert label["ProduceID"] == facts.identifier
        else:
            assert not [key for key in tags if "aigc" in key.lower()]


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.flac", "a.ogg"])
def test_a_page_is_the_same_whatever_labels_the_files_on_it_carry(
    name: str, plain: Mapping[str, bytes]
) -> None:
    one, two = (labelled(plain[name], name, some_facts(provider=p), PLAIN) for p in ("a1", "b2"))
    kind = "image/png" if name == "a.png" else f"audio/{name[2:]}"

    def page(content: bytes) -> str:
        inside = base64.b64encode(content).decode()
        html = f'<!doctype html><head>\n</head><img src="data:{kind};base64,{inside}">'.encode()
        return digest(carrier_of(html, "a.html").essence(html))

    assert one.content != two.content
    other = plain["a.wav" if name == "a.png" else "a.png"]
    assert page(one.content) == page(two.content) != page(other)
