"""Whether generated samples fall into the classes as often as real ones do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._classes import seen, true_or_seen
from sparring.metrics._intervals import class_counts, resampled
from sparring.metrics._require import require

ROUNDS = 200  # of the bootstrap
UNSEEN = 0.5  # real samples added to each class, so that one without any is rare, not impossible


@dataclass(frozen=True)
class Shares:
    """How much of all samples falls into each class of one label set; each sums to 1."""

    generated: Float[Tensor, " k"]
    real: Float[Tensor, " k"]


class ClassBalance(Metric):
    """Divergence and total variation between the classes of generated and of real samples.

    Generated samples count as what the extractor sees in them; real ones as what they are, or as
    what it sees where they have no labels. Of several label sets the worst counts.
    """

    title = "Class balance"
    source = "Kullback and Leibler 1951, On information and sufficiency, of shares of classes"
    better: ClassVar[Mapping[str, Better]] = {"class_kl": "lower", "class_tv": "lower"}

    def applies(self, evidence: Evidence) -> bool:
        """Where the extractor knows classes."""
        return bool(evidence.generated.verdicts)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`class_kl` in nats and `class_tv` in [0, 1], with a bootstrap over both kinds."""
        require(evidence, self.fewest)
        divergences: list[Figure] = []
        variations: list[Figure] = []
        for name, logs in evidence.generated.verdicts.items():
            number = logs.shape[1]
            found, found_again = class_counts(
                seen(evidence.generated, name), number, rng, "balance.generated", ROUNDS
            )
            real, real_again = class_counts(
                true_or_seen(evidence.real, name), number, rng, "balance.real", ROUNDS
            )
            divergences.append(
                resampled(
                    float(divergence(found, real)), divergence(found_again, real_again), low=0.0
                )
            )
            variation = float(total_variation(found, real))
            again = total_variation(found_again, real_again)
            variations.append(resampled(variation, again, low=0.0, high=1.0))
        return {
            "class_kl": max(divergences, key=lambda figure: figure.value),
            "class_tv": max(variations, key=lambda figure: figure.value),
        }


def divergence(found: Float[Tensor, "*r k"], real: Float[Tensor, "*r k"]) -> Float[Tensor, "*r"]:
    """KL(found || real) in nats, from how many samples each class has.

    Half a sample is added to each real class, so that generated samples of a class that the real
    draw happens to lack give a large number and not an infinite one.
    """
    shares, expected = _normed(found), _normed(real + UNSEEN)
    return torch.xlogy(shares, shares / expected).sum(-1).clamp(min=0)


def total_variation(
    found: Float[Tensor, "*r k"], real: Float[Tensor, "*r k"]
) -> Float[Tensor, "*r"]:
    """Half the sum of the differences between shares: how much would have to change class."""
    return (_normed(found) - _normed(real)).abs().sum(-1) / 2


def class_shares(evidence: Evidence) -> Mapping[str, Shares]:
    """The share of each class among generated and real samples, by label set, for reports."""
    return {
        name: Shares(
            _normed(torch.bincount(seen(evidence.generated, name), minlength=logs.shape[1])),
            _normed(torch.bincount(true_or_seen(evidence.real, name), minlength=logs.shape[1])),
        )
        for name, logs in evidence.generated.verdicts.items()
    }


def _normed(counts: Tensor) -> Tensor:
    return counts.double() / counts.sum(-1, keepdim=True)
