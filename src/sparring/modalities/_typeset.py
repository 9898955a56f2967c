"""Texts as a picture, in any script."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pictures
from PIL import ImageDraw

from sparring.modalities import _breaking, _fonts, _ink

SIZE, STEP = 18, 28  # pixels of letters, and from line to line
CAPTION = 13  # pixels of a caption's letters
AIR = 16  # pixels around a text
BROAD, NARROW = 440, 200  # pixels of the widest text, and of the narrowest
ROWS = 14  # lines of a text on a sheet with others
ROWS_ALONE = 60  # lines of a text on a picture of its own
DENSE = 100  # letters of a line that are looked at; more never fit
INK, GREY, LINE = "#1a1a1a", "#767676", "#dddddd"
EMPTY = "(empty)"
MORE = "…"


def sheet(texts: Sequence[str], captions: Sequence[str], columns: int) -> Pictures.Image:
    """All texts on one sheet, row by row in cells of one size, with thin lines between them.

    Args:
        texts: at least one; those of many lines end in "…".
        captions: words under the texts, one each; fewer leave the rest bare.
        columns: texts in a row; 0 makes the sheet as square as possible.
    """
    layout = _laid_out(texts, ROWS)
    below = CAPTION + 10 if any(captions) else 0
    wide, high = layout.width + 2 * AIR, layout.height + 2 * AIR + below
    columns = min(columns or _columns(len(texts), high / wide), len(texts))
    rows = -(-len(texts) // columns)
    size = (columns * wide + 1, rows * high + 1)
    coloured = layout.coloured or any(map(_ink.coloured, captions))
    paper = Pictures.new("RGB" if coloured else "L", size, "white")
    pen = ImageDraw.Draw(paper)
    for x in range(0, size[0], wide):
        pen.line((x, 0, x, size[1]), fill=LINE)
    for y in range(0, size[1], high):
        pen.line((0, y, size[0], y), fill=LINE)
    for number, lines in enumerate(layout.texts):
        left, top = number % columns * wide + AIR, number // columns * high + AIR
        _write(paper, lines, (left, top), layout.width)
        if number < len(captions):
            words = _cut(" ".join(captions[number].split()), layout.width, CAPTION)
            _ink.draw(paper, words, float(left), top + layout.height + 10 + CAPTION, CAPTION, GREY)
    return paper


def _columns(count: int, slope: float) -> int:
    """About as many columns as make a sheet square, rather so that the last row is full."""
    near = max(1, round(math.sqrt(count * slope)))
    full = (n for n in (near, near + 1, near - 1) if n > 0 and count % n == 0)
    return next(full, near)


def frames(texts: Sequence[str]) -> list[Pictures.Image]:
    """One picture for each text, all of one size."""
    layout = _laid_out(texts, ROWS_ALONE)
    size = (layout.width + 2 * AIR, layout.height + 2 * AIR)
    pictures = []
    for lines in layout.texts:
        paper = Pictures.new("RGB" if layout.coloured else "L", size, "white")
        _write(paper, lines, (AIR, AIR), layout.width)
        pictures.append(paper)
    return pictures


@dataclass(frozen=True)
class _Layout:
    """Texts in lines, all within one width and height."""

    texts: Sequence[Sequence[str]]
    width: int

    @property
    def height(self) -> int:
        return STEP * max(map(len, self.texts))

    @property
    def coloured(self) -> bool:
        return any(_ink.coloured(line) for lines in self.texts for line in lines)


def _laid_out(texts: Sequence[str], most: int) -> _Layout:
    """Texts broken into lines, each into at most so many."""
    parts = [_breaking.paragraphs(text[: DENSE * most].strip("\n")) for text in texts]
    lengths = [[_ink.width(line, SIZE) for line in lines] for lines in parts]
    broad = _breadth(lengths)

    def fits(line: str) -> bool:
        return _ink.width(line, SIZE) <= broad

    broken = []
    for text, lines in zip(texts, parts, strict=True):
        every = itertools.chain.from_iterable(_breaking.broken(line, fits) for line in lines)
        rows = list(itertools.islice(every, most + 1))
        if len(rows) > most or len(text) > DENSE * most:
            rows = rows[:most]
            rows[-1] = _cut(rows[-1] + MORE, broad, SIZE)
        broken.append(rows)
    return _Layout(broken, broad)


def _breadth(lengths: Sequence[Sequence[float]]) -> int:
    """How broad texts are set: as broad as they are, or so that they become twice that as high."""
    widest = max(map(max, lengths))
    if widest > BROAD:
        area = STEP * max(sum(max(length, BROAD / 8) for length in lines) for lines in lengths)
        widest = min(max(math.sqrt(2 * area), NARROW), BROAD)
    return max(math.ceil(widest), NARROW // 2)


def _write(paper: Pictures.Image, lines: Sequence[str], place: tuple[int, int], broad: int) -> None:
    left, top = place
    if not any(line.strip() for line in lines):
        _ink.draw(paper, EMPTY, float(left), top + SIZE, CAPTION, GREY)
        return
    for number, line in enumerate(lines):
        indent = broad - _ink.width(line, SIZE) if _fonts.from_right(line) else 0.0
        _ink.draw(paper, line, left + indent, top + STEP * number + SIZE + 2, SIZE, INK)


def _cut(line: str, broad: int, size: int) -> str:
    """As much of a line as there is room for, with "…" where that is not all."""
    if _ink.width(line, size) <= broad:
        return line
    ends = range(len(line))
    most = bisect.bisect_right(ends, broad, key=lambda end: _ink.width(line[:end] + MORE, size))
    return line[: max(most - 1, 0)].rstrip() + MORE
