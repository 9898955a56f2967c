"""Distances between many samples and many others, in blocks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

HELD = 8_000_000
"""Distances in memory at once."""


def squared_distances(
    rows: Float[Tensor, "n d"], columns: Float[Tensor, "m d"]
) -> Iterator[tuple[slice, Float[Tensor, "b m"]]]:
    """Squared distances of some rows to all columns, with which rows these are.

    One matrix product in float32, off by about a millionth of the features' squared length, and so
    perhaps a little below 0; different samples are much further apart than that.
    """
    centre = columns.double().mean(0)  # near the origin fewer digits are lost
    ours, theirs = rows.double() - centre, columns.double() - centre
    one = ours.new_ones(1, 1)
    # |x - y|^2 = (-2 x, |x|^2, 1) . (y, 1, |y|^2)
    lefts = [-2 * ours, ours.square().sum(1, keepdim=True), one.expand(len(ours), 1)]
    rights = [theirs, one.expand(len(theirs), 1), theirs.square().sum(1, keepdim=True)]
    left, right = torch.cat(lefts, 1).float(), torch.cat(rights, 1).float().T
    size = max(HELD // len(columns), 1)
    for start in range(0, len(rows), size):
        part = slice(start, min(start + size, len(rows)))
        yield part, left[part] @ right


def radii(features: Float[Tensor, "n d"], k: int) -> Float[Tensor, " n"]:
    """Distance of every sample to the k-th nearest of the others."""
    found = []
    for part, table in squared_distances(features, features):
        own = torch.arange(part.start, part.stop)
        table[torch.arange(len(own)), own] = torch.inf
        found.append(table.topk(k, largest=False).values[:, -1])
    return torch.cat(found).clamp(min=0).sqrt()


def nearest(
    rows: Float[Tensor, "n d"], columns: Float[Tensor, "m d"]
) -> tuple[Float[Tensor, " n"], Int[Tensor, " n"]]:
    """Distance of every row to its nearest column, and which column that is.

    The distance is taken anew in float64, so that a copy is at 0.
    """
    found = torch.cat([table.argmin(1) for _, table in squared_distances(rows, columns)])
    return (rows.double() - columns.double()[found]).norm(dim=1), found


def counts_within(
    rows: Float[Tensor, "n d"],
    columns: Float[Tensor, "m d"],
    reach: Float[Tensor, "n m"],
    groups: int,
) -> Int[Tensor, "n g"]:
    """For every row, how many columns lie within `reach`, in each of `groups` runs of columns.

    `reach` is one radius for each row or for each column, expanded.
    """
    found = []
    for part, table in squared_distances(rows, columns):
        inside = table <= reach[part].square()
        found.append(torch.stack([run.sum(1) for run in inside.tensor_split(groups, 1)], 1))
    return torch.cat(found)
