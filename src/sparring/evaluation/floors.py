"""Floors: whether there are real samples to stand in the place of generated ones."""

from __future__ import annotations

import torch
from scipy import stats
from torch import Tensor

from sparring.core.errors import BadData, quoted
from sparring.metrics import Evidence

CHANCE = 1e-6  # a draw as uneven is no chance any more
APART = 0.1  # share of the samples that would have to be of other classes
EXPECTED = 5  # of a class, below which the test does not hold (Cochran 1954)


def require_floor(evidence: Evidence, kind: str, real_kind: str) -> None:
    """Refuse to reckon a floor where training samples do not stand for held-out ones.

    Of fewer samples most figures are others. Where a model learns from some of the classes alone,
    its training samples are far from what was held out, and held-out ones from them: being nearer
    would be no merit, and no copying. What has no labels cannot be checked.

    Args:
        evidence: its training samples would stand in for the generated ones.
        kind: what these are called.
        real_kind: what those are called that are compared with.

    Raises:
        BadData: they are fewer, or their classes come in other shares.
    """
    stand_ins, generated = len(evidence.train), len(evidence.generated)
    if stand_ins < generated:
        raise BadData(
            f"A floor needs as many {kind} samples as generated ones: {stand_ins:,} are fewer than "
            f"{generated:,}."
        )
    for name, classes in evidence.real.labels.items():
        if name in evidence.train.labels and not alike(evidence.train.labels[name], classes):
            raise BadData(
                f"A floor needs {kind} samples with as large a share of each {quoted(name)} as "
                f"{real_kind} ones have."
            )


def alike(some: Tensor, others: Tensor) -> bool:
    """Whether classes come in shares that are near each other, or as near as chance leaves them.

    Pearson 1900, chi squared; of classes that are rare together.
    """
    many = int(max(some.max(), others.max())) + 1
    counts = torch.stack([torch.bincount(each, minlength=many) for each in (some, others)]).double()
    shares = counts / counts.sum(1, keepdim=True)
    if (shares[0] - shares[1]).abs().sum() / 2 < APART:
        return True
    rare = counts.sum(0) * counts.sum(1).min() / counts.sum() < EXPECTED
    pooled = torch.cat([counts[:, ~rare], counts[:, rare].sum(1, keepdim=True)], 1)
    there = pooled[:, pooled.sum(0) > 0].numpy()
    return bool(stats.chi2_contingency(there, correction=False).pvalue > CHANCE)
