"""MIDI as programs write it and as nobody should, with labels and damage anywhere."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unlabelled_files import music, some_facts, track

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.provenance import aigc
from sparring.provenance.carriers import Marks, Unreadable
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.carriers.midi import Midi
from sparring.provenance.labelling import Labelled, Labelling, digest, labelled, marked
from sparring.provenance.verify import Verdict, verify

PLAIN = Labelling(producer="me", signed=False)
END = b"\0\xff\x2f\0"
TEXTS = st.sampled_from(
    ["AIGC={}", "sparring=1", "AISystemUsed=x", mark.NOTICES, mark.SOFTWARE, "do", "AIGC", "ai="]
)


def states(verdict: Verdict) -> dict[str, str]:
    return {layer.name: layer.state for layer in verdict.layers}


def made_of(content: bytes) -> Labelled:
    return labelled(content, "a.mid", some_facts(), PLAIN)


def text_event(text: str, time: bytes = b"\0", kind: int = 1) -> bytes:
    data = text.encode()
    size = bytes([len(data) >> 7 | 0x80, len(data) & 127])  # two bytes are always enough here
    return time + bytes([0xFF, kind]) + size + data


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """One event of any kind, with the status of the one before where that may be."""
    time = draw(st.sampled_from([b"\0", b"\x60", b"\x80\0", b"\x81\x70", b"\xff\xff\x7f"]))
    data = draw(st.binary(max_size=3))
    return time + draw(
        st.one_of(
            st.sampled_from(
                [b"\x90\x3c\x40", b"\x3c\0", b"\xc1\x05", b"\xd2\x7f", b"\xe0\1\2"]
            ).map(lambda event: event if event[0] > 127 else b"\x91" + event),
            st.just(bytes([0xF0, len(data)]) + data),
            st.just(bytes([0xF7, len(data)]) + data),
            st.just(bytes([0xFF, 0x51, len(data)]) + data),
            st.just(bytes([0xFF, 0x01, len(data)]) + data),
            TEXTS.map(lambda text: text_event(text)[1:]),
        )
    )


FILES = st.builds(
    lambda tracks, form, division, junk: music(
        *(track(b"".join(each) + END) for each in tracks),
        form=form, division=division, between=junk,
    ),
    st.lists(st.lists(events(), max_size=6), min_size=1, max_size=3),
    st.integers(0, 2),
    st.sampled_from([b"\x01\xe0", b"\xe7\x28", b"\xe2\x50"]),  # quarters, and frames of SMPTE
    st.sampled_from([b"", b"junk\0\0\0\5hello", b"XFIH\0\0\0\0"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_any_file_takes_labels_and_keeps_what_it_holds(content: bytes) -> None:
    carrier = Midi()
    made = made_of(content)
    verdict = verify(made.content, "a.mid", made.beside)
    assert verdict.is_sound and verdict.kind == "MIDI", verdict
    assert digest(carrier.essence(made.content)) == digest(carrier.essence(content))
    bare = carrier.put(made.content, Marks(iptc={}))
    assert digest(carrier.essence(bare)) == digest(carrier.essence(content))
    assert not carrier.find(bare).labels


def test_labels_come_first_and_nothing_else_changes(plain: Mapping[str, bytes]) -> None:
    before, made = plain["a.mid"], made_of(plain["a.mid"]).content
    start = before.index(b"MTrk")
    assert made[:start] == before[:start]
    told = mark.NOTICES.encode()
    assert made[start + 8 :].startswith(b"\0\xff\1" + bytes([len(told)]) + told + b"\0\xff\1")
    assert made.endswith(before[start + 8 :])
    (line,) = (part for part in made.split(b"\0\xff\1") if b"AIGC=" in part)
    label = json.loads(line[line.index(b"{") :])
    assert list(label) == list(aigc.KEYS)
    told = states(verify(marked(before, "a.mid"), "a.mid"))
    assert (told["iptc"], told["implicit"], told["visible"]) == ("valid", "missing", "present")


def test_what_a_label_delayed_comes_no_sooner(plain: Mapping[str, bytes]) -> None:
    """Another program wrote labels between notes: they go, and the time before them stays."""
    note, then = b"\0\x90\x3c\x40", b"\x60\x3c\0"
    content = music(track(note + text_event("AIGC={}", b"\x70") + then + END))
    whole = music(track(note + b"\x81\x50\x3c\0" + END))  # 0x70 + 0x60 ticks
    assert Midi().put(content, Marks(iptc={})) == Midi().put(whole, Marks(iptc={}))
    late = text_event("AIGC={}", b"\xff\xff\xff\x7f")
    with pytest.raises(Unreadable, match="out of range"):
        Midi().put(music(track(late + late + END)), Marks())


def test_the_file_beside_is_a_copy_and_no_second_label(plain: Mapping[str, bytes]) -> None:
    made = made_of(plain["a.mid"])
    assert states(verify(made.content, "a.mid"))["implicit"] == "valid"
    spaced = json.dumps(json.loads(made.beside)["AIGC"], indent=4).encode()
    assert verify(made.content, "a.mid", spaced).is_sound
    other = made.beside.replace(b'"me"', b'"you"')
    verdict = verify(made.content, "a.mid", other)
    (layer,) = (each for each in verdict.layers if each.name == "implicit")
    assert layer.state == "duplicate"
    assert "MIDI text event AIGC, a.mid.aigc.json beside it" in layer.says
    stripped = verify(plain["a.mid"], "a.mid", made.beside)
    told = states(stripped)
    assert (told["recipe"], told["implicit"], told["integrity"]) == ("missing", "valid", "valid")
    assert states(verify(plain["a.mid"], "a.mid"))["implicit"] == "missing"


def test_a_second_label_in_any_track_is_one_too_many(plain: Mapping[str, bytes]) -> None:
    made = made_of(plain["a.mid"])
    second = text_event(f"AIGC={json.dumps(aigc.label('me', '1', ''))}")
    head, first, last = made.content.split(b"MTrk")
    for content in (
        head + b"MTrk" + first + track(second + last[4:]),
        head + track(first[4:-4] + second + END) + b"MTrk" + last,
    ):
        assert states(verify(content, "a.mid", made.beside))["implicit"] == "duplicate"


def test_bare_and_wrapped_labels_are_read_in_any_letters() -> None:
    good = aigc.label("me", "1", "")
    for value, name in ((good, "AIGC"), ({"AIGC": good}, "aigc")):
        text = text_event(f"{name}={json.dumps(value)}")
        assert states(verify(music(track(text + END)), "x.mid"))["implicit"] == "valid"
    broken = music(track(b"\0\xff\1\x08AIGC=\xff{}" + END))
    assert states(verify(broken, "x.mid"))["implicit"] == "invalid"
    lyrics = music(track(b"\0\xff\1\x02\xff\xfe" + text_event("AI generated by somebody") + END))
    told = states(verify(lyrics, "x.mid"))
    assert (told["implicit"], told["visible"]) == ("missing", "present")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MThd\0\0\0\6\0\1", "ends in its head"),
        (b"MThd\xff\xff\xff\xff\0\1\0\1\0\x60", "ends in its head"),
        (b"MThd\0\0\0\0" + track(END), "ends in its head"),
        (music(b"junk\0\0\0\0"), "no track"),
        (music(track(END)) + b"MTrk\0\0\0\x09\0", "claims 9 bytes, more than the file has"),
        (music(b"MTrk\xff\xff\xff\xff" + END), "claims 4,294,967,295 bytes"),
        (music(track(b"\0\x90\x3c")), "ends in the middle"),
        (music(track(b"\0\xf0\x05\x7d")), "claims 5 bytes, more than its MIDI track has"),
        (music(track(b"\0\xff\1\x7fAIGC={}")), "claims 127 bytes, more than its MIDI track"),
        (music(track(b"\0\xff\1")), "number in a MIDI track has no end"),
        (music(track(b"\0")), "ends in the middle"),
        (music(track(b"\0\x3c\x40" + END)), "data where an event must begin"),
        (music(track(b"\0\xff\1\0\0\x3c\x40" + END)), "data where an event must begin"),
        (music(track(b"\x80\x80\x80\x80\0\x90\1\1")), "number in a MIDI track has no end"),
        (music(track(b"\0\x90\0\0" + bytes(10**6))), "more than 300,000 events"),
        (music(track(b"\0\xff\1\0" * 10_001)), "more than 10,000 texts"),
        (music() + b"junk\0\0\0\0" * 99_999, "more than 100,000 chunks"),
        (music(track(b"\0\xf8" + END)), "the event 0xf8, which no file may have"),
    ],
)
def test_damage_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(BadData, match=reason):
        verify(content, "x.mid")
    with pytest.raises(Unreadable, match=reason):
        Midi().put(content, Marks())


def test_what_stands_behind_the_end_of_a_track_counts(plain: Mapping[str, bytes]) -> None:
    content = music(track(END + b"\0\xff\1\x7f no event any more"))
    made = made_of(content)
    assert verify(made.content, "a.mid", made.beside).is_sound
    words = made.content.replace(b"any more", b"any less")
    assert states(verify(words, "a.mid", made.beside))["integrity"] == "invalid"
    tail = labelled(content + b"tail", "a.mid", some_facts(), PLAIN)
    assert tail.content.endswith(b"tail")
    assert verify(tail.content, "a.mid", tail.beside).is_sound
    for other in (tail.content[:-4], made.content + b"tail"):
        assert states(verify(other, "a.mid"))["integrity"] == "invalid"
    bare = music(track(b"\0\x90\x3c\x40"))  # no end at all, as some programs leave it
    assert verify(made_of(bare).content, "a.mid").is_sound


def test_any_changed_byte_of_the_music_is_noticed(plain: Mapping[str, bytes]) -> None:
    before, made = plain["a.mid"], made_of(plain["a.mid"])
    length = len(before) - before.index(b"MTrk") - 8
    music_begins = len(made.content) - length
    assert made.content[music_begins:] == before[-length:]

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, length - 1), st.integers(0, 7))
    @example(0, 0)
    def check(place: int, bit: int) -> None:
        damaged = bytearray(made.content)
        damaged[music_begins + place] ^= 1 << bit
        try:
            verdict = verify(bytes(damaged), "a.mid", made.beside)
        except BadData as error:
            assert str(error)
            return
        assert states(verdict)["integrity"] == "invalid"

    check()


def test_another_reader_finds_the_labels_and_the_same_music(plain: Mapping[str, bytes]) -> None:
    mido = pytest.importorskip("mido")
    for division in (b"\x01\xe0", b"\xe7\x28"):
        content = plain["a.mid"].replace(b"\x01\xe0MTrk", division + b"MTrk")
        one, two = (
            mido.MidiFile(file=io.BytesIO(each), charset="utf-8")
            for each in (made_of(content).content, content)
        )
        assert (one.type, one.ticks_per_beat) == (two.type, two.ticks_per_beat)
        told = [event.text for event in one.tracks[0] if event.type == "text"]
        assert told[0] == mark.NOTICES
        assert [text.partition("=")[0] for text in told[1:]] == [
            "AIGC", "DIGITALSOURCETYPE", "AISYSTEMUSED", "AISYSTEMVERSIONUSED", "SOFTWARE",
            "SPARRING",
        ]  # fmt: skip
        assert json.loads(told[1].partition("=")[2])["ContentProducer"] == "me"
        assert one.tracks[0][len(told) :] == two.tracks[0]
        assert one.tracks[1:] == two.tracks[1:]
        assert one.length == two.length


def test_music_of_another_program_takes_labels() -> None:
    mido = pytest.importorskip("mido")
    for form in (0, 1, 2):
        file, content = mido.MidiFile(type=form), io.BytesIO()
        notes = mido.MidiTrack()
        file.tracks.append(notes)
        notes.append(mido.MetaMessage("set_tempo", tempo=400_000))
        for key in range(60, 72):
            notes.append(mido.Message("note_on", note=key, velocity=64, time=40_000))
            notes.append(mido.Message("sysex", data=(1, 2, 3)))
        file.save(file=content)
        made = made_of(content.getvalue())
        assert verify(made.content, "a.mid", made.beside).is_sound
        one, two = (
            mido.MidiFile(file=io.BytesIO(each)).tracks[0]
            for each in (made.content, content.getvalue())
        )
        assert one[-len(two) :] == two
        assert carrier_of(made.content, "nameless").name == "MIDI"
