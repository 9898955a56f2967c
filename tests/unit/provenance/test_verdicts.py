"""Forged, doubled, stripped, re-encoded and damaged labels get the verdict that they deserve."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Mapping
from typing import Any

import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from unlabelled_files import some_facts

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.provenance import aigc
from sparring.provenance.carriers import Marks, ogg
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.labelling import Labelling, digest, integrity, labelled
from sparring.provenance.verify import Verdict, verify

PLAIN = Labelling(producer="me", signed=False)
GOOD = aigc.label("me", "1234", "")
MEDIA = ["a.png", "a.jpeg", "a.gif", "a.wav", "a.flac", "a.ogg"]
NAMES = [*MEDIA, "a.mid", "a.txt", "a.md", "a.html", "a.json"]


def states(verdict: Verdict) -> dict[str, str]:
    return {layer.name: layer.state for layer in verdict.layers}


def says(verdict: Verdict, name: str) -> str:
    (layer,) = (layer for layer in verdict.layers if layer.name == name)
    return f"{layer.says} [{layer.rule}]"


@pytest.mark.parametrize("name", [*NAMES, "a.jsonl"])
def test_without_labels_nothing_is_claimed(name: str, plain: Mapping[str, bytes]) -> None:
    verdict = verify(plain[name], name)
    assert verdict.is_sound
    assert states(verdict)["implicit"] == "missing"
    assert "no label of AI-generated content" in verdict.sentence
    assert "proves neither" in verdict.sentence
    words = json.dumps(verdict.to_json()).lower()
    assert not [word for word in ("authentic", "genuine", "not ai") if word in words]


WRONG: list[tuple[str, Any, str, str]] = [
    ("Label 9", {**GOOD, "Label": "9"}, "Label is '9'; it must be 1, 2 or 3", "Annex E"),
    ("word", {**GOOD, "Label": "AIGC"}, "Label is 'AIGC'", "Annex E"),
    ("number", {**GOOD, "Label": 1}, "Label is not a string", "Annex E"),
    ("Chinese", {**GOOD, "ContentProducer": "某公司"}, "illegal character '\\u67d0'", "Annex E j"),
    ("blank", {**GOOD, "ContentProducer": "a b"}, "illegal character ' '", "Annex E j"),
    ("backslash", {**GOOD, "ProduceID": "a\\b"}, "ProduceID has the illegal", "Annex E j"),
    ("empty", {**GOOD, "ProduceID": ""}, "ProduceID is empty", "Annex E"),
    ("unknown", {**GOOD, "Extra": "x"}, "the key 'Extra' is unknown", "Annex E"),
    ("missing", {k: v for k, v in GOOD.items() if k != "PropagateID"},
     "the key PropagateID is missing", "Annex E"),
    ("list", [GOOD], "no JSON object", "Annex E"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "reason", "clause"), [each[1:] for each in WRONG],
                         ids=[each[0] for each in WRONG])  # fmt: skip
def test_what_is_wrong_with_a_label_is_named_with_its_clause(
    label: Any, reason: str, clause: str, plain: Mapping[str, bytes]
) -> None:
    for wrapped in (label, {"AIGC": label}):
        verdict = verify(plain["a.txt"], "a.txt", json.dumps(wrapped).encode())
        assert states(verdict)["implicit"] == "invalid"
        told = says(verdict, "implicit")
        assert reason in told
        assert f"GB 45438-2025 {clause}" in told
        assert not verdict.is_sound


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(GOOD)[:-1] + ', "Label": "1"}', "the key Label comes 2 times"),
        ("{", "no JSON"),
        ("[" * 100_000, "it has 100,000 letters"),
        ("[" * 60_000, "no JSON"),
        ('{"AIGC":' * 9_000, "it has 72,000 letters"),
    ],
)
def test_broken_labels_are_named(text: str, reason: str, plain: Mapping[str, bytes]) -> None:
    assert reason in says(verify(plain["a.txt"], "a.txt", text.encode()), "implicit")


@pytest.mark.parametrize("label", [GOOD, {"AIGC": GOOD}], ids=["bare", "wrapped"])
def test_the_places_of_annex_b_are_read(label: Any, plain: Mapping[str, bytes]) -> None:
    with Image.open(io.BytesIO(plain["a.png"])) as picture:
        info, content = PngImagePlugin.PngInfo(), io.BytesIO()
        info.add_text("AIGC", json.dumps(label), zip=True)
        picture.save(content, "PNG", pnginfo=info)
        assert states(verify(content.getvalue(), "x.png"))["implicit"] == "valid"
        exif, content = Image.Exif(), io.BytesIO()
        exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + json.dumps(label).encode()
        picture.save(content, "JPEG", exif=exif)
        assert states(verify(content.getvalue(), "x.jpg"))["implicit"] == "valid"


def test_other_spellings_in_markdown_are_read() -> None:
    flow = f"---\ntitle: x\nAIGC: {json.dumps(GOOD)}\n---\nhi\n"
    block = "---\nAIGC:\n" + "".join(f"  {k}: '{v}'\n" for k, v in GOOD.items()) + "---\nhi\n"
    for text in (flow, block):
        assert states(verify(text.encode(), "a.md"))["implicit"] == "valid"
    bare = verify(block.replace("'1'", "1").encode(), "a.md")
    assert "Label is not a string" in says(bare, "implicit")


@pytest.mark.parametrize("name", [*MEDIA, "a.mid"])
def test_a_label_of_another_file_does_not_fit(name: str, plain: Mapping[str, bytes]) -> None:
    """Forged: the labels are whole, and were written for something else."""
    facts, carrier = some_facts(), carrier_of(plain[name], name)
    code = integrity(carrier, labelled(plain[name], name, facts, PLAIN).content, facts.text())
    code = code.replace(digest(carrier.essence(plain[name])), "0" * 64)
    label = aigc.label(facts.provider, facts.identifier, code)
    forged = carrier.put(plain[name], Marks(recipe=facts.text(), aigc=label))
    verdict = verify(forged, name)
    assert states(verdict)["implicit"] == "valid"
    assert states(verdict)["integrity"] == "invalid"
    assert "edited or encoded anew" in says(verdict, "integrity")


def test_a_recipe_that_was_exchanged_is_noticed(plain: Mapping[str, bytes]) -> None:
    made = labelled(plain["a.txt"], "a.txt", some_facts(seeds=[3]), PLAIN)
    changed = made.content.replace(b'"seeds": [3]', b'"seeds": [4]')
    verdict = verify(changed, "a.txt", made.beside)
    assert "The recipe is not the one that was labelled" in says(verdict, "integrity")
    other = made.beside.replace(b'"me"', b'"you"')
    assert "another producer" in says(verify(made.content, "a.txt", other), "implicit")


def test_two_labels_are_one_too_many(plain: Mapping[str, bytes]) -> None:
    made = labelled(plain["a.png"], "a.png", some_facts(), PLAIN).content
    with Image.open(io.BytesIO(made)) as picture:
        info, content = PngImagePlugin.PngInfo(), io.BytesIO()
        info.add_itxt("XML:com.adobe.xmp", picture.info["XML:com.adobe.xmp"])
        info.add_text("AIGC", json.dumps(GOOD))
        picture.save(content, "PNG", pnginfo=info)
    wave = labelled(plain["a.wav"], "a.wav", some_facts(), PLAIN).content
    chunk = wave[wave.index(b"AIGC") :]
    doubled = wave + chunk
    page = labelled(plain["a.html"], "a.html", some_facts(), PLAIN).content
    meta = next(line for line in page.splitlines(True) if b'"AIGC"' in line)
    text = labelled(plain["a.json"], "a.json", some_facts(), PLAIN).content.decode()
    twice = text.replace('{\n "text"', f'{{\n "AIGC": {json.dumps(GOOD)}, "text"')
    for name, each in (
        ("a.png", content.getvalue()), ("a.wav", doubled),
        ("a.html", page.replace(meta, meta * 2)), ("a.json", twice.encode()),
    ):  # fmt: skip
        verdict = verify(each, name)
        assert states(verdict)["implicit"] == "duplicate", name
        assert "one alone is allowed. [GB 45438-2025 6.1 c]" in says(verdict, "implicit")


def test_a_picture_that_was_saved_again_has_lost_or_broken_its_labels(
    plain: Mapping[str, bytes],
) -> None:
    made = labelled(plain["a.jpeg"], "a.jpeg", some_facts(), PLAIN).content
    with Image.open(io.BytesIO(made)) as picture:
        stripped, kept = io.BytesIO(), io.BytesIO()
        picture.save(stripped, "JPEG", quality=60, xmp=b"")
        picture.save(kept, "JPEG", quality=60, xmp=picture.info["xmp"])
    assert states(verify(stripped.getvalue(), "a.jpeg"))["implicit"] == "missing"
    again = verify(kept.getvalue(), "a.jpeg")
    assert (states(again)["implicit"], states(again)["integrity"]) == ("valid", "invalid")
    assert not again.is_sound


def test_a_sound_that_was_encoded_anew_has_lost_its_labels(plain: Mapping[str, bytes]) -> None:
    made = labelled(plain["a.wav"], "a.wav", some_facts(), PLAIN).content
    wave, rate = soundfile.read(io.BytesIO(made))
    content = io.BytesIO()
    soundfile.write(content, wave * 0.9, rate, format="WAV")
    assert states(verify(content.getvalue(), "a.wav"))["implicit"] == "missing"


def test_iptc_wants_the_whole_address(plain: Mapping[str, bytes]) -> None:
    carrier = carrier_of(plain["a.png"], "a.png")
    for value, state in (
        ("trainedAlgorithmicMedia", "invalid"),
        ("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", "present"),
        ("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "valid"),
    ):
        content = carrier.put(plain["a.png"], Marks(iptc={"DigitalSourceType": value}))
        assert states(verify(content, "a.png"))["iptc"] == state


def test_iptc_names_the_system_of_the_recipe(plain: Mapping[str, bytes]) -> None:
    facts = some_facts()
    for name in NAMES:
        for key in ("AISystemUsed", "AISystemVersionUsed"):
            iptc = {"DigitalSourceType": mark.SOURCE, key: "Brush 1.0"}
            carrier = carrier_of(plain[name], name)
            content = carrier.put(plain[name], Marks(recipe=facts.text(), iptc=iptc))
            state = "missing" if name == "a.txt" else "invalid"  # which has no place for it
            assert states(verify(content, name))["iptc"] == state, name
            told = "" if name == "a.txt" else f"{key} is 'Brush 1.0', and its recipe tells another"
            assert told in says(verify(content, name), "iptc")
            alone = carrier.put(plain[name], Marks(iptc=iptc))  # of another program
            state = "missing" if name == "a.txt" else "valid"
            assert states(verify(alone, name))["iptc"] == state


def test_iptc_in_json_is_checked_in_an_object_and_in_lines() -> None:
    iptc = {"DigitalSourceType": mark.SOURCE, "AISystemUsed": mark.SYSTEM}
    for change, state in (
        ({}, "valid"),
        ({"AISystemUsed": "Brush"}, "invalid"),
        ({"AISystemVersionUsed": "9.9"}, "invalid"),
        ({"AISystemUsed": 1}, "invalid"),
        ({"AISystemUsed": ["Sparring"]}, "invalid"),
        ({"DigitalSourceType": "trainedAlgorithmicMedia"}, "invalid"),
    ):  # fmt: skip
        told = {"text": "x", **iptc, **change, "sparring": some_facts().to_json()}
        content = json.dumps(told).encode()
        assert states(verify(content, "a.json"))["iptc"] == state, change
        assert states(verify(content + b"\n" + content, "a.jsonl"))["iptc"] == state, change
    for recipe in (1, {}, "x" * 10**6):
        line = json.dumps({**iptc, "sparring": recipe}).encode()
        assert states(verify(line, "a.jsonl"))["iptc"] == "missing"


def seen(content: bytes, name: str) -> object:
    """What people get of a file, by a reader that is not ours; None where it reads nothing."""
    try:
        if name in ("a.png", "a.jpeg", "a.gif"):
            with Image.open(io.BytesIO(content)) as picture:
                return picture.size, picture.convert("RGB").tobytes()
        if name in MEDIA:
            return soundfile.read(io.BytesIO(content))[0].tobytes()
        if name == "a.json":
            return json.loads(content)["text"]
        return content.decode().split("\n\n[AI-generated]")[0] if name == "a.txt" else None
    except Exception:  # whatever a damaged file makes of a reader
        return None


@pytest.mark.filterwarnings("ignore")  # of readers, about damage
@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_never_goes_unnoticed_in_the_content(
    name: str, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain[name], name, some_facts(), PLAIN)
    before = digest(carrier_of(made.content, name).essence(made.content))
    whole = seen(made.content, name)
    assert (whole is None) == (name in ("a.md", "a.html", "a.mid"))

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, len(made.content) - 1), st.integers(0, 7))
    @example(len(made.content) // 2, 0)
    def check(place: int, bit: int) -> None:
        damaged = bytearray(made.content)
        damaged[place] ^= 1 << bit
        content = bytes(damaged)
        try:
            verdict = verify(content, name, made.beside)
            after = digest(carrier_of(content, name).essence(content))
        except BadData:
            return
        now = seen(content, name)
        if after != before or (now is not None and now != whole):
            told = states(verdict)
            gone = told["implicit"] in ("missing", "invalid") or told["integrity"] == "missing"
            assert gone or told["integrity"] == "invalid", verdict

    check()


@pytest.mark.parametrize("part", range(27))
def test_a_flipped_bit_in_the_head_of_an_ogg_page_is_noticed(
    part: int, plain: Mapping[str, bytes]
) -> None:
    """Readers leave out pages whose checksum does not fit, though all packets are as before."""
    made = labelled(plain["a.ogg"], "a.ogg", some_facts(), PLAIN).content
    for page in re.finditer(b"OggS\0", made):
        damaged = bytearray(made)
        damaged[page.start() + part] ^= 1
        with pytest.raises(BadData, match="Ogg"):
            verify(bytes(damaged), "a.ogg")


def test_an_ogg_that_is_cut_by_its_heads_is_noticed(plain: Mapping[str, bytes]) -> None:
    """The position of the last page says where the sound ends."""
    made = labelled(plain["a.ogg"], "a.ogg", some_facts(), PLAIN).content
    *_, before, last = ogg._pages(made)
    cut = ogg._Page(last.head[:6] + before.head[6:14] + last.head[14:], last.sizes, last.data)
    number = struct.unpack_from("<I", last.head, 18)[0]
    shorter = made[: made.rindex(b"OggS\0")] + ogg._numbered(cut, number)
    assert len(seen(shorter, "a.ogg")) != len(seen(made, "a.ogg"))  # type: ignore[arg-type]
    assert states(verify(shorter, "a.ogg"))["integrity"] == "invalid"


@pytest.mark.parametrize("name", [*MEDIA, "a.mid"])
def test_bytes_behind_the_end_are_noticed(name: str, plain: Mapping[str, bytes]) -> None:
    made = labelled(plain[name], name, some_facts(), PLAIN).content
    assert states(verify(made, name))["integrity"] == "valid"
    try:
        assert states(verify(made + b"more words", name))["integrity"] == "invalid"
    except BadData as error:
        assert re.search("follows|more than the file has left", str(error))
    carrier = carrier_of(plain[name], name)
    again = labelled(made, name, some_facts(), PLAIN).content
    assert digest(carrier.essence(again)) == digest(carrier.essence(plain[name]))


@pytest.mark.parametrize("kind", [b"bext", b"cue ", b"LIST", b"id3 "])
def test_chunks_of_other_programs_in_a_wave_are_kept_and_count(
    kind: bytes, plain: Mapping[str, bytes]
) -> None:
    chunk = kind + struct.pack("<I", 8) + b"adtlwork"
    before = plain["a.wav"]
    for content in (before + chunk, before[:12] + chunk + before[12:], before + chunk + b"tail"):
        made = labelled(content, "a.wav", some_facts(), PLAIN).content
        assert verify(made, "a.wav").is_sound
        assert chunk in made and made.endswith(b"tail") == content.endswith(b"tail")
        edited = made.replace(b"adtlwork", b"adtlplay")
        for other in (edited, made.replace(chunk, b""), made + b"x", made + chunk):
            assert states(verify(other, "a.wav"))["integrity"] == "invalid"
    made = labelled(before, "a.wav", some_facts(), PLAIN).content
    added = made[:12] + chunk + made[12:]
    assert states(verify(added, "a.wav"))["integrity"] == "invalid"


def test_what_only_describes_a_wave_does_not_count(plain: Mapping[str, bytes]) -> None:
    """As files were labelled before other chunks counted: the format and the sound alone."""
    data = plain["a.wav"][plain["a.wav"].index(b"data") + 8 :]
    carrier = carrier_of(plain["a.wav"], "a.wav")
    form = plain["a.wav"][20:36]
    assert digest(carrier.essence(plain["a.wav"])) == digest([b"fmt ", form, b"data", data])
    info = b"LIST" + struct.pack("<I", 12) + b"INFOIART\0\0\0\0"
    for extra in (info, b"_PMX\0\0\0\0", b"C2PA\0\0\0\0", b"AIGC\2\0\0\0{}"):
        content = plain["a.wav"] + extra
        assert digest(carrier.essence(content)) == digest(carrier.essence(plain["a.wav"]))


WORDS = "by me, not a machine"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("] AI生成", f"] {WORDS} AI生成"),
        ("AI生成 ", f"AI生成 {WORDS} "),
        (" Sparring ", f" Sparring {WORDS} "),
        ("AI生成 ", "AI生成\n"),
        (" {", f" {WORDS} {{"),
        (" {", f"\n{WORDS}\n{{"),
        ("}\n", f"}} {WORDS}\n"),
        ("}\n", f"}}\n{WORDS}\n"),
        ("}\n", f'}} {{"{WORDS}": 1}}\n'),
    ],
)
def test_words_in_the_line_of_a_label_are_noticed(
    old: str, new: str, plain: Mapping[str, bytes]
) -> None:
    made = labelled(plain["a.txt"], "a.txt", some_facts(), PLAIN)
    text = made.content.decode()
    head, tail = text.rsplit(old, 1) if old == "}\n" else text.split(old, 1)
    assert verify(made.content, "a.txt", made.beside).is_sound
    verdict = verify((head + new + tail).encode(), "a.txt", made.beside)
    assert states(verdict)["integrity"] == "invalid"


@pytest.mark.parametrize("key", ["Software", "Description"])
def test_words_in_a_json_label_are_noticed(key: str, plain: Mapping[str, bytes]) -> None:
    made = labelled(plain["a.json"], "a.json", some_facts(), PLAIN).content
    told = {**json.loads(made), key: WORDS}
    verdict = verify(json.dumps(told).encode(), "a.json")
    assert states(verdict)["integrity"] == "invalid"
    own = json.dumps({"text": "x", key: WORDS}).encode()
    kept = labelled(own, "a.json", some_facts(), PLAIN).content
    assert json.loads(kept)[key] == WORDS
    assert verify(kept, "a.json").is_sound


def test_a_wave_that_lies_about_its_sizes_is_cut(plain: Mapping[str, bytes]) -> None:
    made = labelled(plain["a.wav"], "a.wav", some_facts(), PLAIN).content
    place = made.index(b"data") + 4
    lying = made[:place] + struct.pack("<I", 2**32 - 1) + made[place + 4 :]
    assert states(verify(lying, "a.wav"))["implicit"] == "missing"
