"""GIF: an XMP packet in an application extension (GIF89a; XMP part 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparring.core import mark
from sparring.provenance.carriers import Carrier, Found, Marks, Unreadable, _xmp

XMP = b"\x21\xff\x0bXMP DataXMP"
# A reader that takes the packet for sub-blocks lands somewhere in this slide, and at its end.
TRAILER = bytes([1, *range(255, -1, -1), 0])
MOST = 4_000_000  # sub-blocks, each of up to 255 bytes
EXTENSION, PICTURE, END = 0x21, 0x2C, 0x3B
APPLICATION, COMMENT = 0xFF, 0xFE


class Gif(Carrier):
    """GIF."""

    name = "GIF"
    suffixes = (".gif",)

    def claims(self, content: bytes) -> bool:
        """By its signature."""
        return content.startswith((b"GIF87a", b"GIF89a"))

    def put(self, content: bytes, marks: Marks) -> bytes:
        """The packet and a comment stand before the pictures; the version becomes GIF89a."""
        head, blocks = _parsed(content)
        kept = [content[start:end] for start, end in blocks if not _is_label(content, start)]
        note = mark.NOTICE.encode()
        comment = bytes([EXTENSION, COMMENT, len(note)]) + note + b"\0"
        label = XMP + _xmp.packet(marks) + TRAILER
        # What makes an animation endless must come first, as some readers look nowhere else.
        first = 1 if kept and kept[0].startswith(b"\x21\xff\x0bNETSCAPE") else 0
        kept[first:first] = [label, comment]
        return b"".join([b"GIF89a", content[6:head], *kept, content[_end(head, blocks) :]])

    def find(self, content: bytes) -> Found:
        """All packets and comments."""
        found = Found()
        for start, end in _parsed(content)[1]:
            if content.startswith(XMP, start):
                packet = content[start + len(XMP) : end].removesuffix(TRAILER)
                _xmp.read(packet, "GIF XMP", found)
            elif content[start : start + 2] == bytes([EXTENSION, COMMENT]):
                text = content[start + 3 : end - 1]
                if text == mark.NOTICE.encode():
                    found.notices.append(mark.NOTICE)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All but comments and packets, and whatever lies behind the end."""
        head, blocks = _parsed(content)
        yield content[6:head]
        for start, end in blocks:
            if not _is_label(content, start):
                yield content[start:end]
        yield content[_end(head, blocks) + 1 :]


def _end(head: int, blocks: Sequence[tuple[int, int]]) -> int:
    """Where the byte stands that ends the pictures."""
    return blocks[-1][1] if blocks else head


def _is_label(content: bytes, start: int) -> bool:
    is_comment = content[start : start + 2] == bytes([EXTENSION, COMMENT])
    return is_comment or content.startswith(XMP, start)


def _parsed(content: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Where the head ends, and start and end of every block after it."""
    if len(content) < 14:
        raise Unreadable("the GIF ends in the middle")
    head = place = 13 + _table(content[10])
    blocks: list[tuple[int, int]] = []
    budget = MOST
    while True:
        if place >= len(content):
            raise Unreadable("the GIF ends in the middle")
        kind, start = content[place], place
        if kind == END:
            return head, blocks
        if kind == EXTENSION:
            place += 2
        elif kind == PICTURE and place + 10 < len(content):
            place += 11 + _table(content[place + 9])
        else:
            raise Unreadable("something that is no block follows in the GIF")
        if content.startswith(XMP, start):
            place = _after_packet(content, start)
        else:
            place, budget = _after_blocks(content, place, budget)
        blocks.append((start, place))


def _table(flags: int) -> int:
    """Bytes of the colours that follow, as the flags before them say."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_packet(content: bytes, start: int) -> int:
    end = content.find(TRAILER, start)
    if end < 0:
        raise Unreadable("the XMP in the GIF has no end")
    return end + len(TRAILER)


def _after_blocks(content: bytes, place: int, budget: int) -> tuple[int, int]:
    """The place behind the sub-blocks that begin here, and how many more may follow."""
    while budget:
        budget -= 1
        if place >= len(content):
            raise Unreadable("the GIF ends in the middle")
        size = content[place]
        place += 1 + size
        if not size:
            return place, budget
    raise Unreadable(f"the GIF has more than {MOST:,} blocks")
