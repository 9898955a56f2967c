"""Lines of any characters, measured and drawn."""

from __future__ import annotations

import functools

from PIL import Image as Pictures
from PIL import ImageDraw

from sparring.modalities import _fonts

# Hexadecimal digits of 3 x 5 pixels: five rows from the top, each of three bits.
DIGITS = (
    "75557", "26227", "71747", "71717", "55711", "74717", "74757", "71122",
    "75757", "75717", "25755", "65656", "34443", "65556", "74647", "74644",
)  # fmt: skip
RISE = 12  # pixels from the baseline to the top of a box
BOX = {4: (12, 16), 6: (16, 16)}
"""Width and height of a box with so many digits."""


@functools.lru_cache(maxsize=50_000)
def width(line: str, size: int) -> float:
    """How many pixels wide a line is, in letters of so many pixels."""
    return sum((_width(face, part, size) for face, part in _fonts.runs(line)), 0.0)


def draw(
    paper: Pictures.Image, line: str, left: float, baseline: int, size: int, colour: str
) -> None:
    """Write a line on grey or coloured paper.

    Args:
        paper: what is written on.
        line: without line breaks.
        left: pixels from the left edge of the paper to the line.
        baseline: pixels from the top of the paper to what letters stand on.
        size: pixels of letters.
        colour: of letters; pictures keep theirs, as far as the paper has colours.
    """
    pen = ImageDraw.Draw(paper)
    for face, part in _fonts.runs(line):
        if face is None:
            for number, symbol in enumerate(part):
                _box(pen, symbol, (round(left) + number * _room(symbol), baseline), colour)
        elif face.coloured:
            _picture(paper, face, part, (round(left), baseline), size)
        else:
            pen.text((left, float(baseline)), part, fill=colour, font=face.at(size), anchor="ls")
        left += _width(face, part, size)


def coloured(line: str) -> bool:
    """Whether a line holds pictures in colour."""
    return any(face and face.coloured for face, _ in _fonts.runs(line))


def _width(face: _fonts.Face | None, part: str, size: int) -> float:
    if face is None:
        return float(sum(map(_room, part)))
    font = face.at(size)
    return font.getlength(part) * size / font.size


def _code(symbol: str) -> str:
    code = f"{ord(symbol):04X}"
    return code if len(code) == 4 else f"{ord(symbol):06X}"


def _room(symbol: str) -> int:
    return BOX[len(_code(symbol))][0] + 2


def _box(pen: ImageDraw.ImageDraw, symbol: str, place: tuple[int, int], colour: str) -> None:
    """A frame with the number of a character that no font has, in two rows."""
    code = _code(symbol)
    (wide, high), left, top = BOX[len(code)], place[0] + 1, place[1] - RISE
    pen.rectangle((left, top, left + wide - 1, top + high - 1), outline=colour)
    half = len(code) // 2
    for number, digit in enumerate(code):
        x, y = left + 2 + number % half * 4, top + 2 + number // half * 7
        x += 0 if half == 3 else number % half
        for row, bits in enumerate(DIGITS[int(digit, 16)]):
            dots = [(x + i, y + row) for i in range(3) if int(bits) >> (2 - i) & 1]
            pen.point(dots, fill=colour)


def _picture(
    paper: Pictures.Image, face: _fonts.Face, part: str, place: tuple[int, int], size: int
) -> None:
    font = face.at(size)
    box = (round(font.getlength(part)) or 1, sum(font.getmetrics()))
    drawn = Pictures.new("RGBA", box)
    ImageDraw.Draw(drawn).text((0, 0), part, font=font, embedded_color=True)
    scale = size / font.size
    small = drawn.resize((max(round(box[0] * scale), 1), max(round(box[1] * scale), 1)))
    top = round(place[1] - font.getmetrics()[0] * scale)
    paper.paste(small.convert(paper.mode), (place[0], top), small.getchannel("A"))
