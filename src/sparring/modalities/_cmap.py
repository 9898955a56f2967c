"""Which characters a font file has: its table "cmap", by the OpenType specification 1.9."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

LARGEST = 4_000_000  # bytes of a table that are read
WANTED = ((3, 10), (0, 6), (0, 4), (0, 3), (3, 1), (0, 2), (0, 1), (0, 0))
"""Platform and encoding of the Unicode tables, the fullest first."""


@dataclass(frozen=True)
class Outline:
    """What is known of a font before anything is drawn.

    Attributes:
        tables: the names of its tables, such as "glyf" or "CBDT".
        firsts: of each stretch of characters that it has, in order.
        lasts: of each stretch, itself among them.
    """

    tables: frozenset[str]
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]

    def has(self, code: int) -> bool:
        """Whether it has a character."""
        place = int(np.searchsorted(self.firsts, code, side="right")) - 1
        return place >= 0 and code <= int(self.lasts[place])


def outline(path: Path, index: int) -> Outline:
    """The outline of one font in a file.

    Raises:
        ValueError: it is no font, or one of another format.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            start = 0
            if file.read(4) == b"ttcf":
                file.seek(12 + 4 * index)
                (start,) = struct.unpack(">I", file.read(4))
            file.seek(start + 4)
            (count,) = struct.unpack(">H6x", file.read(8))
            places = {}
            for _ in range(count):
                tag, _, offset, length = struct.unpack(">4sIII", file.read(16))
                places[tag.decode("latin-1").strip()] = offset, length
            offset, length = places["cmap"]
            file.seek(offset)
            firsts, lasts = _stretches(file.read(min(length, LARGEST)))
        except (struct.error, KeyError, IndexError) as error:
            raise ValueError(f"{path} is no font with Unicode characters: {error}") from error
    return Outline(frozenset(places), firsts, lasts)


def _stretches(table: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    (count,) = struct.unpack_from(">2xH", table)
    found = {}
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * number)
        found[platform, encoding] = offset
    for wanted in WANTED:
        if wanted in found:
            offset = found[wanted]
            (kind,) = struct.unpack_from(">H", table, offset)
            if kind == 12:
                return _groups(table, offset)
            if kind == 4:
                return _segments(table, offset)
    raise ValueError("no table of Unicode characters")


def _groups(table: bytes, offset: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of format 12: any characters."""
    (count,) = struct.unpack_from(">I", table, offset + 12)
    groups = np.frombuffer(table, ">u4", 3 * count, offset + 16).reshape(count, 3)
    return groups[:, 0].astype(np.int64), groups[:, 1].astype(np.int64)


def _segments(table: bytes, offset: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of format 4: characters of 16 bits."""
    (double,) = struct.unpack_from(">H", table, offset + 6)
    count = double // 2
    lasts = np.frombuffer(table, ">u2", count, offset + 14).astype(np.int64)
    firsts = np.frombuffer(table, ">u2", count, offset + 16 + double).astype(np.int64)
    steps = np.frombuffer(table, ">u2", count, offset + 16 + 3 * double)
    found = []
    for number in range(count):
        codes = np.arange(firsts[number], lasts[number] + 1)
        if steps[number] and len(codes):  # glyphs stand in a list, in which 0 is none
            place = offset + 16 + 3 * double + 2 * number + int(steps[number])
            codes = codes[np.frombuffer(table, ">u2", len(codes), place) != 0]
        found.append(codes[codes < 0xFFFF])
    codes = np.concatenate([np.empty(0, np.int64), *found])
    return codes, codes
