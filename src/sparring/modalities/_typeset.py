"""Texts on paper: as a picture, and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from html import escape

from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from sparring.modalities import _sheet

SIZE = 16  # pixels of letters
BROAD = 32  # letters in a line


def sheet(texts: Sequence[str], captions: Sequence[str], columns: int) -> Pictures.Image:
    """All texts on one sheet, row by row.

    Args:
        texts: at least one.
        captions: words under the texts, one each; fewer leave the rest bare.
        columns: texts in a row; 0 makes the sheet as square as possible.
    """
    return _sheet.sheet(frames(texts), captions, columns)


def frames(texts: Sequence[str]) -> list[Pictures.Image]:
    """One picture for each text, all of one size."""
    font = ImageFont.load_default(SIZE)
    wrapped = ["\n".join(textwrap.wrap(text, BROAD) or [""]) for text in texts]
    pen = ImageDraw.Draw(Pictures.new("L", (1, 1)))
    boxes = [pen.multiline_textbbox((0, 0), text, font=font) for text in wrapped]
    size = (int(max(b[2] for b in boxes)) + SIZE, int(max(b[3] for b in boxes)) + SIZE)
    pictures = []
    for text in wrapped:
        paper = Pictures.new("L", size, "white")
        ImageDraw.Draw(paper).multiline_text((SIZE / 2, SIZE / 2), text, fill="black", font=font)
        pictures.append(paper)
    return pictures


def page(texts: Sequence[str], captions: Sequence[str], stamp: Mapping[str, str]) -> bytes:
    """An HTML page with all texts; it stands alone, and needs no script."""
    words = "; ".join(f"{key}: {text}" for key, text in stamp.items())
    parts = [f"<pre>{escape(text)}</pre>" for text in texts]
    return ("<!doctype html><meta charset=utf-8>" + "".join(parts) + escape(words)).encode()
