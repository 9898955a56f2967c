"""Your own pictures."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._listing import listed
from sparring.data._pack import Pack, Settings, packed

Side = Annotated[int, Field(ge=1, le=2048)]


class ImageFolder(Dataset):
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
        self.path = Path(path).expanduser()
        height, width = (size, size) if isinstance(size, int) else size
        depth = 0 if channels == "auto" else channels
        self.settings = Settings(height, width, depth, fit, test_share)

    @property
    def spec(self) -> Spec:
        """One picture's shape and the classes; packs the pictures where that is still to do."""
        classes = self.report["classes"]
        labels = {"class": tuple(classes)} if classes else {}
        return Spec("image", self._pack.values.shape[1:], labels=labels)

    @property
    def licence(self) -> str:
        """What lies beside the pictures; nobody else can know."""
        with listed(self.path) as listing:
            name = listing.licence
        return f"see {name} in {self.path}" if name else "unknown: no licence file lies beside them"

    @property
    def source(self) -> str:
        """Where the pictures lie."""
        return f"{len(self.report['files']):,} pictures in {self.path.absolute()}"

    @property
    def report(self) -> dict[str, Any]:
        """What became of the files: settings, filter, split, conversions, quarantined, files."""
        return self._pack.facts

    def split(self, part: Split) -> Samples:
        """Views of the packed array, in the order of `report["files"]`, train part first."""
        border = self.report["split"]["train"]
        share = slice(0, border) if part == "train" else slice(border, None)
        labels = {"class": self._pack.labels[share]} if self.report["classes"] else {}
        return Samples(self._pack.values[share], labels)

    @functools.cached_property
    def _pack(self) -> Pack:
        return packed(self.path, self.settings)
