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
SOUND = (b"fmt ", b"data", b"fact")
COMMENT = b"ICMT"


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
        kept = [
            _chunk(kind, content[start:end])
            for kind, start, end in _chunks(content)
            if kind not in (b"AIGC", b"_PMX", b"LIST", b"C2PA")
        ]
        words = {b"ISFT": mark.SOFTWARE, COMMENT: mark.NOTICE}
        info = b"".join(_chunk(kind, text.encode() + b"\0") for kind, text in words.items())
        kept.append(_chunk(b"LIST", b"INFO" + info))
        kept.append(_chunk(b"_PMX", _xmp.packet(marks, with_label=False)))
        if marks.aigc:
            kept.append(_chunk(b"AIGC", json.dumps(dict(marks.aigc)).encode()))
        body = b"WAVE" + b"".join(kept)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    def find(self, content: bytes) -> Found:
        """All labels, XMP, comments and stores of C2PA."""
        found = Found()
        for kind, start, end in _chunks(content):
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
        """The format and the sound."""
        for kind, start, end in _chunks(content):
            if kind in SOUND:
                yield kind + content[start:end]


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the data of every chunk; a last one that claims too much is cut."""
    place = 12
    for _ in range(MOST):
        if place + 8 > len(content):
            return
        kind = content[place : place + 4]
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        yield kind, place + 8, min(place + 8 + size, len(content))
        place += 8 + size + size % 2
    raise Unreadable(f"the WAV has more than {MOST:,} chunks")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _read_label(data: bytes, found: Found) -> None:
    try:
        found.labels.append(Spot(f"WAV chunk {AIGC}", data.decode().rstrip("\0")))
    except UnicodeDecodeError as error:
        found.faults.append(f"WAV chunk {AIGC} cannot be read: {error}")
