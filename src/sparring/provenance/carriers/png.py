"""PNG: an XMP packet in an iTXt chunk (ISO/IEC 15948; TC260-PG-20259A)."""

from __future__ import annotations

import struct
import zlib
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
    _exif,
    _xmp,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP = "XML:com.adobe.xmp"
TEXTS = (b"tEXt", b"iTXt", b"zTXt")
OURS = (XMP, AIGC, "Software", "Description")
"""Keywords of texts that a new label replaces."""
MOST = 200_000  # chunks


class Png(Carrier):
    """PNG; also reads the text chunk `AIGC` and EXIF of Annex B."""

    name = "PNG"
    suffixes = (".png",)
    signed = "image/png"

    def claims(self, content: bytes) -> bool:
        """By its signature."""
        return content.startswith(SIGNATURE)

    def put(self, content: bytes, marks: Marks) -> bytes:
        """The packet stands before the pixels, with a line for readers that know no XMP."""
        pieces, last = [SIGNATURE], 0
        for kind, start, end in _chunks(content):
            last = end + 4
            is_text = kind in TEXTS and _keyword(content[start:end]) in OURS
            if is_text or kind in (b"caBX", b"eXIf"):  # EXIF may hold a label in a comment
                continue
            pieces.append(content[start - 8 : end + 4])
            if kind == b"IHDR":
                pieces += [
                    _chunk(b"tEXt", b"Software\0" + mark.SOFTWARE.encode()),
                    _chunk(b"tEXt", b"Description\0" + mark.NOTICE.encode()),
                    _chunk(b"iTXt", XMP.encode() + b"\0\0\0\0\0" + _xmp.packet(marks)),
                ]
        return b"".join([*pieces, content[last:]])

    def find(self, content: bytes) -> Found:
        """All texts, EXIF and stores of C2PA."""
        found = Found()
        for kind, start, end in _chunks(content):
            if kind in TEXTS:
                _read_text(kind, content, start, end, found)
            elif kind == b"eXIf":
                _exif.read(content[start:end], "PNG eXIf", found)
            elif kind == b"caBX":
                found.credentials += 1
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All chunks but texts, EXIF, time and C2PA, and whatever lies behind the last one."""
        last = 0
        for kind, start, end in _chunks(content):
            last = end + 4
            if kind not in (*TEXTS, b"eXIf", b"tIME", b"caBX"):
                yield kind + content[start:end]
        yield content[last:]


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the data of every chunk."""
    place = len(SIGNATURE)
    for _ in range(MOST):
        if place + 12 > len(content):
            raise Unreadable("the PNG ends in the middle")
        size = int.from_bytes(content[place : place + 4])
        kind, start, end = content[place + 4 : place + 8], place + 8, place + 8 + size
        if end + 4 > len(content):
            raise Unreadable(f"a PNG chunk claims {size:,} bytes, more than the file has left")
        yield kind, start, end
        if kind == b"IEND":
            return
        place = end + 4
    raise Unreadable(f"the PNG has more than {MOST:,} chunks")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _keyword(data: bytes) -> str:
    return data[:80].partition(b"\0")[0].decode("latin-1")


def _read_text(kind: bytes, content: bytes, start: int, end: int, found: Found) -> None:
    data = content[start:end]
    keyword = _keyword(data)
    place = f"PNG {kind.decode()} {keyword!r}"
    if keyword not in (XMP, AIGC, "Description"):
        return
    if zlib.crc32(content[start - 4 : end]) != int.from_bytes(content[end : end + 4]):
        found.faults.append(f"{place}: its checksum is wrong")
        return
    try:
        text = _text(kind, data[len(keyword) + 1 :])
    except (Unreadable, UnicodeDecodeError, zlib.error) as error:
        found.faults.append(f"{place} cannot be read: {error}")
        return
    if keyword == XMP:
        _xmp.read(text.encode(), f"{place}", found)
    elif keyword == AIGC:
        found.labels.append(Spot(place, text))
    elif text == mark.NOTICE:
        found.notices.append(text)


def _text(kind: bytes, rest: bytes) -> str:
    """What follows the keyword of a text chunk, uncompressed."""
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflated(rest[1:]).decode("latin-1")
    compressed, body = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    if len(body) != 3:
        raise Unreadable("it is cut off")
    return (_inflated(body[2]) if compressed else body[2]).decode()


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, LONGEST)
    if inflater.unconsumed_tail:
        raise Unreadable(f"it grows beyond {LONGEST:,} bytes")
    return text
