"""Vorbis comments: the lines `NAME=value` in FLAC and Ogg (TC260-PG-202510A).

Text events of MIDI hold such lines too.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

from sparring.core import mark
from sparring.provenance.carriers import AIGC, IPTC, RECIPE, Found, Marks, Spot, Unreadable

MOST = 10_000  # comments


def written(marks: Marks, vendor: bytes) -> bytes:
    """The block with all comments, without what a container puts around it."""
    told = [f"DESCRIPTION={mark.NOTICE}", *lines(marks)]
    sized = [struct.pack("<I", len(part)) + part for part in (vendor, *map(str.encode, told))]
    return sized[0] + struct.pack("<I", len(told)) + b"".join(sized[1:])


def lines(marks: Marks) -> list[str]:
    """What machines read; words for people come beside it."""
    values = {
        AIGC: json.dumps(dict(marks.aigc)) if marks.aigc else "",
        **{name.upper(): value for name, value in marks.iptc.items()},
        "SOFTWARE": mark.SOFTWARE,
        RECIPE.upper(): marks.recipe,
    }
    return [f"{name}={value}" for name, value in values.items() if value]


def vendor_of(block: bytes) -> bytes:
    """Who encoded the sound."""
    return next(_parts(block), b"")


def read(block: bytes, place: str, found: Found) -> None:
    """Add what the comments say to `found`; what cannot be read becomes a fault there."""
    parts = _parts(block)
    try:
        next(parts, b"")
        for part in parts:
            read_one(part.decode(), place, found)
    except (Unreadable, UnicodeDecodeError) as error:
        found.faults.append(f"{place} cannot be read: {error}")


def read_one(comment: str, place: str, found: Found) -> None:
    """Add what one line says to `found`."""
    name, _, value = comment.partition("=")
    name = name.upper()
    if name == AIGC:
        found.labels.append(Spot(f"{place} {AIGC}", value))
    elif name == RECIPE.upper():
        found.recipes.append(value)
    elif name == "DESCRIPTION" and value == mark.NOTICE:
        found.notices.append(value)
    for known in IPTC:
        if name == known.upper():
            found.iptc[known].append(value)


def _parts(block: bytes) -> Iterator[bytes]:
    """The vendor and then every comment."""
    place, left = 0, 1
    for _ in range(MOST):
        if not left:
            return
        size = int.from_bytes(block[place : place + 4], "little")
        end = place + 4 + size
        if place + 4 > len(block) or end > len(block):
            raise Unreadable(f"a comment claims {size:,} bytes, more than there are")
        yield block[place + 4 : end]
        left -= 1
        if place == 0:  # behind the vendor stands how many follow
            left = int.from_bytes(block[end : end + 4], "little")
            end += 4
        place = end
    raise Unreadable(f"there are more than {MOST:,} comments")
