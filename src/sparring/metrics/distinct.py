"""How many different runs of symbols texts are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import left_out, normal
from sparring.metrics._require import require
from sparring.metrics._texts import Rows, Runs, are_texts, require_texts, words_of

LONGEST = 4  # symbols of a run
GROUPS = 20  # of texts, each of which is left out once


class Distinct(Metric):
    """Different runs of 1 to 4 symbols, as a share of all runs of that length.

    It falls where a generator repeats itself, and rises with nonsense, so that the figure of real
    texts is the best. It falls too the more texts there are: compare equal numbers alone. Symbols
    that the vocabulary lacks are in no run.
    """

    title = "Distinct runs"
    source = (
        "Li et al. 2016, A diversity-promoting objective function for neural conversation models, "
        "section 5.2"
    )
    better: ClassVar[Mapping[str, Better]] = {
        "distinct_1": "real", "distinct_2": "real", "distinct_3": "real", "distinct_4": "real"
    }  # fmt: skip
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are texts."""
        return are_texts(evidence)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`distinct_1` to `distinct_4`, in [0, 1], with a jackknife over groups of texts."""
        require(evidence, self.fewest)
        base = require_texts(evidence)
        texts = words_of(evidence.generated)
        mixed = texts[rng.permutation("distinct", len(texts)).numpy()]
        runs, numbers = Runs.of(mixed, LONGEST, base)
        return {
            f"distinct_{length}": distinct(ending, len(known))
            for length, (ending, known) in enumerate(zip(numbers, runs.known, strict=True), 1)
        }


def distinct(ending: Rows, different: int) -> Figure:
    """The share of runs that are different, from the number of the run that ends at each place.

    Args:
        ending: texts in random order; below 0 where no run ends.
        different: runs that there are; all below it are met.
    """
    count = int((ending >= 0).sum())
    if not count:
        return Figure(0.0, 0.0, 0.0)
    group = np.arange(len(ending)) * GROUPS // len(ending)
    places = np.broadcast_to(group[:, None], ending.shape)[ending >= 0]
    first, last = np.full(different, GROUPS), np.full(different, -1)
    np.minimum.at(first, ending[ending >= 0], places)
    np.maximum.at(last, ending[ending >= 0], places)
    alone = np.bincount(first[first == last], minlength=GROUPS)
    own = np.bincount(places, minlength=GROUPS)
    without = (different - alone) / np.maximum(count - own, 1)
    variance = left_out(torch.from_numpy(without))
    return normal(different / count, variance**0.5, low=0.0, high=1.0)
