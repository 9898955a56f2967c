"""MIDI: text events `NAME=value` at the start of the first track (our extension).

GB 45438-2025 and its guides name no place in such files, so the label of that standard lies in a
file beside it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparring.core import mark
from sparring.provenance.carriers import (
    AIGC,
    IPTC,
    RECIPE,
    Carrier,
    Found,
    Marks,
    Unreadable,
    _comments,
)
from sparring.provenance.carriers.plain_text import is_notice

MOST = 300_000  # events of a file; long pieces have some ten thousand
MOST_TEXTS = 10_000
MOST_CHUNKS = 100_000
LONGEST_NUMBER = 4  # bytes of a time or a length (Standard MIDI Files 1.0)
NAMES = tuple(name.upper() for name in (AIGC, *IPTC, RECIPE))
TRACK = b"MTrk"
META, MESSAGES = 0xFF, (0xF0, 0xF7)  # what has a length of its own
TEXT, LAST = 0x01, 0x2F  # meta events

Chunk = tuple[bytes, int, int]
"""Its kind, and start and end of its data."""
Text = tuple[int, int, int, int]
"""Where a text event begins, where its words begin, where it ends, and the time before it."""


class Midi(Carrier):
    """Standard MIDI File of any format."""

    name = "MIDI"
    suffixes = (".mid", ".midi")
    read_by_people = True
    copied = True

    def claims(self, content: bytes) -> bool:
        """By its head."""
        return content.startswith(b"MThd")

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Labels stand first in the first track, at its beginning, with words for people."""
        told = [mark.NOTICES, *_comments.lines(marks)]
        labels = b"".join(map(_text_event, told))
        pieces: list[bytes] = []
        head, chunks, tail = _parsed(content)
        for kind, data in _without_labels(content, chunks):
            if kind == TRACK:
                data, labels = labels + data, b""
            pieces += [kind, len(data).to_bytes(4), data]
        return b"".join([content[:head], *pieces, content[tail:]])

    def find(self, content: bytes) -> Found:
        """The text events of all tracks, wherever they stand."""
        found = Found()
        for _, (_, start, end, _) in _texts(content, _parsed(content)[1]):
            _read(content[start:end], found)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All but the labels, and whatever lies behind the last chunk."""
        head, chunks, tail = _parsed(content)
        yield content[:head]
        for kind, data in _without_labels(content, chunks):
            yield kind + len(data).to_bytes(4) + data
        yield content[tail:]


def _parsed(content: bytes) -> tuple[int, list[Chunk], int]:
    """Where the head ends, every chunk behind it, and where the last one ends."""
    size = int.from_bytes(content[4:8])
    head = place = 8 + size
    if size < 6 or head > len(content):
        raise Unreadable("the MIDI ends in its head")
    chunks: list[Chunk] = []
    while place + 8 <= len(content):
        if len(chunks) == MOST_CHUNKS:
            raise Unreadable(f"the MIDI has more than {MOST_CHUNKS:,} chunks")
        size = int.from_bytes(content[place + 4 : place + 8])
        start, end = place + 8, place + 8 + size
        if end > len(content):
            raise Unreadable(f"a MIDI chunk claims {size:,} bytes, more than the file has left")
        chunks.append((content[place : place + 4], start, end))
        place = end
    if not any(kind == TRACK for kind, _, _ in chunks):
        raise Unreadable("the MIDI has no track")
    return head, chunks, place


def _texts(content: bytes, chunks: Sequence[Chunk]) -> Iterator[tuple[int, Text]]:
    """The text events of all tracks, each with the number of its chunk.

    What is no text is only passed over, here and without any call, as there may be much of it.

    Raises:
        Unreadable: a track is damaged, or there are more events than any piece has.
    """
    events = texts = 0
    for number, (kind, start, end) in enumerate(chunks):
        place, running = start, 0
        while place < end and kind == TRACK:
            events += 1
            if events > MOST:
                raise Unreadable(f"the MIDI has more than {MOST:,} events")
            begin, time, place = place, content[place], place + 1
            if time >= 0x80:
                time, place = _read_number(content, begin, end)
            if place >= end:
                raise Unreadable("a MIDI track ends in the middle")
            status = content[place]
            if status >= 0x80:
                place += 1
            elif running:  # the status is that of the event before
                status = running
            if 0x80 <= status < 0xF0:
                running = status
                place += 1 if 0xC0 <= status < 0xE0 else 2
                if place > end:
                    raise Unreadable("a MIDI track ends in the middle")
                continue
            meta, words, place = _long_event(content, status, place, end)
            if meta == TEXT:
                texts += 1
                if texts > MOST_TEXTS:
                    raise Unreadable(f"the MIDI has more than {MOST_TEXTS:,} texts")
                yield number, (begin, words, place, time)
            if meta == LAST:
                break


def _long_event(content: bytes, status: int, place: int, end: int) -> tuple[int, int, int]:
    """What meta event it is, else -1; start and end of the data of what tells its own length."""
    if status < 0x80:
        raise Unreadable("a MIDI track has data where an event must begin")
    if status != META and status not in MESSAGES:
        raise Unreadable(f"a MIDI track has the event {status:#x}, which no file may have")
    meta = -1
    if status == META and place < end:
        meta, place = content[place], place + 1
    size, begin = content[place] if place < end else 0x80, place + 1
    if size >= 0x80:
        size, begin = _read_number(content, place, end)
    place = begin
    if place + size > end:
        raise Unreadable(f"an event claims {size:,} bytes, more than its MIDI track has left")
    return meta, place, place + size


def _without_labels(content: bytes, chunks: Sequence[Chunk]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of every chunk, where tracks have no labels."""
    labels: dict[int, list[Text]] = {}
    for number, text in _texts(content, chunks):
        if _is_label(content[text[1] : text[2]]):
            labels.setdefault(number, []).append(text)
    for number, (kind, start, end) in enumerate(chunks):
        yield kind, b"".join(_around(content, labels.get(number, []), start, end))


def _around(content: bytes, labels: Sequence[Text], start: int, end: int) -> Iterator[bytes]:
    """What stands around labels, none of it sooner: the time before one goes to what follows."""
    kept, waited = start, 0
    for begin, _, stop, time in [*labels, (end, end, end, 0)]:
        if waited and kept < begin:
            more, kept = _read_number(content, kept, end)
            yield _number(waited + more)
            waited = 0
        yield content[kept:begin]
        kept, waited = stop, waited + time


def _read_number(content: bytes, place: int, end: int) -> tuple[int, int]:
    """A time or a length, seven bits a byte, and where it ends."""
    number = 0
    for byte in content[place : min(place + LONGEST_NUMBER, end)]:
        number = number << 7 | byte & 0x7F
        place += 1
        if byte < 0x80:
            return number, place
    raise Unreadable("a number in a MIDI track has no end")


def _number(value: int) -> bytes:
    """As `_read_number` reads it."""
    if value >= 1 << 7 * LONGEST_NUMBER:
        raise Unreadable("a time in the MIDI is out of range")
    pieces = [value & 0x7F]
    while value := value >> 7:
        pieces.append(value & 0x7F | 0x80)
    return bytes(reversed(pieces))


def _text_event(text: str) -> bytes:
    """At once, without any time before it."""
    data = text.encode()
    return bytes([0, META, TEXT]) + _number(len(data)) + data


def _read(text: bytes, found: Found) -> None:
    """Add what a text event says to `found`."""
    place = "MIDI text event"
    is_label = _is_label(text)
    try:
        told = text.decode()
    except UnicodeDecodeError as error:
        if is_label:
            found.faults.append(f"{place} cannot be read: {error}")
        return
    if is_label and told != mark.NOTICES:
        _comments.read_one(told, place, found)
    elif is_notice(told):
        found.notices.append(told)


def _is_label(text: bytes) -> bool:
    """Whether words are a label's part: others are somebody's own."""
    name, equals, value = text.partition(b"=")
    if not equals:
        return text == mark.NOTICES.encode()
    if name.upper() == b"SOFTWARE":
        return bool(mark.SOFTWARES.fullmatch(value.decode(errors="replace")))
    return len(name) < 40 and name.decode(errors="replace").upper() in NAMES
