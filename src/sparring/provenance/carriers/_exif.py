"""The one field of EXIF that may hold a label: UserComment (GB 45438-2025, Annex B)."""

from __future__ import annotations

import contextlib
import struct

from sparring.provenance.carriers import AIGC, Found, Spot

EXIF_FOLDER, USER_COMMENT = 0x8769, 0x9286
LONGEST = 65_536  # bytes of a comment
MOST = 1_000  # entries of a folder
CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"\0" * 8: "utf-8"}


def read(tiff: bytes, place: str, found: Found) -> None:
    """Add a label in the user's comment to `found`; comments of other kinds are passed by."""
    with contextlib.suppress(struct.error, UnicodeDecodeError):  # then there is no such comment
        comment = _comment(tiff)
        if AIGC in comment or "ContentProducer" in comment:  # wrapped, or bare
            found.labels.append(Spot(f"{place}, UserComment", comment))


def _comment(tiff: bytes) -> str:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    if not order:
        return ""
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    folder = _entry(tiff, order, first, EXIF_FOLDER)
    if folder is None:
        return ""
    entry = _entry(tiff, order, struct.unpack_from(f"{order}I", tiff, folder)[0], USER_COMMENT)
    if entry is None:
        return ""
    size, start = struct.unpack_from(f"{order}II", tiff, entry - 4)
    if size > LONGEST:
        return ""
    raw = tiff[start : start + size] if size > 4 else tiff[entry : entry + size]
    coding = CODES.get(raw[:8], "")
    if coding == "utf-16":
        coding = "utf-16-le" if order == "<" else "utf-16-be"
    return raw[8:].decode(coding).strip("\0 ") if coding else ""


def _entry(tiff: bytes, order: str, folder: int, tag: int) -> int | None:
    """Where the value of a tag stands in the folder that begins at `folder`."""
    count = struct.unpack_from(f"{order}H", tiff, folder)[0]
    for number in range(min(count, MOST)):
        start = folder + 2 + 12 * number
        if struct.unpack_from(f"{order}H", tiff, start)[0] == tag:
            return start + 8
    return None
