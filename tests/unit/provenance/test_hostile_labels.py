"""Files made to hang or to eat a reader: each gets a verdict or a sentence, soon."""

from __future__ import annotations

import json
import struct
import time
import zlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unlabelled_files import music, some_facts, track

from sparring.core.errors import BadData
from sparring.provenance.carriers import Found, Marks, Unreadable
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.carriers.png import _chunk
from sparring.provenance.carriers.wav import Wav
from sparring.provenance.facts import Facts
from sparring.provenance.labelling import Labelling, labelled
from sparring.provenance.verify import verify

LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 1_000 + b'">'
    + b"".join(b'<!ENTITY %c "' % (98 + n) + b"&%c;" % (97 + n) * 100 + b'">' for n in range(9))
    + b"]><x>&j;</x>"
)  # fmt: skip


def png_with(plain: bytes, keyword: bytes, data: bytes, kind: bytes = b"iTXt") -> bytes:
    middle = b"\0\0\0\0\0" if kind == b"iTXt" else b"\0\0" if kind == b"zTXt" else b"\0"
    return plain[:33] + _chunk(kind, keyword + middle + data) + plain[33:]


XMP = b"XML:com.adobe.xmp"
MAKERS: dict[str, tuple[str, Callable[[Mapping[str, bytes]], bytes]]] = {
    "entities": ("x.png", lambda plain: png_with(plain["a.png"], XMP, LAUGHS)),
    "deep XML": ("x.png", lambda plain: png_with(plain["a.png"], XMP, b"<a>" * 300_000)),
    "many labels": (
        "x.png",
        lambda plain: png_with(
            plain["a.png"], XMP,
            b'<x xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/">' + b"<t:AIGC/>" * 9_999 + b"</x>",
        ),
    ),
    "text bomb": (
        "x.png",
        lambda plain: png_with(plain["a.png"], b"AIGC", zlib.compress(bytes(10**8)), b"zTXt"),
    ),
    "chunks": (
        "x.png", lambda plain: plain["a.png"][:33] + _chunk(b"abcd", b"") * 300_000
    ),
    "long chunk": ("x.png", lambda plain: plain["a.png"][:33] + b"\xff\xff\xff\xff" + b"IDAT"),
    "deep JSON": ("x.json", lambda _: b'{"a":' * 200_000),
    "deep lines": ("x.jsonl", lambda _: b"[" * 5_000_000),
    "metas": ("x.html", lambda _: b"<!doctype html><head>" + b'<meta name="' * 400_000),
    "front matter": ("x.md", lambda _: b"---\n" + b"AIGC:\n  " * 60_000 + b"\n---\n"),
    "sub-blocks": ("x.gif", lambda plain: plain["a.gif"][:-1] + b"\x21\xfe" + b"\x01a" * 3_000_000),
    "comments": (
        "x.flac",
        lambda _: b"fLaC\x84\xff\xff\xff" + bytes(4) + b"\xff\xff\xff\xff" + bytes(2**24),
    ),
    "pages": ("x.ogg", lambda _: (b"OggS" + bytes(23)) * 400_000),
    "segments": ("x.jpg", lambda _: b"\xff\xd8" + b"\xff\xe1\x00\x02" * 1_000_000),
    "fill": ("x.jpg", lambda _: b"\xff\xd8\xff" + b"\xff" * 5_000_000),
    "wave chunks": ("x.wav", lambda _: b"RIFF\0\0\0\0WAVE" + b"abcd\0\0\0\0" * 500_000),
    "MIDI events": ("x.mid", lambda _: music(track(b"\0\x90\0\0" + bytes(6_000_000)))),
    "MIDI tempos": ("x.mid", lambda _: music(*[track(b"\0\xff\x51\0" * 9)] * 60_000)),
    "MIDI chunks": ("x.mid", lambda _: music() + (b"MTrk" + bytes(4)) * 99_999),
    "MIDI labels": ("x.mid", lambda _: music(track(b"\0\xff\1\5AIGC=" * 200_000))),
    "marks": ("x.txt", lambda _: b"\n\n[AI-generated] {" * 300_000),
}  # fmt: skip


@pytest.mark.parametrize("case", MAKERS)
def test_bombs_are_answered_soon(case: str, plain: Mapping[str, bytes]) -> None:
    name, make = MAKERS[case]
    content = make(plain)
    started = time.process_time()
    try:
        verdict = verify(content, name)
        assert "authentic" not in verdict.sentence
    except BadData as error:
        assert len(str(error)) < 300
    took = time.process_time() - started
    assert took < 20, "two seconds at most, where nobody checks every type"


@pytest.mark.parametrize("name", ["a.png", "a.jpeg", "a.gif", "a.wav", "a.flac", "a.ogg", "a.mid"])
def test_cut_files_are_answered(name: str, plain: Mapping[str, bytes]) -> None:
    made = labelled(plain[name], name, some_facts(), Labelling(producer="me", signed=False))
    for length in range(0, len(made.content), max(1, len(made.content) // 60)):
        try:
            verify(made.content[:length], name)
        except BadData as error:
            assert str(error)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"",
    b"<!doctype html><head>", b"---\n", b"{",
    b"MThd\0\0\0\x06\0\1\0\1\0\x60MTrk\0\0\0\x40\0\xff\1",
]))  # fmt: skip
def test_any_bytes_are_answered(tail: bytes, head: bytes) -> None:
    try:
        verify(head + tail, "x")
    except BadData as error:
        assert str(error)


KINDS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(),
    st.just(10**400), st.text(st.characters(), max_size=5), st.lists(st.none()),
    st.just({}), st.just({"between": [1], "steps": -1}), st.just([[1]]),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(some_facts().to_json())), KINDS)
def test_a_recipe_with_anything_in_it_is_read_or_refused(key: str, value: object) -> None:
    told = {**some_facts().to_json(), key: value}
    try:
        facts = Facts.read(json.dumps(told))
    except BadData:
        return
    assert Facts.read(facts.text()) == facts
    assert json.dumps(facts.to_json(), ensure_ascii=False, allow_nan=False).encode()


HALF = "\\ud800"
CRAFTED = {
    "huge": ('"truncation": 0.7', '"truncation": 1' + "0" * 400, "too large"),
    "endless": ('"truncation": 0.7', '"truncation": 1e999', "recipe"),
    "no number": ('"truncation": 0.7', '"truncation": NaN', "no JSON"),
    "no way": ('"temperature": 0.5', '"temperature": -Infinity', "no JSON"),
    "huge latent": ('"temperature": 0.5', '"latent": [1' + "0" * 400 + "]", "too large"),
    "half": ('"temperature": 0.5', f'"prefix": "{HALF}"', "half a character"),
    "half a key": ('"temperature": 0.5', f'"{HALF}": 1', "half a character"),
    "half a class": ('"\\u4e03"', f'"{HALF}"', "half a character"),
    "half a provider": ('"provider": "me"', f'"provider": "{HALF}"', "half a character"),
    "deep": ('"temperature": 0.5', '"x": ' + "[" * 900 + "]" * 900, "nested too deep"),
}


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.md", "a.png"])
@pytest.mark.parametrize("case", CRAFTED)
def test_crafted_recipes_are_invalid_and_can_be_told(
    case: str, name: str, plain: Mapping[str, bytes]
) -> None:
    old, new, reason = CRAFTED[case]
    recipe = some_facts().text().replace(old, new)
    assert recipe != some_facts().text()
    carrier = carrier_of(plain[name], name)
    if name == "a.json":
        content = b'{"text": "x", "sparring": ' + recipe.encode() + b"}"
    else:
        content = carrier.put(plain[name], Marks(recipe=recipe))
    try:
        verdict = verify(content, name)
    except BadData as error:
        assert case == "deep" and "nested too deep" in str(error)
        return
    told = json.dumps(verdict.to_json(), ensure_ascii=False, allow_nan=False).encode()
    assert verdict.facts is None and reason.encode() in told
    assert verdict.layers[0].state == "invalid"


def test_json_that_is_odd_is_answered() -> None:
    for content in (
        b'{"a": 1, "a": "x"}', b'{"a": "\\ud800"}', b'{"a": NaN}', b'{"\\ud800": 1}',
        b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}",
    ):  # fmt: skip
        try:
            made = labelled(content, "a.json", some_facts(), Labelling(producer="me", signed=False))
            assert verify(made.content, "a.json").is_sound == (b'"x"' not in content)
        except (BadData, Unreadable) as error:
            assert "nested too deep" in str(error)
    half = b'---\nsparring: "\\ud800"\n---\nhi\n'
    assert json.dumps(verify(half, "a.md").to_json(), ensure_ascii=False).encode()


def test_files_of_other_kinds_are_refused_by_name() -> None:
    with pytest.raises(BadData, match=r"no kind whose labels Sparring reads: PNG, JPEG, .*JSON"):
        verify(b"PK\x03\x04" + bytes(100), "x.zip")
    with pytest.raises(BadData, match="it is empty"):
        verify(b"", "x.png")


def wave(claimed: int) -> bytes:
    """One second of silence whose last chunk claims to be so long."""
    sound = b"\0" * 1_000
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 1_000, 1_000, 1, 8)
    body = b"WAVE" + form + b"data" + struct.pack("<I", claimed) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_wave_that_was_cut_is_not_one_without_a_label() -> None:
    assert Wav().find(wave(1_000)) == Found()
    assert Wav().find(wave(0xFFFFFFFF)) == Found(), "so write recorders that do not know the end"
    with pytest.raises(Unreadable, match="a WAV chunk claims 25,000 bytes, more than the file has"):
        Wav().find(wave(25_000))
