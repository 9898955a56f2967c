"""The distance between two clouds of features under a kernel, without bias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import bounded
from sparring.metrics._require import require

BLOCK = 1000  # samples of each kind in a block, at most
FEWEST_BLOCKS = 10  # from which the interval comes; blocks are smaller where samples are few


class Kernel(Metric):
    """Squared maximum mean discrepancy under a cubic kernel, known as KID.

    It is given as it is; papers often give it times 1,000. It grows with the sixth power of the
    features' scale, so that it compares only between scores of one extractor. As it has no bias,
    equal distributions score 0 in the mean and thus below 0 half the time.
    """

    title = "Kernel distance"
    source = "Bińkowski et al. 2018, Demystifying MMD GANs, section 4"
    better: ClassVar[Mapping[str, Better]] = {"kernel": "lower"}

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`kernel`, the mean over disjoint blocks, with Student's interval of that mean."""
        require(evidence, self.fewest)
        distances = kernel_distances(evidence.real.features, evidence.generated.features, rng)
        value, count = float(distances.mean()), len(distances)
        reach = float(stats.t.ppf(0.975, count - 1) * distances.std() / count**0.5)
        return {"kernel": bounded(value, value - reach, value + reach)}


def kernel_distances(
    real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], rng: Streams
) -> Float[Tensor, " blocks"]:
    """`kernel_distance` of disjoint random blocks of up to 1,000 samples of each kind."""
    fewer = min(len(real), len(fake))
    size = min(BLOCK, fewer // FEWEST_BLOCKS)
    blocks = [
        features[rng.permutation(f"kernel.{name}", len(features))].split(size)
        for name, features in (("real", real), ("generated", fake))
    ]
    pairs = list(zip(*blocks, strict=False))[: fewer // size]
    return torch.stack([kernel_distance(ours, theirs) for ours, theirs in pairs])


def kernel_distance(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """The unbiased squared MMD under (x.y / d + 1)^3, in float64.

    Gretton et al. 2012, "A kernel two-sample test", lemma 6, with the kernel of Bińkowski et al.
    2018, "Demystifying MMD GANs", section 4: the mean over pairs of different samples within each
    kind, less twice the mean over pairs between kinds.
    """
    real, fake = real.double(), fake.double()
    between = _cubic(real, fake).mean()
    return _mean_of_pairs(_cubic(real, real)) + _mean_of_pairs(_cubic(fake, fake)) - 2 * between


def _cubic(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mean_of_pairs(table: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    count = len(table)
    return (table.sum() - table.trace()) / (count * (count - 1))
