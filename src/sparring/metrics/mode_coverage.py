"""How many of the classes that there are a generator reaches, and how evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._classes import seen
from sparring.metrics._intervals import DEVIATIONS, bounded, class_counts, resampled
from sparring.metrics._require import require

ROUNDS = 200  # of the bootstrap


class ModeCoverage(Metric):
    """Classes reached, and KL(found || uniform) over all classes that the extractor knows.

    Stacked digits have 1,000 modes and are judged on 26,000 samples, where real ones score 0.023 to
    0.025 nats. Of several label sets every combination of classes is a mode.
    """

    title = "Mode coverage"
    source = (
        "Srivastava et al. 2017, VEEGAN, and Lin et al. 2018, PacGAN, on stacked digits; "
        "first in Metz et al. 2017, Unrolled generative adversarial networks"
    )
    better: ClassVar[Mapping[str, Better]] = {"modes": "higher", "mode_kl": "lower"}

    def applies(self, evidence: Evidence) -> bool:
        """Where the extractor knows classes."""
        return bool(evidence.generated.verdicts)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`modes`, a number of classes (`reached`), and `mode_kl` in nats, with a bootstrap."""
        require(evidence, self.fewest)
        found, number = modes(evidence.generated)
        names, places = found.unique(return_inverse=True)
        counts, again = class_counts(places, len(names), rng, "modes", ROUNDS)
        divergence = resampled(
            float(kl_to_uniform(counts, number)),
            kl_to_uniform(again, number),
            low=0.0,
            high=math.log(number),
        )
        return {"modes": reached(counts, number), "mode_kl": divergence}


def reached(counts: Float[Tensor, " k"], number: int) -> Figure:
    """How many of `number` modes were found, from the counts of those that were.

    A bootstrap never draws a mode that was not found. Another draw misses one of c samples with a
    chance of about e^-c, as rare counts are Poisson's, which adds e^-c (1 - e^-c) to the variance.
    Modes that can be made but were not found can only raise the number: f1 (f1 - 1) / 2 (f2 + 1) of
    them, of f1 found once and f2 found twice (Chao 1984, "Nonparametric estimation of the number
    of classes in a population", bias-corrected), but one at least, add 1/4 each, the most that
    there can be. One half is added to the reach, as modes are whole numbers.
    """
    found = len(counts)
    missed = torch.exp(-counts)
    seen = float((missed * (1 - missed)).sum())
    once, twice = (int((counts == times).sum()) for times in (1, 2))
    hidden = min(max(once * (once - 1) / (2 * (twice + 1)), 1.0), number - found)
    low, high = (DEVIATIONS * math.sqrt(each) + 1 / 2 for each in (seen, seen + hidden / 4))
    return bounded(float(found), found - low, found + high, low=1.0, high=float(number))


def modes(observed: Observed) -> tuple[Int[Tensor, " n"], int]:
    """The mode of every sample as the extractor sees it, and how many modes there are."""
    found, number = torch.zeros(len(observed), dtype=torch.int64), 1
    for name, logs in sorted(observed.verdicts.items()):
        found = found * logs.shape[1] + seen(observed, name)
        number *= logs.shape[1]
    return found, number


def kl_to_uniform(counts: Float[Tensor, "*r k"], number: int) -> Float[Tensor, "*r"]:
    """KL(found || uniform over `number` modes) in nats, from the counts of those that were found.

    A perfect draw of n samples scores about (number - 1) / (2 n), and not 0.
    """
    shares = counts / counts.sum(-1, keepdim=True)
    return (torch.xlogy(shares, shares).sum(-1) + math.log(number)).clamp(min=0)
