"""Differentiable augmentation, which keeps a discriminator from learning a small set by heart.

What real and generated samples alike pass through before a discriminator sees them (Karras et
al. 2020, "Training GANs with limited data"; Zhao et al. 2020, "DiffAugment"). To add one write
`augment/<name>.py` with one final subclass of `Augment`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from sparring.core.rng import Streams


class Augment(ABC):
    """A random change of samples, applied with an adaptive strength."""

    @property
    @abstractmethod
    def start(self) -> float:
        """Strength at the start of the training, in [0, 1]."""

    @property
    @abstractmethod
    def target(self) -> float:
        """The mean sign of verdicts on real samples above which the strength grows; 1 = never."""

    @abstractmethod
    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Tensor:
        """The samples, each part changed with probability `strength`; gradients pass through."""
