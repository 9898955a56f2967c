"""The training example that a sample is most like, so that one sees whether it is a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.evaluation.reference import Reference, reference
from sparring.extractors._choosing import looks_for, shipped_for
from sparring.extractors._trained import Trained
from sparring.metrics._neighbours import nearest
from sparring.studio.atlas import features

MOST = 10_000  # training examples that are looked through, so that one is found while one waits


@dataclass(frozen=True)
class Neighbour:
    """The nearest one.

    Attributes:
        sample: of the training part, as networks see it.
        distance: between the features of both.
        usual: median distance of training examples to their own nearest ones.
    """

    sample: Tensor
    distance: float
    usual: float


class Neighbours:
    """The training part of a model's data, ready to be searched.

    An extractor that comes with Sparring looks where one knows the data; elsewhere samples are
    compared value by value, and texts by the pairs of symbols in them.

    Args:
        data: the `[data]` table of what the model learned from.

    Raises:
        BadData: the data are not on this machine.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        real = reference(data)
        self.modality = real.modality
        self.of = len(real.train)
        self._look = _look(real)
        raw, _ = real.learned_from(min(MOST, real.most), 0)
        self._raw = raw
        self._seen = self._features(real.modality.to_samples(raw))
        some = self._seen[:: max(len(self._seen) // 200, 1)]
        others = torch.cdist(some, self._seen).topk(2, largest=False).values[:, 1]
        self._usual = float(others.median())

    def __len__(self) -> int:
        return len(self._raw)

    @property
    def by(self) -> str:
        """The extractor that looks; "" where samples are compared directly."""
        return self._look.name if self._look else ""

    def nearest(self, sample: Tensor) -> Neighbour:
        """The training example that is most like one sample."""
        distance, place = nearest(self._features(sample[None]), self._seen)
        row = self._raw[int(place[0])]
        found = self.modality.to_samples(row[None])[0]
        return Neighbour(found, float(distance[0]), self._usual)

    def _features(self, samples: Tensor) -> Float[Tensor, "n d"]:
        return self._look.look(samples)[0] if self._look else features(samples)


def _look(real: Reference) -> Trained | None:
    architecture = real.modality.looks[0]
    if shipped_for(real.table, architecture, real.spec) is None:
        return None
    cpu = torch.device("cpu")
    return looks_for(real.table, real.dataset, real.modality, device=cpu, count=1)[0]
