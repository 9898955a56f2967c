"""How surely, and into how many classes, a classifier sorts what is generated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import resampled
from sparring.metrics._require import require

ROUNDS = 200  # of the bootstrap


class InceptionScore(Metric):
    """exp E KL(p(y|x) || p(y)) of the extractor's verdicts: 1 to the number of classes.

    It is high where every sample is surely of one class and all classes are there. Of several
    label sets the scores are multiplied, so that ten digits by six speakers give 60 at most.
    Samples that are too typical score above real ones and are no better: they leave out what is
    hard to tell. So best is what real samples score, and not the most that there is.
    """

    title = "Inception-style score"
    source = (
        "Salimans et al. 2016, Improved techniques for training GANs, section 4, with a classifier "
        "of these data in the place of Inception"
    )
    better: ClassVar[Mapping[str, Better]] = {"inception_score": "real"}

    def applies(self, evidence: Evidence) -> bool:
        """Where the extractor knows classes."""
        return bool(evidence.generated.verdicts)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`inception_score`, at least 1, with a bootstrap over generated samples."""
        require(evidence, self.fewest)
        count = len(evidence.generated)
        drawn = torch.randint(count, (ROUNDS, count), generator=rng.stream("inception"))
        times = torch.zeros(ROUNDS, count, dtype=torch.float64)
        times.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))
        information, again = 0.0, torch.zeros(ROUNDS, dtype=torch.float64)
        most = 1
        for logs in evidence.generated.verdicts.values():
            chances = logs.double().exp()
            information += float(information_in(chances, chances.new_ones(1, count)))
            again += information_in(chances, times)
            most *= logs.shape[1]
        score = torch.tensor(information, dtype=torch.float64).exp()
        figure = resampled(float(score), again.exp(), low=1.0, high=float(most))
        return {"inception_score": figure}

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """The same for held-out real samples: the extractor knows the training part by heart."""
        return self.measure(replace(evidence, generated=evidence.real), rng)


def information_in(
    chances: Float[Tensor, "n k"], times: Float[Tensor, "r n"]
) -> Float[Tensor, " r"]:
    """E KL(p(y|x) || p(y)) in nats, where every sample counts as often as `times` says.

    It is the entropy of the mean verdict without the mean entropy of the verdicts, so that each
    round is a product of matrices.
    """
    shares = times / times.sum(1, keepdim=True)
    mean = shares @ chances
    whole = -torch.xlogy(mean, mean).sum(1)
    left = shares @ -torch.xlogy(chances, chances).sum(1)
    return (whole - left).clamp(min=0)
