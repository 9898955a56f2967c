"""Pictures: 8-bit pixels in files and memory, floats in [-1, 1] for networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image as Pictures
from torch import Tensor

from sparring.core.errors import BadData, UserError
from sparring.core.spec import Spec
from sparring.modalities import Elsewhere, Modality, _decode, _sheet, _visible

LEGIBLE = 56  # pixels of the shorter side below which a preview is magnified
COLOURS = {1: "gray", 3: "red, green, blue", 4: "red, green, blue, opacity"}
WIDEST = 1024  # pixels of the longer side beyond which it is not
WIDEST_JPEG = 65_500  # pixels of either side that the coder takes
FRAME = 80  # milliseconds that an animation shows each picture


class Image(Modality):
    """Pictures of one size; PNG or JPEG files.

    Raw pixels are uint8 of shape [b, c, h, w], samples are floats in [-1, 1] of the same shape
    (x / 127.5 - 1). One channel is gray, three are RGB, four are RGBA. Any other number has no
    colours of its own: files and previews then show the channels side by side in gray.

    Raises:
        ValueError: the Spec's shape is not (c, h, w).
    """

    suffix = ".png"
    media_type = "image/png"
    forms: ClassVar[Mapping[str, str]] = {"png": "image/png", "jpeg": "image/jpeg"}
    looks = ("plain", "residual")
    pupil: ClassVar[Mapping[str, Any]] = {"name": "plain", "channels": 24}
    changes: ClassVar[Mapping[str, Any]] = {"name": "gentle", "brightness": 0.0, "contrast": 0.0}
    views: ClassVar[Mapping[str, Any]] = {
        "name": "gentle", "shift": 0.2, "scale": 0.3, "cutout": 0.4
    }  # fmt: skip

    def __init__(self, spec: Spec) -> None:
        if len(spec.shape) != 3 or min(spec.shape) < 1:
            raise ValueError(f"pictures have a shape (c, h, w), not {spec.shape}")
        super().__init__(spec)

    def to_samples(self, raw: UInt8[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Floats in [-1, 1]."""
        return raw.float().div_(127.5).sub_(1)

    def to_raw(self, samples: Float[Tensor, "b c h w"]) -> UInt8[Tensor, "b c h w"]:
        """Pixels, clipped and rounded; what is not a number becomes 0."""
        pixels = samples.detach().float().add(1).mul_(127.5).round_().clamp_(0, 255)
        return pixels.nan_to_num_(0).to(torch.uint8)

    def elsewhere(self) -> Elsewhere:
        """Pixels, and a PNG of them side by side."""
        channels, height, width = self.spec.shape
        named = COLOURS.get(channels, f"{channels} without colours of their own")
        many = "np.concatenate(pixels, 2)"
        laid = f"{many}.transpose(1, 2, 0).squeeze()"
        if channels not in COLOURS:
            laid = f"np.vstack({many})"
        return _sheet.elsewhere(
            f"Pictures of {width} x {height} pixels; channels: {named}. -1 is dark, 1 is bright; "
            "clip what lies beyond.",
            "",
            laid,
        )

    def read(self, path: Path) -> UInt8[Tensor, "c h w"]:
        """One picture of exactly the Spec's size, from PNG, JPEG, WebP, BMP or GIF.

        Colours are brought to the Spec's channels (transparency is laid on white).

        Raises:
            BadData: no such file, no picture, or of another size.
        """
        return self._pixels(self._opened(path))

    def claims(self, path: Path) -> bool:
        """PNG, JPEG, WebP, BMP or GIF.

        Raises:
            BadData: it cannot be opened.
        """
        try:
            with path.open("rb") as file:
                return _decode.claims_to_be_picture(path.name, file.read(_decode.HEAD))
        except OSError as error:
            raise BadData(f"{path} cannot be read: {error.strerror}.") from error

    def read_as_is(self, path: Path) -> UInt8[Tensor, "c h w"]:
        """As `read`; gray that was saved in colour is gray, and no channels are changed otherwise.

        Raises:
            BadData: as `read`, or other channels than those of the Spec.
        """
        picture, wanted = self._opened(path), self._channels_in_files
        has = _channels_in_use(picture, wanted)
        if has != wanted:
            kinds = {1: "gray", 3: "in colour", 4: "in colour with transparency"}
            raise BadData(f"{path} is {kinds[has]}; the data are {kinds[wanted]}.")
        return self._pixels(picture)

    @property
    def _channels_in_files(self) -> int:
        return self.spec.shape[0] if self.spec.shape[0] in _decode.MODES else 1

    def _opened(self, path: Path) -> Pictures.Image:
        channels, height, width = self.spec.shape
        wanted = (width * channels // self._channels_in_files, height)
        try:
            picture = _decode.decode(path.read_bytes()).picture
        except (OSError, _decode.Unreadable) as error:
            raise BadData(f"{path} cannot be read: {error}.") from error
        if picture.size != wanted:
            raise BadData(
                f"{path} has {picture.width} x {picture.height} pixels; "
                f"{wanted[0]} x {wanted[1]} are needed; resize it first."
            )
        return picture

    def _pixels(self, picture: Pictures.Image) -> UInt8[Tensor, "c h w"]:
        channels, height, width = self.spec.shape
        picture, _ = _decode.with_channels(picture, self._channels_in_files)
        pixels = torch.from_numpy(np.array(picture)).view(height, picture.width, -1)
        pixels = pixels.permute(2, 0, 1)
        if channels not in _decode.MODES:
            pixels = pixels.view(height, channels, width).permute(1, 0, 2)
        return pixels.contiguous()

    def encode(
        self, sample: Float[Tensor, "c h w"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """A PNG, or a JPEG, which loses a little and lays what is transparent on white.

        Args:
            sample: floats in [-1, 1].
            form: "png" or "jpeg".
            visible: whether a label is drawn at an edge, or below where the picture is small.

        Raises:
            UserError: there is no such form.
        """
        return self.encode_row(sample[None], form=form, visible=visible)

    def encode_row(
        self, samples: Float[Tensor, "n c h w"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """As `encode`, with the pictures side by side as one broad picture.

        Raises:
            UserError: there is no such form, or the picture is too broad for a JPEG.
        """
        row = torch.cat(self.to_raw(samples).unbind(), dim=2)
        picture = _pictures(row[None])[0]
        picture = _visible.with_label(picture) if visible else picture
        if self.form(form) == "png":
            return _sheet.png(picture)
        if max(picture.size) > WIDEST_JPEG:
            raise UserError(
                f"A JPEG is up to {WIDEST_JPEG:,} pixels broad, not {max(picture.size):,}; "
                "choose png."
            )
        return _sheet.jpeg(_opaque(picture))

    def preview(
        self,
        samples: Float[Tensor, "b c h w"],
        captions: Sequence[str] = (),
        columns: int = 0,
        *,
        visible: bool = False,
    ) -> bytes:
        """A PNG with all samples in rows, small ones magnified by a whole factor.

        Args:
            samples: floats in [-1, 1]; at least one.
            captions: words under the samples, one each (fewer leave the rest bare); what is too
                long for its cell is cut.
            columns: samples in a row; 0 makes the sheet as square as possible.
            visible: whether a label is drawn on it.
        """
        cells = [_magnified(picture) for picture in _pictures(self.to_raw(samples))]
        sheet = _sheet.sheet([_opaque(cell) for cell in cells], captions, columns)
        return _sheet.png(_visible.with_label(sheet, below=True) if visible else sheet)

    def animate(
        self, samples: Float[Tensor, "n c h w"], *, visible: bool = False
    ) -> tuple[str, bytes]:
        """Samples, at least one, as an endless animated GIF, magnified like a preview."""
        frames = [_opaque(_magnified(picture)) for picture in _pictures(self.to_raw(samples))]
        shown = [_visible.with_label(frame) for frame in frames] if visible else frames
        return ".gif", _sheet.gif(shown, FRAME)


def _channels_in_use(picture: Pictures.Image, wanted: int) -> int:
    """The channels of a picture, of which those that say nothing need not be kept."""
    has = len(picture.getbands())
    if has == 4 and wanted < 4 and picture.getchannel("A").getextrema() == (255, 255):
        picture, has = picture.convert("RGB"), 3
    if has == 3 and wanted == 1:
        red, green, blue = (band.tobytes() for band in picture.split())
        has = 1 if red == green == blue else 3
    return has


def _pictures(raw: UInt8[Tensor, "b c h w"]) -> list[Pictures.Image]:
    channels = raw.shape[1]
    if channels not in _decode.MODES:
        raw = torch.cat(raw.split(1, dim=1), dim=3)
    pixels = raw.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [Pictures.fromarray(p[:, :, 0] if p.shape[2] == 1 else p) for p in pixels]


def _magnified(picture: Pictures.Image) -> Pictures.Image:
    short, long = min(picture.size), max(picture.size)
    factor = max(1, min(-(-LEGIBLE // short), WIDEST // long))
    return picture.resize(
        (picture.width * factor, picture.height * factor), Pictures.Resampling.NEAREST
    )


def _opaque(picture: Pictures.Image) -> Pictures.Image:
    return _decode.with_channels(picture, 3)[0] if picture.mode == "RGBA" else picture
