"""What many points of a plane are like: where they lie, which repeat, which lie alone."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial import KDTree
from torch import Tensor

SEARCHED = 200_000  # points among which neighbours are looked for
ALONE = 0.1  # a twentieth of the side of the square
TIMES = 10.0  # the usual distance to the nearest other point
SMALL = 0.5  # a quarter of the side of the square
MANY = 0.01  # share of points from which on copies are a problem


def facts_of(points: Float[Tensor, "n 2"]) -> list[str]:
    """Their range and how many are different."""
    low, high = points.amin(0).tolist(), points.amax(0).tolist()
    ranges = [f"{name}: {a:.3g} to {b:.3g}" for name, a, b in zip("xy", low, high, strict=True)]
    return [*ranges, f"different points: {len(points.unique(dim=0)):,}"]


def problems_of(points: Float[Tensor, "n 2"]) -> list[str]:
    """What to mend or to know before a generator learns them, in plain sentences."""
    count, different = len(points), points.unique(dim=0)
    if len(different) < 2:
        return ["All points are the same; at least 2 different ones are needed."]
    found = []
    width, height = (points.amax(0) - points.amin(0)).tolist()
    if max(width, height) < SMALL:
        found.append(
            f"The points fill only {width:.2g} by {height:.2g} of the square, which is 2 by 2; "
            "scale them up."
        )
    repeated = count - len(different)
    if repeated > MANY * count:
        found.append(f"Points that repeat others: {repeated:,} of {count:,}.")
    alone = num_alone(different)
    if alone:
        found.append(
            f"Points that lie alone, far from all others: {alone:,}; look whether they are "
            "mistakes."
        )
    return found


def num_alone(different: Float[Tensor, "n 2"]) -> int:
    """How many points are much farther from their nearest neighbour than points usually are."""
    places = different[torch.linspace(0, len(different) - 1, min(len(different), SEARCHED)).long()]
    distances, _ = KDTree(places.numpy()).query(places.numpy(), k=2)
    nearest = distances[:, 1]
    return int((nearest > max(ALONE, TIMES * float(np.median(nearest)))).sum())
