"""Many pictures on one sheet, each with a few words under it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from sparring.modalities import Elsewhere

GAP = 2
CAPTION = 12  # pixels of a caption's letters
QUALITY = 95  # of JPEGs, of 100


def sheet(cells: Sequence[Pictures.Image], captions: Sequence[str], columns: int) -> Pictures.Image:
    """Pictures of one size in rows.

    Args:
        cells: gray (L) or RGB; at least one.
        captions: words under the cells, one each (fewer leave the rest bare); what is too long for
            its cell is cut.
        columns: cells in a row; 0 makes the sheet as square as possible.
    """
    font = ImageFont.load_default(CAPTION)
    width, height = cells[0].size
    below = CAPTION + 4 if captions else 0
    step_x, step_y = width + GAP, height + below + GAP
    columns = columns or max(1, round(math.sqrt(len(cells) * height / width)))
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    size = (columns * step_x + GAP, rows * step_y + GAP)
    paper = Pictures.new("L" if cells[0].mode == "L" else "RGB", size, "white")
    pen = ImageDraw.Draw(paper)
    for i, cell in enumerate(cells):
        left, top = GAP + i % columns * step_x, GAP + i // columns * step_y
        paper.paste(cell, (left, top))
        if i < len(captions):
            text = _cut(captions[i], width, font)
            middle = left + (width - font.getlength(text)) / 2
            pen.text((middle, top + height + 1), text, fill="black", font=font)
    return paper


def png(picture: Pictures.Image) -> bytes:
    """A PNG file."""
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def jpeg(picture: Pictures.Image) -> bytes:
    """A JPEG file of quality 95 from a picture in gray (L) or RGB."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY)
    return content.getvalue()


def gif(frames: Sequence[Pictures.Image], duration: int) -> bytes:
    """An endless animated GIF.

    Args:
        frames: of one size; at least one.
        duration: milliseconds that each is shown.
    """
    first, *rest = frames
    content = io.BytesIO()
    first.save(content, "GIF", save_all=True, append_images=rest, duration=duration, loop=0)
    return content.getvalue()


def _cut(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "..") > width:
        text = text[:-1]
    return text + ".."


def elsewhere(meaning: str, turned: str, laid: str) -> Elsewhere:
    """What one does without Sparring with what a picture shows: a PNG of all of them.

    Args:
        meaning: of the numbers.
        turned: Python behind an array of all samples, such as a turn of an axis.
        laid: Python that lays `pixels`, bytes of that array, side by side.
    """
    return Elsewhere(
        meaning,
        ("from PIL import Image, PngImagePlugin",),
        (
            f'pixels = ((samples.clip(-1, 1) + 1) * 127.5).round().astype("uint8"){turned}',
            "mark = PngImagePlugin.PngInfo()",
            'mark.add_text("Description", "AI-generated")',
            f'Image.fromarray({laid}).save("samples.png", pnginfo=mark)',
        ),
    )
