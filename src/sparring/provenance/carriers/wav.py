"""WAV: a RIFF chunk `AIGC` with bare JSON (TC260-PG-202510A), and XMP in `_PMX` (XMP part 3)."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

from sparring.core import mark
from sparring.provenance.carriers import (
    AIGC,
    LONGEST,
    Carrier,
    Found,
    Marks,
    Spot,
    Unreadable,
    _xmp,
)

MOST = 100_000  # chunks
ENDLESS = 0x7FFF0000  # bytes; what recorders that do not know the end claim lies above
LABELS = (b"AIGC", b"_PMX", b"C2PA")
SOUND = (b"fmt ", b"data", b"fact")
COMMENT = b"ICMT"

Chunk = tuple[bytes, int, int]
"""Its kind, and start and end of its data."""


class Wav(Carrier):
    """WAV."""

    name = "WAV"
    suffixes = (".wav",)
    signed = "audio/wav"

    def claims(self, content: bytes) -> bool:
        """By its head."""
        return content.startswith(b"RIFF") and content[8:12] == b"WAVE"

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Labels stand behind the sound, where no player minds them."""
        chunks, tail = _parsed(content)
        kept = [
            _chunk(chunk[0], content[chunk[1] : chunk[2]])
            for chunk in chunks
            if not _is_label(content, chunk)
        ]
        words = {b"ISFT": mark.SOFTWARE, COMMENT: mark.NOTICE}
        info = b"".join(_chunk(kind, text.encode() + b"\0") for kind, text in words.items())
        kept.append(_chunk(b"LIST", b"INFO" + info))
        kept.append(_chunk(b"_PMX", _xmp.packet(marks, with_label=False)))
        if marks.aigc:
            kept.append(_chunk(b"AIGC", json.dumps(dict(marks.aigc)).encode()))
        body = b"WAVE" + b"".join(kept)
        return b"RIFF" + struct.pack("<I", len(body)) + body + content[tail:]

    def find(self, content: bytes) -> Found:
        """All labels, XMP, comments and stores of C2PA."""
        found = Found()
        for kind, start, end in _parsed(content)[0]:
            data = content[start:end] if end - start <= LONGEST else b""
            if kind == b"AIGC":
                _read_label(data, found)
            elif kind == b"_PMX":
                _xmp.read(data, "WAV _PMX", found)
            elif kind == b"LIST" and COMMENT in data and mark.NOTICE.encode() in data:
                found.notices.append(mark.NOTICE)
            elif kind == b"C2PA":
                found.credentials += 1
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """The format, the sound and all chunks that are no labels, and what lies behind the last.

        The size of those that are not the sound's own is a part of it, so that none can swallow
        what follows.
        """
        chunks, tail = _parsed(content)
        for chunk in chunks:
            kind, start, end = chunk
            if kind in SOUND:
                yield kind + content[start:end]
            elif not _is_label(content, chunk):
                yield kind + struct.pack("<I", end - start) + content[start:end]
        yield content[tail:]


def _is_label(content: bytes, chunk: Chunk) -> bool:
    """Whether a chunk describes the file; lists of other kinds, such as of loops, are content."""
    kind, start, _ = chunk
    return kind in LABELS or (kind == b"LIST" and content[start : start + 4] == b"INFO")


def _parsed(content: bytes) -> tuple[list[Chunk], int]:
    """Every chunk, of which a last one without a known end is cut, and where they end.

    Raises:
        Unreadable: too many chunks, or sound that was cut.
    """
    chunks: list[Chunk] = []
    place = 12
    while place + 8 <= len(content):
        if len(chunks) == MOST:
            raise Unreadable(f"the WAV has more than {MOST:,} chunks")
        kind = content[place : place + 4]
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        if kind in SOUND and len(content) - place - 8 < size < ENDLESS:
            raise Unreadable(f"a WAV chunk claims {size:,} bytes, more than the file has left")
        chunks.append((kind, place + 8, min(place + 8 + size, len(content))))
        place += 8 + size + size % 2
    return chunks, place


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _read_label(data: bytes, found: Found) -> None:
    try:
        found.labels.append(Spot(f"WAV chunk {AIGC}", data.decode().rstrip("\0")))
    except UnicodeDecodeError as error:
        found.faults.append(f"WAV chunk {AIGC} cannot be read: {error}")
