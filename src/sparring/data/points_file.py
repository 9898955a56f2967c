"""Your own points."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._shapes import SPEC
from sparring.modalities.points import Points, read_points


class PointsFile(Dataset):
    """Any CSV file with one point in a row: two numbers from -1 to 1, under a header or none.

    A table of numbers (RFC 4180, 2005) that any program writes. About `test_share` of the points,
    chosen by a hash of their place, form the test part: equal points are always in the same part.

    Args:
        path: the file.
        test_share: share of the points in the test part; each part gets at least one.
    """

    def __init__(self, *, path: str, test_share: Annotated[float, Field(gt=0, lt=1)] = 0.1) -> None:
        self._path = Path(path).expanduser()
        self._test_share = test_share

    @property
    def spec(self) -> Spec:
        """Points without labels."""
        return SPEC

    @property
    def licence(self) -> str:
        """Nobody else can know."""
        return "your own"

    @property
    def source(self) -> str:
        """Where the points lie."""
        return f"{len(self._points):,} points of {self._path.absolute()}"

    def split(self, part: Split) -> Samples:
        """The points in the order of the file.

        Raises:
            BadData: the file cannot be read, or holds fewer than two different points.
        """
        points = self._points
        shares = np.array([_share_of(point) for point in points])
        if len(set(shares)) < 2:
            raise BadData(f"{self._path} holds one point; at least 2 different ones are needed.")
        border = np.clip(self._test_share, shares.min() + 1e-15, shares.max())
        is_test = shares < border
        return Samples(points[is_test if part == "test" else ~is_test])

    @functools.cached_property
    def _points(self) -> npt.NDArray[np.int16]:
        return Points(SPEC).to_raw(read_points(self._path)).numpy()


def _share_of(point: npt.NDArray[np.int16]) -> float:
    """A number in [0, 1) that depends on the place alone."""
    return int.from_bytes(hashlib.sha256(point.tobytes()).digest()[:6], "big") / 2**48
