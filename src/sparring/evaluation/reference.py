"""The real data that everything is compared with: a held-out part and the training part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples
from sparring.generation.model_file import modality_of
from sparring.modalities import Modality

MOST_TRAIN = 60_000  # training samples that are looked at
MOST_BYTES = 2**30  # of them as networks see them


@dataclass(frozen=True)
class Reference:
    """A data set, ready to be drawn from.

    Attributes:
        table: the `[data]` table that it was made by.
        dataset: it.
        modality: how its samples are read and shown.
        held_out: real samples that nothing was trained on.
        train: the training part.
    """

    table: Mapping[str, Any]
    dataset: Dataset
    modality: Modality
    held_out: Samples
    train: Samples

    @property
    def spec(self) -> Spec:
        """What the samples look like."""
        return self.dataset.spec

    @property
    def facts(self) -> dict[str, Any]:
        """Name, hashes, sizes, licence and source."""
        return {
            "name": str(self.table["name"]),
            "train_sha256": self.train.hash(),
            "held_out_sha256": self.held_out.hash(),
            "train": len(self.train),
            "held_out": len(self.held_out),
            "licence": self.dataset.licence,
            "source": self.dataset.source,
        }

    def real(self, count: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """At most `count` held-out raw samples with their labels."""
        return _drawn(self.held_out, count, seed, "real")

    def learned_from(self, count: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """At most `count` raw training samples with their labels."""
        return _drawn(self.train, count, seed, "train")

    @property
    def most(self) -> int:
        """Training samples that are looked at: all, or as many as fit well in memory."""
        affordable = max(MOST_BYTES // (4 * math.prod(self.spec.shape)), 1)
        return min(MOST_TRAIN, affordable, len(self.train))


def reference(table: Mapping[str, Any]) -> Reference:
    """The data set that a `[data]` table describes.

    Raises:
        UserError: an unknown name or setting.
        BadData: the files are not on this machine or damaged, or nothing is held out.
    """
    dataset: Dataset = components.build(components.DATASET, table, where="data")
    name = table["name"]
    if not dataset.is_here:
        raise BadData(
            f"The data set {name} is not on this machine, and judging downloads nothing; run: "
            f"sparring data get {name}"
        )
    held_out, train = dataset.split("test"), dataset.split("train")
    if not len(held_out) or not len(train):
        raise BadData(f"{name} has no held-out samples to compare with.")
    return Reference(table, dataset, modality_of(dataset.spec), held_out, train)


def _drawn(samples: Samples, count: int, seed: int, name: str) -> tuple[Tensor, dict[str, Tensor]]:
    pick = np.arange(len(samples))
    if count < len(samples):
        pick = np.sort(Streams(seed).permutation(name, len(samples))[:count].numpy())
    values = torch.from_numpy(np.ascontiguousarray(samples.values[pick]))
    labels = {key: torch.from_numpy(index[pick]) for key, index in samples.labels.items()}
    return values, labels
