"""Points that somebody drew by hand."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._shapes import SPEC, Count, Places, drawn

Coordinate = Annotated[float, Field(ge=-1, le=1)]
Drawn = Annotated[
    tuple[tuple[Coordinate, Coordinate], ...],
    Field(min_length=1, max_length=5_000, description="places (x, y) that were drawn"),
]


class DrawnPoints(Dataset):
    """A drawing of your own, as if each of its points were a dab of a soft brush.

    After GAN Lab (Kahng et al. 2019, "GAN Lab: understanding complex deep generative models using
    interactive visual experimentation"), where people draw what a generator then has to learn. The
    drawing stands in the recipe itself, so that it can be trained again anywhere.

    Args:
        drawn: places in the square from -1 to 1.
        brush: deviation of the points around a place.
        count: points of the training part; the test part is a fifth as large.
    """

    def __init__(
        self,
        *,
        drawn: Drawn = ((-0.5, 0.0), (0.5, 0.0)),
        brush: Annotated[float, Field(ge=0, le=0.5, description="deviation around a place")] = 0.03,
        count: Count = 10_000,
    ) -> None:
        self._drawn = drawn
        self._brush = brush
        self._count = count

    @property
    def spec(self) -> Spec:
        """Points without labels."""
        return SPEC

    @property
    def licence(self) -> str:
        """Of what a person drew, who alone can tell."""
        return "your own"

    @property
    def source(self) -> str:
        """Who made it."""
        return f"drawn by hand, in {len(self._drawn):,} places"

    def split(self, part: Split) -> Samples:
        """Places in random order with the brush around them; parts differ by their seed."""
        return drawn(part, self._count, self._dabs)

    def _dabs(self, count: int, chance: np.random.RandomState) -> Places:
        places = np.array(self._drawn)[chance.randint(0, len(self._drawn), count)]
        return np.clip(places + chance.normal(0, self._brush, places.shape), -1, 1)
