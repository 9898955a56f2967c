"""How often a sample is of the class that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._classes import seen
from sparring.metrics._intervals import share
from sparring.metrics._require import require


@dataclass(frozen=True)
class Hits:
    """For each class of one label set, how many samples were asked for and how many are right."""

    asked: Int[Tensor, " k"]
    right: Int[Tensor, " k"]


class LabelAccuracy(Metric):
    """Share of generated samples in which the extractor sees the label that was asked for.

    Of several label sets all must be right; how each one fares is told besides.
    """

    title = "Label accuracy"
    source = "Shmelkov et al. 2018, How good is my GAN?, where it is GAN-test"
    better: ClassVar[Mapping[str, Better]] = {"label_accuracy": "real"}
    by_labels = True

    def applies(self, evidence: Evidence) -> bool:
        """Where labels were asked for that the extractor knows."""
        return bool(_known(evidence.generated))

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`label_accuracy` in [0, 1], with Wilson's interval over generated samples."""
        require(evidence, self.fewest)
        count, right = len(evidence.generated), right_by_set(evidence.generated)
        both = torch.stack(list(right.values())).all(0)
        figures = {"label_accuracy": share(float(both.double().mean()), count)}
        if len(right) > 1:
            figures |= {
                f"label_accuracy of {name}": share(float(each.double().mean()), count)
                for name, each in right.items()
            }
        return figures

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """The same for held-out real samples: the extractor knows the training part by heart.

        Of the label sets that were asked for, as all of several must be right.
        """
        stand_in = evidence.real.labelled_by(evidence.generated.labels)
        return self.measure(replace(evidence, generated=stand_in), rng)


def recognised(observed: Observed) -> Bool[Tensor, " n"]:
    """For each sample whether the extractor sees all its labels."""
    return torch.stack(list(right_by_set(observed).values())).all(0)


def right_by_set(observed: Observed) -> dict[str, Bool[Tensor, " n"]]:
    """For each label set and sample whether the extractor sees its label."""
    return {name: seen(observed, name).eq(observed.labels[name]) for name in _known(observed)}


def hits_by_class(observed: Observed) -> Mapping[str, Hits]:
    """How many samples of each class there are and are recognised, by label set, for reports."""
    found = {}
    for name in _known(observed):
        asked, number = observed.labels[name], observed.verdicts[name].shape[1]
        right = asked[seen(observed, name).eq(asked)]
        found[name] = Hits(
            torch.bincount(asked, minlength=number), torch.bincount(right, minlength=number)
        )
    return found


def _known(observed: Observed) -> list[str]:
    return [name for name in observed.labels if name in observed.verdicts]
