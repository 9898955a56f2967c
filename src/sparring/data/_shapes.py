"""Shapes that points can make, each of which asks something else of a generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Samples, Split
from sparring.modalities.points import Points

Places = npt.NDArray[np.float64]
Draw = Callable[[int, np.random.RandomState], Places]
Count = Annotated[int, Field(ge=100, le=10**6, description="points of the training part")]
SPEC = Spec("points", (2,))
"""Of all points of the plane."""

ShapeName = Literal["ring", "eight_gaussians", "two_moons", "grid", "spiral"]

BLOB = 0.035  # deviation of a heap of points
LINE = 0.02  # deviation across a line
EIGHT, FIVE = 8, 5


def drawn(part: Split, count: int, draw: Draw) -> Samples:
    """A part that is drawn by chance, the test part a fifth as large.

    Args:
        part: drawn with seed 0 where it is the training part, else with seed 1.
        count: points of the training part.
        draw: gives so many places.
    """
    first = part == "train"
    chance = np.random.RandomState(0 if first else 1)  # NumPy has frozen its numbers for good
    places = draw(count if first else count // 5, chance)
    return Samples(Points(SPEC).to_raw(torch.from_numpy(places)).numpy())


def points_of(shape: ShapeName, count: int, chance: np.random.RandomState) -> Places:
    """So many points of a shape, in the square from -1 to 1, as rows (x, y)."""
    points = _SHAPES[shape](count, chance)
    return np.clip(points, -1.0, 1.0)


def _ring(count: int, chance: np.random.RandomState) -> Places:
    angle = chance.uniform(0, 2 * np.pi, count)
    return 0.7 * _around(angle) + chance.normal(0, LINE, (count, 2))


def _two_moons(count: int, chance: np.random.RandomState) -> Places:
    angle = chance.uniform(0, np.pi, count)
    upper = chance.randint(0, 2, count)[:, None] == 1
    bow = _around(angle)
    aside = np.array([0.5, 0.25])
    moons = np.where(upper, bow - aside, aside - bow)
    return 0.55 * moons + chance.normal(0, LINE, (count, 2))


def _spiral(count: int, chance: np.random.RandomState) -> Places:
    way = np.sqrt(chance.uniform(0.02, 1, count))  # as dense outside as inside
    return 0.85 * way[:, None] * _around(3.5 * np.pi * way) + chance.normal(0, LINE, (count, 2))


def _eight() -> Places:
    return 0.7 * _around(np.arange(EIGHT) * 2 * np.pi / EIGHT)


def _grid() -> Places:
    line = np.linspace(-0.8, 0.8, FIVE)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def _heaps(middles: Callable[[], Places]) -> Callable[[int, np.random.RandomState], Places]:
    def draw(count: int, chance: np.random.RandomState) -> Places:
        places = middles()
        return places[chance.randint(0, len(places), count)] + chance.normal(0, BLOB, (count, 2))

    return draw


def _around(angle: Places) -> Places:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


_SHAPES: dict[ShapeName, Callable[[int, np.random.RandomState], Places]] = {
    "ring": _ring,
    "eight_gaussians": _heaps(_eight),
    "two_moons": _two_moons,
    "grid": _heaps(_grid),
    "spiral": _spiral,
}
