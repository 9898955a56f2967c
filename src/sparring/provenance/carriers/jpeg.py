"""JPEG: an XMP packet in an APP1 segment (ISO/IEC 10918-1; TC260-PG-20259A)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sparring.core import mark
from sparring.core.errors import UserError
from sparring.provenance.carriers import Carrier, Found, Marks, Unreadable, _exif, _xmp

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXIF = b"Exif\0\0"
LONGEST = 65_533  # bytes of a segment
MOST = 20_000  # segments before the pixels
APP1, APP11, APP14, COMMENT, SCAN = 0xE1, 0xEB, 0xEE, 0xFE, 0xDA


class Jpeg(Carrier):
    """JPEG; also reads the user's comment of EXIF (Annex B)."""

    name = "JPEG"
    suffixes = (".jpeg", ".jpg")
    signed = "image/jpeg"

    def claims(self, content: bytes) -> bool:
        """By its start marker."""
        return content.startswith(b"\xff\xd8\xff")

    def put(self, content: bytes, marks: Marks) -> bytes:
        """The packet stands behind the JFIF header, with a comment for readers without XMP."""
        packet = XMP + _xmp.packet(marks)
        if len(packet) > LONGEST:
            raise UserError(
                f"The recipe of so many samples takes {len(packet):,} bytes; a JPEG has room for "
                f"{LONGEST:,}. Choose png."
            )
        heads, tail = [b"\xff\xd8"], b""
        rest: list[bytes] = []
        for marker, start, end in _segments(content):
            if marker == SCAN:
                tail = content[start - 4 :]
            elif marker == 0xE0 and not rest:
                heads.append(content[start - 4 : end])
            elif not _is_label(marker, content[start:end]):
                rest.append(content[start - 4 : end])
        labels = [_segment(APP1, packet), _segment(COMMENT, mark.NOTICE.encode())]
        return b"".join([*heads, *labels, *rest, tail])

    def find(self, content: bytes) -> Found:
        """All packets, EXIF, comments and stores of C2PA."""
        found = Found()
        boxes = set()
        for marker, start, end in _segments(content):
            data = content[start:end]
            if marker == APP1 and data.startswith(XMP):
                _xmp.read(data[len(XMP) :], "JPEG XMP", found)
            elif marker == APP1 and data.startswith(EXIF):
                _exif.read(data[len(EXIF) :], "JPEG EXIF", found)
            elif marker == COMMENT and data == mark.NOTICE.encode():
                found.notices.append(mark.NOTICE)
            elif marker == APP11 and data.startswith(b"JP"):
                boxes.add(data[2:4])  # a store of many segments has one number in all of them
        found.credentials = len(boxes)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All but the segments of applications (save Adobe's, which tells colours) and comments."""
        for marker, start, end in _segments(content):
            if marker == SCAN:
                yield content[start:]
            elif marker == APP14 or not (0xE0 <= marker <= 0xEF or marker == COMMENT):
                yield bytes([marker]) + content[start:end]


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the data of every segment up to the first scan."""
    place = 2
    for _ in range(MOST):
        while content[place : place + 2] == b"\xff\xff":  # fill
            place += 1
        if place + 4 > len(content) or content[place] != 0xFF:
            raise Unreadable("the JPEG ends in the middle, or something that is no segment follows")
        marker, size = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        start, end = place + 4, place + 2 + size
        if size < 2 or end > len(content):
            raise Unreadable(f"a JPEG segment claims {size:,} bytes, which the file does not have")
        yield marker, start, end
        if marker == SCAN:
            return
        place = end
    raise Unreadable(f"the JPEG has more than {MOST:,} segments")


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _is_label(marker: int, data: bytes) -> bool:
    return (
        (marker == APP1 and data.startswith((XMP, EXIF)))
        or (marker == APP11 and data.startswith(b"JP"))
        or (marker == COMMENT and data == mark.NOTICE.encode())
    )
