"""Differentiable augmentation, which keeps a discriminator from learning a small set by heart.

What real and generated samples alike pass through before a discriminator sees them (Karras et
al. 2020, "Training GANs with limited data"; Zhao et al. 2020, "DiffAugment"). To add one write
`augment/<name>.py` with one final subclass of `Augment`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated

from pydantic import Field
from torch import Tensor

from sparring.core.rng import Streams

Start = Annotated[float, Field(ge=0, le=1, description="strength at first")]
"""Of the adaptive strength, in a recipe."""
Target = Annotated[float, Field(gt=-1, le=1, description="certainty to hold")]
"""Of the discriminator, in a recipe; 1 leaves the strength as it is."""


class Augment(ABC):
    """A random change of samples, applied with an adaptive strength.

    Args:
        start: strength at the start of the training, in [0, 1].
        target: the mean sign of verdicts on real samples above which the strength grows; 1 = never.
    """

    def __init__(self, start: float, target: float) -> None:
        self.start, self.target = start, target

    @abstractmethod
    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Tensor:
        """The samples, each part changed with probability `strength`; gradients pass through."""
