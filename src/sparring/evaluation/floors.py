"""Floors: whether there are real samples to stand in the place of generated ones."""

from __future__ import annotations

import torch
from scipy import stats
from torch import Tensor

from sparring.core.errors import BadData, quoted
from sparring.metrics import Evidence

CHANCE = 1e-6  # of shares as far apart, below which they are others


def require_floor(evidence: Evidence, kind: str) -> None:
    """Refuse to reckon a floor from samples that do not stand for real ones.

    Of fewer samples most figures are others. Where classes come in other shares, as when a model
    learns from some of them alone, distances to what was held out are large, and say nothing.

    Args:
        evidence: its training samples would stand in for the generated ones.
        kind: what these are called.

    Raises:
        BadData: they are fewer, or of other classes.
    """
    stand_ins, generated = len(evidence.train), len(evidence.generated)
    if stand_ins < generated:
        raise BadData(
            f"A floor needs as many {kind} samples as generated ones: {stand_ins:,} are fewer than "
            f"{generated:,}."
        )
    for name in evidence.train.labels.keys() & evidence.real.labels.keys():
        if not _alike(evidence.train.labels[name], evidence.real.labels[name]):
            raise BadData(
                f"A floor needs {kind} samples that are like the real ones: their shares of each "
                f"{quoted(name)} are others."
            )


def _alike(some: Tensor, others: Tensor) -> bool:
    """Whether classes come in shares that chance explains (Pearson 1900, chi squared)."""
    classes = int(max(some.max(), others.max())) + 1
    counts = torch.stack([torch.bincount(each, minlength=classes) for each in (some, others)])
    there = counts[:, counts.sum(0) > 0].numpy()
    return bool(stats.chi2_contingency(there, correction=False).pvalue > CHANCE)
