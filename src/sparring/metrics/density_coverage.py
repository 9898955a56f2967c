"""How densely generated samples lie among real ones, and how many real ones have some near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import left_out, normal, share_among
from sparring.metrics._neighbours import counts_within, radii
from sparring.metrics._require import require

NEIGHBOUR = 5  # the ball around a real sample reaches to this one
GROUPS = 10  # of samples, for the interval


class DensityCoverage(Metric):
    """Both look only at balls around real samples, so that an outlier generated covers nothing."""

    title = "Density and coverage"
    source = (
        "Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models, "
        "section 3, k = 5"
    )
    better: ClassVar[Mapping[str, Better]] = {"density": "real", "coverage": "higher"}

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`density` from 0 up, 1 for equal distributions, and `coverage` in [0, 1]."""
        require(evidence, self.fewest)
        real, fake = evidence.real.features, evidence.generated.features
        real = real[rng.permutation("density.real", len(real))]
        fake = fake[rng.permutation("density.generated", len(fake))]
        reach = radii(real, NEIGHBOUR)
        return {"density": density(real, fake, reach), "coverage": coverage(real, fake, reach)}


def density(
    real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], reach: Float[Tensor, " n"]
) -> Figure:
    """In how many real balls a generated sample lies in the mean, divided by k.

    Naeem et al. 2020, section 3. Above 1 where generated samples crowd where real ones are dense.
    """
    counts = counts_within(fake, real, reach.expand(len(fake), -1), GROUPS)
    whole = counts.sum(1, keepdim=True)
    kept = 1 - 1 / GROUPS
    without = (whole - counts).double().mean(0) / NEIGHBOUR / kept
    each = whole.double() / NEIGHBOUR
    deviation = (float(each.var()) / len(fake) + left_out(without)) ** 0.5
    return normal(float(each.mean()), deviation, low=0.0)


def coverage(
    real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], reach: Float[Tensor, " n"]
) -> Figure:
    """Share of real samples in whose ball at least one generated sample lies.

    Naeem et al. 2020, section 3. Equal numbers of samples from equal distributions score about
    1 - 2^-k = 0.97, not 1.
    """
    within = reach[:, None].expand(-1, len(fake))
    return share_among(counts_within(real, fake, within, GROUPS))
