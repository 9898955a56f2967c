"""Ogg with Vorbis or Opus inside: Vorbis comments in the second packet (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sparring.provenance.carriers import Carrier, Found, Marks, Unreadable, _comments

HEADS = {b"\x01vorbis": (b"\x03vorbis", 3), b"OpusHead": (b"OpusTags", 2)}
"""How the first packet begins: how the one with comments does, and how many packets come first."""
FRAMING = b"\1"  # behind the comments of Vorbis
MOST = 1_000_000  # pages
SERIAL, NUMBER, CHECKSUM = 14, 18, 22  # where these stand in the head of a page
SEGMENTS = 255  # of a page, each of up to 255 bytes
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class _Page:
    head: bytes
    sizes: bytes
    data: bytes


class Ogg(Carrier):
    """Ogg Vorbis, and Opus where others made it."""

    name = "Ogg"
    suffixes = (".ogg", ".oga", ".opus")

    def claims(self, content: bytes) -> bool:
        """By its signature."""
        return content.startswith(b"OggS")

    def put(self, content: bytes, marks: Marks) -> bytes:
        """The second packet is written anew, and with it all pages of packets that come first."""
        pages = list(_pages(content))
        packets, heads = _first_packets(pages)
        opening, _ = HEADS[_codec(packets[0])]
        vendor = _comments.vendor_of(packets[1][len(opening) :])
        told = opening + _comments.written(marks, vendor)
        packets[1] = told + (FRAMING if opening.endswith(b"vorbis") else b"")
        serial = pages[0].head[SERIAL:NUMBER]
        fresh = [pages[0], *_paged(packets[1:], serial)]
        return b"".join(
            _numbered(page, number) for number, page in enumerate([*fresh, *pages[heads:]])
        )

    def find(self, content: bytes) -> Found:
        """All comments of the stream; those of another stream in the same file are not read."""
        found = Found()
        packets, _ = _first_packets(list(_pages(content)))
        opening, _ = HEADS[_codec(packets[0])]
        _comments.read(packets[1].removeprefix(opening), "Ogg comment", found)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All packets but the one with comments, and where in the sound each page ends."""
        pages = list(_pages(content))
        packets, heads = _first_packets(pages)
        yield packets[0]
        yield from packets[2:]
        for page in pages[heads:]:
            yield page.head[:SERIAL] + page.sizes + page.data


def _codec(packet: bytes) -> bytes:
    for opening in HEADS:
        if packet.startswith(opening):
            return opening
    raise Unreadable("the Ogg holds neither Vorbis nor Opus")


def _pages(content: bytes) -> Iterator[_Page]:
    place = 0
    for _ in range(MOST):
        if place == len(content):
            return
        head = content[place : place + 27]
        if len(head) < 27 or not head.startswith(b"OggS"):
            raise Unreadable("the Ogg ends in the middle, or something that is no page follows")
        sizes = content[place + 27 : place + 27 + head[26]]
        start = place + 27 + head[26]
        end = start + sum(sizes)
        if end > len(content):
            raise Unreadable("an Ogg page claims more bytes than the file has left")
        page = _Page(head, sizes, content[start:end])
        # Who plays it leaves such a page out, so that one bit silences a whole piece.
        if content[place:end] != _numbered(page, int.from_bytes(head[NUMBER:CHECKSUM], "little")):
            raise Unreadable("an Ogg page is damaged: its checksum is of other bytes")
        yield page
        place = end
    raise Unreadable(f"the Ogg has more than {MOST:,} pages")


def _first_packets(pages: list[_Page]) -> tuple[list[bytes], int]:
    """The packets before the sound, and how many pages they take."""
    packets: list[bytes] = []
    open_packet: list[bytes] = []
    wanted = 1
    for number, page in enumerate(pages):
        place = 0
        for size in page.sizes:
            open_packet.append(page.data[place : place + size])
            place += size
            if size < SEGMENTS:
                packets.append(b"".join(open_packet))
                open_packet = []
                wanted = HEADS[_codec(packets[0])][1]
        if len(packets) == wanted > 1 and not open_packet:
            return packets, number + 1
        if len(packets) > wanted:
            break
    raise Unreadable("the Ogg has no whole head")


def _paged(packets: list[bytes], serial: bytes) -> Iterator[_Page]:
    """Pages that hold these packets and nothing else."""
    sizes: list[int] = []
    for packet in packets:
        sizes += [SEGMENTS] * (len(packet) // SEGMENTS) + [len(packet) % SEGMENTS]
    data, place = b"".join(packets), 0
    goes_on = False
    for start in range(0, len(sizes), SEGMENTS):
        some = bytes(sizes[start : start + SEGMENTS])
        # No packet ends on a page: its position is -1 (RFC 3533).
        position = b"\0" * 8 if min(some) < SEGMENTS else b"\xff" * 8
        head = b"OggS\0" + bytes([int(goes_on)]) + position + serial
        yield _Page(head, some, data[place : place + sum(some)])
        place += sum(some)
        goes_on = some[-1] == SEGMENTS


def _numbered(page: _Page, number: int) -> bytes:
    """The bytes of a page at its place in the file, with its checksum."""
    head = page.head[:NUMBER] + struct.pack("<I", number)
    rest = bytes([len(page.sizes)]) + page.sizes + page.data
    checksum = _checksum(head + b"\0\0\0\0" + rest)
    return head + struct.pack("<I", checksum) + rest


def _checksum(data: bytes) -> int:
    """CRC-32 with Ogg's order of bits: zlib's of mirrored bytes, mirrored, without its masks."""
    mirrored = zlib.crc32(data.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
