"""FLAC: Vorbis comments in a metadata block (RFC 9639)."""

from __future__ import annotations

from collections.abc import Iterator

from sparring.core.errors import UserError
from sparring.provenance.carriers import Carrier, Found, Marks, Unreadable, _comments

STREAM, PADDING, COMMENTS = 0, 1, 4
LONGEST = 2**24 - 1  # bytes of a block
MOST = 100_000  # blocks


class Flac(Carrier):
    """FLAC."""

    name = "FLAC"
    suffixes = (".flac",)

    def claims(self, content: bytes) -> bool:
        """By its signature."""
        return content.startswith(b"fLaC")

    def put(self, content: bytes, marks: Marks) -> bytes:
        """The comments stand behind the head of the stream."""
        blocks, sound = _parsed(content)
        vendor = b""
        kept: list[tuple[int, bytes]] = []
        for kind, start, end in blocks:
            if kind == COMMENTS:
                vendor = _comments.vendor_of(content[start:end])
            elif kind != PADDING:
                kept.append((kind, content[start:end]))
        told = _comments.written(marks, vendor)
        if len(told) > LONGEST:
            raise UserError(
                f"The recipe of so many samples is too long for a FLAC ({len(told):,})."
            )
        kept.insert(1, (COMMENTS, told))
        last = len(kept) - 1
        heads = [
            bytes([kind | (0x80 if number == last else 0)]) + len(data).to_bytes(3) + data
            for number, (kind, data) in enumerate(kept)
        ]
        return b"".join([b"fLaC", *heads, content[sound:]])

    def find(self, content: bytes) -> Found:
        """All comments."""
        found = Found()
        for kind, start, end in _parsed(content)[0]:
            if kind == COMMENTS:
                _comments.read(content[start:end], "FLAC comment", found)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """The head of the stream and the frames."""
        blocks, sound = _parsed(content)
        for kind, start, end in blocks:
            if kind == STREAM:
                yield content[start:end]
        yield content[sound:]


def _parsed(content: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """Kind, start and end of every block, and where the frames begin."""
    blocks: list[tuple[int, int, int]] = []
    place = 4
    while len(blocks) < MOST:
        if place + 4 > len(content):
            raise Unreadable("the FLAC ends in the middle")
        flags, size = content[place], int.from_bytes(content[place + 1 : place + 4])
        start, end = place + 4, place + 4 + size
        if end > len(content):
            raise Unreadable(f"a FLAC block claims {size:,} bytes, more than the file has left")
        blocks.append((flags & 0x7F, start, end))
        place = end
        if flags & 0x80:
            return blocks, place
    raise Unreadable(f"the FLAC has more than {MOST:,} blocks")
