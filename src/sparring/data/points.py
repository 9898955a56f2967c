"""Points that make a shape: the data of the first lesson."""

from __future__ import annotations

from functools import partial

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._shapes import SPEC, Count, ShapeName, drawn, points_of


class Points(Dataset):
    """Points of a plane that make a ring, eight heaps, two moons, a grid of heaps or a spiral.

    Shapes on which generators are seen to lose a part of the data, or to find all of it: eight
    heaps in a circle and a grid of them after Metz et al. 2017, "Unrolled generative adversarial
    networks", and Srivastava et al. 2017, "VEEGAN". Drawn by formulas with seed 0 for the training
    part and seed 1 for the test part, which is a fifth as large.

    Args:
        shape: which one.
        count: points of the training part.
    """

    def __init__(self, *, shape: ShapeName = "ring", count: Count = 10_000) -> None:
        self._shape: ShapeName = shape
        self._count = count

    @property
    def spec(self) -> Spec:
        """Points without labels."""
        return SPEC

    @property
    def licence(self) -> str:
        """Of what a formula draws."""
        return "CC0 1.0"

    @property
    def source(self) -> str:
        """Who made it."""
        return f"drawn by a formula of Sparring ({self._shape})"

    def split(self, part: Split) -> Samples:
        """Points in random order."""
        return drawn(part, self._count, partial(points_of, self._shape))
