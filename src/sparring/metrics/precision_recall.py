"""How much of what is generated looks real, and how much of what is real could be generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import share_among
from sparring.metrics._neighbours import counts_within, radii
from sparring.metrics._require import require

NEIGHBOUR = 3  # the ball around a sample reaches to this one
GROUPS = 10  # of balls, for the interval


class PrecisionRecall(Metric):
    """Shares of generated samples within the reach of real ones, and of real within generated."""

    title = "Precision and recall"
    source = (
        "Kynkäänniemi et al. 2019, Improved precision and recall metric for assessing generative "
        "models, equations 1 and 2, k = 3"
    )
    better: ClassVar[Mapping[str, Better]] = {"precision": "real", "recall": "real"}

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`precision` and `recall` in [0, 1]."""
        require(evidence, self.fewest)
        real, fake = evidence.real.features, evidence.generated.features
        real = real[rng.permutation("precision.real", len(real))]
        fake = fake[rng.permutation("precision.generated", len(fake))]
        return {"precision": share_within(fake, real), "recall": share_within(real, fake)}


def share_within(points: Float[Tensor, "n d"], centres: Float[Tensor, "m d"]) -> Figure:
    """Share of `points` in the ball of at least one of `centres`, which reaches to its third next.

    Kynkäänniemi et al. 2019, equation 1. The interval takes groups of `centres` as they come, so
    that these must be in random order.
    """
    reach = radii(centres, NEIGHBOUR).expand(len(points), -1)
    return share_among(counts_within(points, centres, reach, GROUPS))
