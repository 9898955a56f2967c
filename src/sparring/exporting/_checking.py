"""Whether what was exported makes what the original makes."""

from __future__ import annotations

import math

from sparring.core.errors import CheckFailed
from sparring.exporting import Run
from sparring.exporting._graph import SEEDS, Graph

TOLERANCE = 1e-4
"""Largest difference of any number; samples are in [-1, 1], logits of texts some ten times that."""
PIECES = (1, 3, 12, 16, 16, 16)
"""Sizes of the batches in which the seeds are tried, as a batch may have any."""
assert sum(PIECES) == SEEDS


def check(graph: Graph, run: Run) -> float:
    """The largest difference between `run` and the original on all seeds.

    Raises:
        CheckFailed: it is above `TOLERANCE`, or no number.
    """
    largest, start = 0.0, 0
    for size in PIECES:
        rows = slice(start, start + size)
        start += size
        made = run([values[rows] for values in graph.inputs.values()])
        difference = graph.compared(rows, made)
        if math.isnan(difference) or difference > TOLERANCE:
            raise CheckFailed(
                f"What was exported differs from the original by {difference:.1e} where "
                f"{TOLERANCE:.0e} is allowed ({graph.family!r}, seeds {rows.start} to "
                f"{rows.stop - 1}); nothing was kept."
            )
        largest = max(largest, difference)
    return largest
