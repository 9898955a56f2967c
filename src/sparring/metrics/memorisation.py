"""Whether generated samples lie nearer to the training samples than fresh real ones do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import bounded, normal, resampled, share
from sparring.metrics._neighbours import nearest
from sparring.metrics._require import require

NEAR = 0.01  # share of held-out real samples that counts as near to a training sample
ROUNDS = 200  # of the bootstrap


class Memorisation(Metric):
    """Distances to the nearest training sample, of generated against held-out real samples.

    `near_copies` is the share of generated samples that are as near to a training sample as the
    nearest 1 % of held-out real ones, which therefore score 0.01. `memorisation` is the probability
    that a generated sample is nearer than a held-out real one: 0.5 is no nearer, 1 is copied. Below
    0.5 is not better; such samples are like nothing real.
    """

    title = "Memorisation"
    source = "Meehan et al. 2020, A non-parametric test to detect data-copying, section 3"
    better: ClassVar[Mapping[str, Better]] = {"near_copies": "real", "memorisation": "real"}
    slow = True

    def searched(self, evidence: Evidence) -> int:
        """All training samples."""
        return len(evidence.train)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`near_copies` and `memorisation`, both in [0, 1]."""
        require(evidence, self.fewest, train=True)
        train = evidence.train.features
        fake, _ = nearest(evidence.generated.features, train)
        real, _ = nearest(evidence.real.features, train)
        return {
            "near_copies": near_copies(fake, real, rng),
            "memorisation": probability_nearer(fake, real),
        }

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """One half of the held-out real samples against the other; a training sample is a copy."""
        return self.measure(halved(evidence, rng), rng)


def halved(evidence: Evidence, rng: Streams) -> Evidence:
    """One half of the held-out real samples in the place of generated ones, against the other."""
    mixed = rng.permutation("floor", len(evidence.real))
    first, second = (evidence.real.take(half) for half in mixed.tensor_split(2))
    return replace(evidence, generated=first, real=second)


def share_of_near(fake: Float[Tensor, "*r n"], real: Float[Tensor, "*r m"]) -> Float[Tensor, "*r"]:
    """Share of `fake` distances up to the 1 % quantile of `real` ones."""
    place = math.ceil(NEAR * real.shape[-1])
    threshold = real.kthvalue(place, dim=-1, keepdim=True).values
    return (fake <= threshold).double().mean(-1)


def probability_nearer(fake: Float[Tensor, " n"], real: Float[Tensor, " m"]) -> Figure:
    """P(fake distance < real distance), ties by half: Mann and Whitney's U over n m.

    Meehan et al. 2020, section 3, without their cells. The interval is that of DeLong et al. 1988,
    "Comparing the areas under two or more correlated receiver operating characteristic curves".
    """
    of_fake = _places(real, fake, above=True)
    of_real = _places(fake, real, above=False)
    variance = float(of_fake.var()) / len(fake) + float(of_real.var()) / len(real)
    return normal(float(of_fake.mean()), variance**0.5, low=0.0, high=1.0)


def closest_pairs(
    evidence: Evidence, count: int
) -> tuple[Int[Tensor, " c"], Int[Tensor, " c"], Float[Tensor, " c"]]:
    """The generated samples nearest to any training sample, nearest first.

    Returns:
        their indices, those of their nearest training samples, and the distances between them.

    Raises:
        BadData: there is nothing to compare.
    """
    require(evidence, 1, train=True)
    distances, partners = nearest(evidence.generated.features, evidence.train.features)
    closest = distances.argsort(stable=True)[:count]
    return closest, partners[closest], distances[closest]


def near_copies(fake: Float[Tensor, " n"], real: Float[Tensor, " m"], rng: Streams) -> Figure:
    """The share with the wider one of two intervals: Wilson's, and a bootstrap of the threshold."""
    rounds = [
        share_of_near(_redrawn(fake, rng, "copies.generated"), _redrawn(real, rng, "copies.real"))
        for _ in range(ROUNDS)
    ]
    value = float(share_of_near(fake, real))
    ours = share(value, len(fake))
    both = resampled(value, torch.stack(rounds), low=0.0, high=1.0)
    return bounded(value, min(ours.low, both.low), max(ours.high, both.high))


def _redrawn(distances: Float[Tensor, " n"], rng: Streams, name: str) -> Float[Tensor, " n"]:
    return distances[(rng.uniform(name, (len(distances),)) * len(distances)).long()]


def _places(others: Tensor, each: Tensor, *, above: bool) -> Float[Tensor, " n"]:
    """For each number the share of `others` above (or below) it, ties by half."""
    ordered = others.sort().values
    below = torch.searchsorted(ordered, each).double()
    up_to = torch.searchsorted(ordered, each, right=True).double()
    share_below = (below + up_to) / 2 / len(others)
    return 1 - share_below if above else share_below
