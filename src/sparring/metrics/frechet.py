"""The distance between two clouds of features, each taken as a normal distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import left_out, normal
from sparring.metrics._require import require

GROUPS = 20
"""Of samples of each kind, each of which is left out once.

Near equality the distance is a square of noise, whose variance a jackknife takes for twice of what
it is (and a bootstrap for three times). So it is lessened by half the share of the distance that
is bias, which the same rounds tell; far from equality that is nothing.
"""


class Frechet(Metric):
    """Distance between the normal distributions nearest to generated and to real features."""

    title = "Fréchet distance"
    source = "Heusel et al. 2017, GANs trained by a two time-scale update rule, equation 6"
    better: ClassVar[Mapping[str, Better]] = {"frechet": "lower"}

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`frechet`, from 0 up, with a jackknife over groups of generated and of real samples.

        Raises:
            BadData: as for every metric, and where there are no more samples of a kind than
                features: their covariance is singular, and the distance mostly bias.
        """
        require(evidence, self.fewest)
        real, fake = evidence.real.features.double(), evidence.generated.features.double()
        for kind, features in {"generated": fake, "real": real}.items():
            count, width = features.shape
            if count <= width:
                raise BadData(
                    f"There are {count:,} {kind} samples; this number needs more than the "
                    f"{width:,} features that each has."
                )
        value = frechet_distance(real, fake)
        without_real = _left_out(real, _moments(fake), rng, "frechet.real")
        without_fake = _left_out(fake, _moments(real), rng, "frechet.generated")
        variance = left_out(without_real) + left_out(without_fake)
        bias = float(without_real.mean() + without_fake.mean() - 2 * value) * (GROUPS - 1)
        surplus = min(max(bias / value, 0.0), 1.0) / 2 if value else 0.0
        return {"frechet": normal(value, (variance * (1 - surplus)) ** 0.5, low=0.0)}


Moments = tuple[Float[Tensor, " d"], Float[Tensor, "d d"]]


def frechet_distance(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> float:
    """|mean difference|^2 + trace(C1 + C2 - 2 sqrt(C1 C2)), in float64.

    Heusel et al. 2017, "GANs trained by a two time-scale update rule", equation 6, on the features
    of whatever network made them. Between two draws of real data it is not 0: report that floor
    with every score, and the number of samples, on which both depend.
    """
    return float(_distance(_moments(real.double()), _moments(fake.double())))


def _moments(features: Float[Tensor, "n d"]) -> Moments:
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / (len(features) - 1)


def _distance(real: Moments, fake: Moments) -> Float[Tensor, ""]:
    """The distance from means and covariances.

    The trace of sqrt(C1 C2) is that of sqrt(sqrt(C1) C2 sqrt(C1)): a symmetric matrix, whose
    eigenvalues are real and at least 0 but for rounding.
    """
    (mean, covariance), (other_mean, other) = real, fake
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * values.clamp(min=0).sqrt()
    overlap = torch.linalg.eigvalsh(root.T @ other @ root).clamp(min=0).sqrt().sum()
    apart = (mean - other_mean).square().sum()
    return (apart + covariance.trace() + other.trace() - 2 * overlap).clamp(min=0)


def _left_out(
    ours: Float[Tensor, "n d"], theirs: Moments, rng: Streams, name: str
) -> Float[Tensor, " g"]:
    """The distance without each group of `ours`."""
    mixed = ours[rng.permutation(name, len(ours))].double()
    centre = mixed.mean(0)
    groups = (mixed - centre).tensor_split(GROUPS)
    sums = torch.stack([group.sum(0) for group in groups])
    squares = torch.stack([group.T @ group for group in groups])
    rounds: list[Tensor] = []
    for number, group in enumerate(groups):
        count = len(mixed) - len(group)
        mean = (sums.sum(0) - sums[number]) / count
        second = squares.sum(0) - squares[number]
        covariance = (second - count * mean[:, None] * mean[None, :]) / (count - 1)
        rounds.append(_distance(theirs, (centre + mean, covariance)))
    return torch.stack(rounds)
