"""Shapes that points can make, each of which asks something else of a generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]
ShapeName = Literal["ring", "eight_gaussians", "two_moons", "grid", "spiral"]

BLOB = 0.035  # deviation of a heap of points
LINE = 0.02  # deviation across a line
EIGHT, FIVE = 8, 5


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
