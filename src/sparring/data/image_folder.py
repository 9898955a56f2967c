"""Your own pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import PIL
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data._folder import Folder
from sparring.data._pack import Packer
from sparring.modalities import _decode

Side = Annotated[int, Field(ge=1, le=2048)]


class ImageFolder(Folder):
    """Any folder or zip archive of PNG, JPEG, WebP, BMP or GIF pictures.

    Sub-folders, where there are two or more, are the classes of the label set "class". Files are
    recognised by content; a `sheet.png` is left aside, as `generate` writes such. Those that cannot
    be used are put aside with a reason and never end a training while two different pictures are
    left; 16-bit, palette, CMYK and rotated pictures are converted and counted; of an animation the
    first frame is taken. `report` says all of this.

    Pictures are resized with Pillow's antialiased Lanczos filter (the choice matters: Parmar et
    al., "On aliased resizing and surprising subtleties in GAN evaluation", CVPR 2022) and packed
    once into one memory-mapped array in the cache, which is found again by content. About
    `test_share` of them, chosen by a hash of the relative path, form the test part: a picture
    stays in its part when others are added, and copies of it go along.

    Args:
        path: the folder or zip archive.
        size: side of the square, or [height, width].
        channels: 1 gray, 3 RGB, 4 RGBA; "auto" takes what the richest picture needs. Where there
            are fewer than 4, transparency is laid on white.
        fit: "crop" fills the frame and cuts evenly what stands out, "pad" shows all on black (on
            nothing, where there are 4 channels), "stretch" bends.
        test_share: share of the pictures in the test part; each part gets at least one.
    """

    def __init__(
        self,
        *,
        path: str,
        size: Side | tuple[Side, Side] = 64,
        channels: Literal["auto", 1, 3, 4] = "auto",
        fit: Literal["crop", "pad", "stretch"] = "crop",
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    ) -> None:
        super().__init__(path)
        height, width = (size, size) if isinstance(size, int) else size
        self.settings = {
            "height": height,
            "width": width,
            "channels": 0 if channels == "auto" else channels,
            "fit": fit,
            "test_share": test_share,
        }

    @property
    def spec(self) -> Spec:
        """One picture's shape and the classes; packs the pictures where that is still to do."""
        return Spec("image", self.pack.values.shape[1:], labels=self.labels)

    def packer(self) -> Packer:
        """Resizes and converts; channels 0 take what the richest picture has."""
        return _Pictures(self.settings)


class _Pictures(Packer):
    one, many = "picture", "pictures"
    formats = "PNG, JPEG, WebP, BMP or GIF"
    version = 1
    dtype = np.uint8

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings, settings["test_share"])
        self._channels: int = settings["channels"]
        self._richest = 0

    @property
    def shape(self) -> tuple[int, ...]:
        channels = self._channels or self._richest
        return (channels, self.settings["height"], self.settings["width"])

    @property
    def tools(self) -> Mapping[str, str]:
        return {"filter": "Lanczos (Pillow, antialiased)", "pillow": PIL.__version__}

    def claims(self, name: str, content: bytes) -> bool:
        return _decode.claims_to_be_picture(name, content)

    def look(self, content: bytes) -> None:
        self._richest = max(self._richest, _decode.num_channels(content))

    def pack(self, content: bytes) -> tuple[npt.NDArray[np.uint8], Sequence[str]]:
        channels, height, width = self.shape
        decoded = _decode.decode(content)
        small = decoded.picture.width < width or decoded.picture.height < height
        picture, lost = _decode.with_channels(decoded.picture, channels)
        picture = _decode.fitted(picture, height, width, self.settings["fit"])
        pixels = np.asarray(picture).reshape(height, width, channels).transpose(2, 0, 1)
        steps = (*decoded.conversions, *lost, *(["enlarged"] if small else []))
        return np.ascontiguousarray(pixels), steps
