"""Batches of real samples: one gather from one array, in an order that needs no memory."""

from __future__ import annotations

import numpy as np
import torch

from sparring.core.rng import seed_for
from sparring.core.spec import Batch, Condition
from sparring.data import Samples
from sparring.generation.asking import conditions
from sparring.modalities import Modality


class Feed:
    """Shuffled passes over the data; the batch at a point of the run depends on that point alone.

    Every pass is a permutation drawn from the seed and the pass's number, so that resuming needs
    nothing but the count of samples shown.

    Args:
        samples: the data, one contiguous array (memory-mapped where large).
        modality: turns raw values into what networks see, on the device.
        seed: the run's seed.
        batch: real samples a step over all processes.
        rank: this process's place among `world`.
        world: processes that share each batch.
        device: where batches go.
    """

    def __init__(
        self,
        samples: Samples,
        modality: Modality,
        *,
        seed: int,
        batch: int,
        rank: int,
        world: int,
        device: torch.device,
    ) -> None:
        self.samples = samples
        self.modality = modality
        self.seed = seed
        self.size = batch
        self.rank = rank
        self.world = world
        self.device = device
        self._pass = -1
        self._order = np.empty(0, dtype=np.int64)

    def batch(self, shown: int) -> Batch:
        """This process's share of the batch that follows after `shown` samples."""
        whole = self._indices(shown)
        share = self.size // self.world
        return self._of(whole[self.rank * share : (self.rank + 1) * share])

    def asked(self, count: int) -> Condition:
        """What a preview of so many samples asks for.

        The labels in turn; where samples are made from something, the first of the data's.
        """
        spec = self.modality.spec
        if not spec.given:
            return conditions(spec, range(count), {}).to(self.device)
        return self._of(np.arange(count) % len(self.samples)).condition

    def _of(self, index: np.ndarray) -> Batch:
        raw = torch.from_numpy(self.samples.values[index]).to(self.device, non_blocking=True)
        labels = {
            name: torch.from_numpy(values[index]) for name, values in self.samples.labels.items()
        }
        real = self.modality.to_samples(raw)
        given = self.modality.given(real) if self.modality.spec.given else None
        return Batch(real, Condition(labels, given=given).to(self.device))

    def _indices(self, shown: int) -> np.ndarray:
        count, needed = len(self.samples), self.size
        pieces: list[np.ndarray] = []
        while needed:
            number, start = divmod(shown, count)
            taken = self._permutation(number)[start : start + needed]
            pieces.append(taken)
            shown, needed = shown + len(taken), needed - len(taken)
        return np.concatenate(pieces)

    def _permutation(self, number: int) -> np.ndarray:
        if number != self._pass:
            stream = torch.Generator().manual_seed(seed_for(self.seed, f"data {number}"))
            self._order = torch.randperm(len(self.samples), generator=stream).numpy()
            self._pass = number
        return self._order
