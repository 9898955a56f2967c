"""A look at somebody's pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Pictures

from sparring.core.spec import Spec
from sparring.data._listing import Entry, Listing
from sparring.data._report import FolderReport, Tally, table
from sparring.modalities import _decode
from sparring.modalities.image import Image

THUMB = 64  # pixels of a side of each picture on the contact sheet


@dataclass(frozen=True, kw_only=True)
class PictureReport(FolderReport):
    """What was found in a folder of pictures.

    Near copies are pairs whose 64-bit difference hashes (the signs of 8 x 8 brightness steps to
    the right, on 9 x 8 pixels) differ in at most 2 bits.

    Attributes:
        sizes: how many pictures have which "width x height", most frequent first.
    """

    many = "pictures"

    sizes: Mapping[str, int]

    def details(self) -> list[str]:
        """The sizes."""
        return table("sizes", self.sizes)


class PictureTally(Tally):
    """Counts pictures."""

    many = "pictures"

    def __init__(self) -> None:
        super().__init__()
        self.sizes: Counter[str] = Counter()

    def claims(self, name: str, content: bytes) -> bool:
        """PNG, JPEG, WebP, BMP or GIF."""
        return _decode.claims_to_be_picture(name, content)

    def count(self, name: str, content: bytes) -> tuple[str, Sequence[str]]:
        """Count its size."""
        decoded = _decode.decode(content)
        self.sizes[f"{decoded.picture.width} x {decoded.picture.height}"] += 1
        self.hashes[name] = difference_hash(decoded.picture)
        return decoded.kind, decoded.conversions

    def report(self, path: Path, listing: Listing, others: int) -> PictureReport:
        """What was counted."""
        return PictureReport(
            **self.shared(path, listing, others),
            sizes=dict(self.sizes.most_common()),
            contact_sheet=_contact_sheet(self.shown(listing)),
        )


def difference_hash(picture: Pictures.Image) -> npt.NDArray[np.bool_]:
    """64 bits: whether brightness falls to the right, on 9 x 8 pixels (N. Krawetz, 2013)."""
    gray, _ = _decode.with_channels(picture, 1)
    small = np.asarray(gray.resize((9, 8), Pictures.Resampling.BOX))
    return (small[:, :-1] > small[:, 1:]).flatten()


def _contact_sheet(entries: Sequence[Entry]) -> bytes:
    if not entries:
        return b""
    thumbs = []
    for entry in entries:
        picture, _ = _decode.with_channels(_decode.decode(entry.read()).picture, 3)
        thumbs.append(np.asarray(_decode.fitted(picture, THUMB, THUMB, "pad")))
    raw = torch.from_numpy(np.stack(thumbs)).permute(0, 3, 1, 2)
    modality = Image(Spec("image", (3, THUMB, THUMB)))
    return modality.preview(modality.to_samples(raw), [e.name.split("/")[-1] for e in entries])
