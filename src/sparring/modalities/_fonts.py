"""Which font of this machine has which character."""

from __future__ import annotations

import functools
import os
import struct
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from fontTools import ttLib
from fontTools.misc import sstruct
from PIL import ImageFont

LATIN = "fonts/ttf/DejaVuSans.ttf"  # comes with matplotlib, so it is everywhere
KNOWN = (
    "notosanscjk", "notosanssc", "sourcehansans", "wqy-microhei", "wqy-zenhei", "pingfang",
    "hiragino", "msyh", "notoserifcjk", "notoserifsc", "sourcehanserif", "droidsansfallback",
    "simsun", "uming", "ukai", "yugoth", "msgothic", "applegothic", "malgun", "notosans-",
    "arial unicode", "unifont", "symbola",
)  # fmt: skip
"""How file names of fonts begin that have many characters, the most readable first."""
SIMPLIFIED = (" SC", " CN", " GB")
"""How the fonts of a collection are called whose Chinese characters are those of the mainland."""
OTHER_CUTS = (
    "bold", "italic", "oblique", "light", "thin", "medium", "black", "heavy", "condensed", "mono",
    "narrow", "display", "lastresort",
)  # fmt: skip
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
EMOJI = range(0x1F000, 0x1FB00)
STRIKES = (109, 160, 136, 128)  # pixels in which pictures of emoji come
CONTROLS = ("Cc", "Zl", "Zp")
"""Categories of characters that are not drawn."""
INVISIBLE = (*CONTROLS, "Cf")
"""Those and the ones of which a missing one is no loss."""
OPENING = ("Ps", "Pi")
JOINING = ("Cf", "Mn", "Me")


@dataclass(frozen=True)
class Outline:
    """What is known of a font before anything is drawn.

    Attributes:
        tables: the names of its tables, such as "glyf" or "CBDT".
        symbols: the code points of the characters that it has.
    """

    tables: frozenset[str]
    symbols: frozenset[int]


@dataclass(frozen=True)
class Face:
    """One font of one file.

    Attributes:
        path: the file.
        index: which font of a collection.
        coloured: whether it holds pictures, such as emoji.
    """

    path: Path
    index: int = 0
    coloured: bool = False

    def has(self, symbol: str) -> bool:
        """Whether it has a character."""
        return ord(symbol) in _outline(self).symbols

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """The font in so many pixels."""
        return _opened(self, self.strike if self.coloured else size)

    @functools.cached_property
    def strike(self) -> int:
        """The size of its pictures, where it holds some: it can be drawn in no other."""
        for size in STRIKES:
            try:
                _opened(self, size)
            except OSError:
                continue
            return size
        raise ValueError(f"{self.path} has pictures of an unknown size")


@functools.cache
def face_of(symbol: str) -> Face | None:
    """The best font that has a character; None where no font has it."""
    latin = Face(Path(matplotlib.get_data_path()) / LATIN)
    is_emoji = ord(symbol) in EMOJI
    if not is_emoji and latin.has(symbol):
        return latin
    # Emoji look best in colour, and nothing else does.
    faces = sorted((latin, *_others()), key=lambda face: face.coloured != is_emoji)
    return next((face for face in faces if face.has(symbol)), None)


@functools.lru_cache(maxsize=50_000)
def runs(line: str) -> tuple[tuple[Face | None, str], ...]:
    """A line in stretches of one font, from the left; None for boxes in place of characters.

    Marks and blanks take the font of the letters that they belong to. A line that begins with
    letters that are written from the right has its stretches from the right.
    """
    faces = [face_of(c) if c.isalnum() else None for c in line]
    for at, symbol in enumerate(line):
        if not symbol.isalnum():
            faces[at] = _leaning(line, faces, at)
    found: list[tuple[Face | None, str]] = []
    for face, symbol in zip(faces, line, strict=True):
        if unicodedata.category(symbol) in (CONTROLS if face else INVISIBLE):
            continue
        if found and found[-1][0] == face:
            found[-1] = face, found[-1][1] + symbol
        else:
            found.append((face, symbol))
    return tuple(reversed(found) if from_right(line) else found)


def from_right(line: str) -> bool:
    """Whether a line begins at the right, as Arabic and Hebrew do."""
    strong = (unicodedata.bidirectional(c) for c in line)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


def _leaning(line: str, faces: list[Face | None], at: int) -> Face | None:
    """The font of a character that is no letter: its neighbour's if that has it."""
    opens = unicodedata.category(line[at]) in OPENING
    beside = at + 1 if opens else at - 1
    neighbour = faces[beside] if 0 <= beside < len(line) else None
    joins = unicodedata.category(line[at]) in JOINING
    if neighbour and neighbour.has(line[at]) and (joins or not neighbour.coloured):
        return face_of(line[at]) if ord(line[at]) in EMOJI else neighbour
    return face_of(line[at])


@functools.cache
def _others() -> tuple[Face, ...]:
    """All upright fonts of the machine in regular weight, the best known first."""
    ranked = []
    for folder in _folders():
        for path in folder.rglob("*"):
            name = path.name.lower()
            if path.suffix.lower() in SUFFIXES and not any(cut in name for cut in OTHER_CUTS):
                rank = next((i for i, known in enumerate(KNOWN) if name.startswith(known)), 99)
                ranked.append((rank, name, str(path)))
    return tuple(face for _, _, path in sorted(ranked) for face in _faces_in(Path(path)))


def _folders() -> Iterator[Path]:
    """Where systems keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
        yield home / "AppData/Local/Microsoft/Windows/Fonts"
    elif sys.platform == "darwin":
        yield from (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    else:
        yield from (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
        yield from (home / ".local/share/fonts", home / ".fonts")


def _faces_in(path: Path) -> Iterator[Face]:
    """The font of a file that serves best; none where it cannot be drawn."""
    try:
        index = _simplified(path) if path.suffix.lower() in (".ttc", ".otc") else 0
        tables = _outline(Face(path, index)).tables
        coloured = bool(tables & {"CBDT", "sbix"})
        face = Face(path, index, coloured)
        face.at(STRIKES[0])
    except (OSError, ValueError):
        return  # foreign files may be anything, and other fonts are left
    if coloured or not tables & {"COLR", "SVG"}:  # layers of colour are drawn by nothing here
        yield face


def _simplified(path: Path) -> int:
    """Which font of a collection has the characters of the mainland; the first if none says so."""
    for index in range(16):
        try:
            family, _ = ImageFont.truetype(path, 10, index=index).getname()
        except OSError:
            break
        if any(mark in (family or "") for mark in SIMPLIFIED):
            return index
    return 0


@functools.cache
def _outline(face: Face) -> Outline:
    """What a font file tells of itself.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no font, or a broken one.
    """
    try:
        with face.path.open("rb") as file:
            font = ttLib.TTFont(file, fontNumber=face.index, lazy=True)
            tables = frozenset(name.strip() for name in font.keys())  # noqa: SIM118
            symbols = frozenset(font.getBestCmap() or ())
    except (ttLib.TTLibError, sstruct.Error, struct.error, LookupError, AssertionError) as error:
        raise ValueError(f"{face.path} is no font that can be used: {error}") from error
    if not symbols:
        raise ValueError(f"{face.path} is no font that can be used: it has no characters")
    return Outline(tables, symbols)


@functools.cache
def _opened(face: Face, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, size, index=face.index)
