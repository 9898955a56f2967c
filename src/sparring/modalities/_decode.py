"""Pictures from outside: recognised by content, limited by their header, brought to 8 bits."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from sparring.core.errors import BadData

MAX_PIXELS = 50_000_000
MAX_BYTES = 200_000_000
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
HEAD = 16  # bytes that tell what a file is
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held


class Unreadable(BadData):
    """These bytes are no picture that can be used; the message is the reason alone."""


@dataclass(frozen=True)
class Decoded:
    """One picture as plain 8-bit gray (L), RGB or RGBA, and what was done to get there.

    Attributes:
        picture: mode L, RGB or RGBA, turned upright.
        kind: format and mode as stored, such as "PNG P".
        conversions: what was changed, such as "palette to colours"; empty where nothing was.
    """

    picture: Image.Image
    kind: str
    conversions: tuple[str, ...]


def sniff(head: bytes) -> str:
    """The format that the first 16 bytes of a file speak of; "" where it is none of ours."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    # "BM" alone begins many a text: a bitmap's reserved bytes are zero as well.
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return ""


def claims_to_be_picture(name: str, content: bytes) -> bool:
    """Whether a file has a picture's content or at least a picture's name."""
    return bool(sniff(content[:HEAD])) or name.lower().endswith(SUFFIXES)


def decode(content: bytes) -> Decoded:
    """The picture in `content`; of several frames the first one.

    Size limits are checked on the header, before any pixel is allocated. 16 bits are scaled to 8,
    palettes and CMYK become RGB, gray with transparency becomes RGBA, EXIF rotation is applied.

    Raises:
        Unreadable: not a picture of a known format, too large, or broken.
    """
    with _opened(content) as picture:
        picture.load()
        return _plain(picture, content)


def num_channels(content: bytes) -> int:
    """The channels that `decode` will give (1, 3 or 4), from the header alone.

    Raises:
        Unreadable: as `decode`, as far as the header tells.
    """
    with _opened(content) as picture:
        return _natural_channels(picture)


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    form = _checked_format(content)
    try:
        with warnings.catch_warnings():
            # Pillow grumbles about odd but readable metadata; only its bomb warning counts.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[form]) as picture:
                _check_size(*picture.size)
                yield picture
    except Unreadable:
        raise
    except UnidentifiedImageError as error:
        # Pillow's own words name an address in memory, and reports should stay the same.
        raise Unreadable(f"broken {form}: its header makes no sense") from error
    except Exception as error:
        # A decoder fed with foreign bytes raises nearly anything; all of it means the same.
        raise Unreadable(f"broken {form}: {error or type(error).__name__}") from error


def with_channels(picture: Image.Image, channels: int) -> tuple[Image.Image, tuple[str, ...]]:
    """`picture` (L, RGB or RGBA) with 1, 3 or 4 channels, and what was lost on the way.

    Transparency is laid on white; colours become gray by ITU-R 601.
    """
    wanted = MODES[channels]
    lost = []
    if picture.mode == "RGBA" and wanted != "RGBA":
        if picture.getchannel("A").getextrema() != (255, 255):
            lost.append("transparency laid on white")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    if picture.mode == "RGB" and wanted == "L":
        lost.append("colours to gray")
    return (picture if picture.mode == wanted else picture.convert(wanted)), tuple(lost)


def fitted(picture: Image.Image, height: int, width: int, fit: str) -> Image.Image:
    """`picture` at another size.

    Args:
        picture: gray (L), RGB or RGBA.
        height: pixels.
        width: pixels.
        fit: "crop" fills the frame and cuts evenly what stands out; "pad" shows all of it on
            black, or on nothing where there is transparency; "stretch" bends it.
    """
    if picture.size == (width, height):
        return picture
    box = (0.0, 0.0, float(picture.width), float(picture.height))
    inner = (width, height)
    if fit == "crop":
        scale = max(width / picture.width, height / picture.height)
        left = (picture.width - width / scale) / 2
        top = (picture.height - height / scale) / 2
        # Rounding may put a side a hair outside, which Pillow refuses.
        box = (max(left, 0), max(top, 0), min(box[2] - left, box[2]), min(box[3] - top, box[3]))
    elif fit == "pad":
        scale = min(width / picture.width, height / picture.height)
        inner = (
            max(1, round(picture.width * scale)),
            max(1, round(picture.height * scale)),
        )
    resized = picture.resize(inner, Image.Resampling.LANCZOS, box=box)
    if inner == (width, height):
        return resized
    sheet = Image.new(picture.mode, (width, height))
    sheet.paste(resized, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return sheet


def _checked_format(content: bytes) -> str:
    if not content:
        raise Unreadable("empty file")
    form = sniff(content[:16])
    if not form:
        raise Unreadable(f"not a picture: it begins with {content[:12]!r}")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"{len(content):,} bytes, more than {MAX_BYTES:,}")
    # These headers are read here because Pillow makes room for WebP frames on opening.
    if form == "PNG" and content[12:16] == b"IHDR" and len(content) >= 24:
        _check_size(*struct.unpack(">II", content[16:24]))
    elif form == "WEBP" and content[12:16] == b"VP8X" and len(content) >= 30:
        wide, high = content[24:27], content[27:30]
        _check_size(int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1)
    elif form == "WEBP" and content[12:16] == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        _check_size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return form


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Unreadable(f"{width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise Unreadable(
            f"{width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} megapixels"
        )


def _natural_channels(picture: Image.Image) -> int:
    if picture.has_transparency_data:
        return 4
    return 1 if picture.mode in ("1", "L", "I", "I;16", "I;16B", "I;16L", "F") else 3


def _plain(picture: Image.Image, content: bytes) -> Decoded:
    kind = f"{picture.format} {picture.mode}"
    # Pillow reads colour PNGs of 16 bits as 8 bits without a word; the header knows.
    is_deep = picture.mode.startswith("I") or (picture.format == "PNG" and content[24] == 16)
    changes = {
        "first of several frames": getattr(picture, "n_frames", 1) > 1,
        "turned as EXIF says": picture.getexif().get(ORIENTATION, 1) in range(2, 9),
        "16 bits to 8": is_deep,
        "black and white to gray": picture.mode == "1",
        "palette to colours": picture.mode.startswith("P"),
        "CMYK to RGB": picture.mode == "CMYK",
    }
    channels = _natural_channels(picture)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        deep = np.asarray(picture).astype(np.int64)
        plain = Image.fromarray(((deep + 128) // 257).clip(0, 255).astype(np.uint8))
    else:
        plain = picture.convert(MODES[channels])
    return Decoded(plain, kind, tuple(change for change, made in changes.items() if made))
