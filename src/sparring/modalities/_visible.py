"""The label that people see on a picture: "AI生成" and "AI-generated" (GB 45438-2025, 5.2)."""

from __future__ import annotations

from PIL import Image as Pictures
from PIL import ImageChops

from sparring.core import mark
from sparring.modalities import _fonts, _ink

SHARE = 0.055  # of the shortest side that letters are high; the rule asks for 0.05
SMALLEST = 11  # pixels of the height of letters that people can read
AIR = 3  # pixels around the words
CROWDED = 0.2  # of the height of a picture; more is not covered, but added below it
WIDEST = 0.8  # of the width of a picture that both languages may take


def with_label(picture: Pictures.Image, *, below: bool = False) -> Pictures.Image:
    """The picture with a label in its lower right corner, or below it where that hides too much.

    Letters are at least 5 % of the shortest side high, as drawn. On small pictures letters that
    can be read would hide too much; they get a white border below, and all their pixels stay.

    Args:
        picture: L, RGB or RGBA.
        below: whether it lies below in any case, as on sheets, where nothing shall be hidden.
    """
    height = max(SMALLEST, -(-round(1000 * SHARE * min(picture.size)) // 1000))
    band = _band(height, picture.width * WIDEST)
    if below or band.height > CROWDED * picture.height or band.width > picture.width:
        size = (max(picture.width, band.width), picture.height + band.height)
        canvas = Pictures.new(picture.mode, size, "white")
        canvas.paste(picture, (0, 0))
        place = (0, picture.height)
    else:
        canvas = picture.copy()
        place = (picture.width - band.width, picture.height - band.height)
    canvas.paste(band.convert(picture.mode), place)
    return canvas


def _band(height: int, room: float) -> Pictures.Image:
    """Black words on white whose letters are so many pixels high, in as many words as fit."""
    size = _size_of(height)
    words = mark.NOTICES if _can_write(mark.CHINESE) else mark.NOTICE
    if _ink.width(words, size) > room and _can_write(mark.CHINESE):
        words = mark.CHINESE
    drawn = _drawn(words, size)
    band = Pictures.new("L", (drawn.width + 2 * AIR, drawn.height + 2 * AIR), "white")
    band.paste(drawn, (AIR, AIR))
    return band


def _can_write(words: str) -> bool:
    return all(face is not None for face, _ in _fonts.runs(words))


def _size_of(height: int) -> int:
    """The size of letters whose capitals are so high in ink."""
    size = height
    while _drawn("AI", size).height < height:
        size += 1
    return size


def _drawn(words: str, size: int) -> Pictures.Image:
    """Words on white, cut to their ink."""
    paper = Pictures.new("L", (round(_ink.width(words, size)) + 2 * size, 3 * size), "white")
    _ink.draw(paper, words, float(size), 2 * size, size, "black")
    box = ImageChops.invert(paper).point(lambda ink: 255 if ink > 96 else 0).getbbox()
    assert box is not None, "these words have ink"
    return paper.crop(box)
