"""Symbols of a text that are blotted out, so that what is known by heart does not help."""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Int
from pydantic import Field
from torch import Tensor

from sparring.augment import Augment, Start, Target
from sparring.core.rng import Streams
from sparring.modalities._tokens import END, PAD, UNKNOWN


class Blanking(Augment):
    """Random symbols of a text become the unknown symbol.

    After Devlin et al. 2019, "BERT: pre-training of deep bidirectional transformers for language
    understanding", section 3.1, and Xie et al. 2017, "Data noising as smoothing in neural network
    language models" ("blank noising"). Ends and padding stay. Whole numbers [b t]; symbols have no
    gradients.

    Args:
        share: of the symbols of a text, rounded up.
        start: strength at the start of the training.
        target: certainty of the discriminator above which the strength grows; 1 = never.
    """

    def __init__(
        self,
        *,
        share: Annotated[float, Field(ge=0, le=1, description="of the symbols of a text")] = 0.15,
        start: Start = 0.0,
        target: Target = 0.6,
    ) -> None:
        super().__init__(start, target)
        self._share = share

    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Int[Tensor, "b t"]:
        """The texts, each of them blotted with probability `strength`.

        Raises:
            ValueError: the samples are no rows of symbols.
        """
        if strength == 0.0:
            return samples
        if samples.ndim != 2 or samples.is_floating_point():
            raise ValueError(
                "blanking augments texts, which are whole numbers (batch, t), not samples of shape "
                f"{tuple(samples.shape)} and type {samples.dtype}; leave [augment] out of the "
                "recipe"
            )
        count, length = samples.shape
        draws = rng.uniform("augment", (count, 1 + length)).to(samples.device, non_blocking=True)
        inside = (samples != PAD) & (samples != END)
        # Each place's rank among those of its text; all others come after them.
        places = draws[:, 1:].masked_fill(~inside, torch.inf).argsort(1).argsort(1)
        most = (self._share * inside.sum(1, keepdim=True)).ceil()
        blotted = inside & (places < most) & (draws[:, :1] < strength)
        return torch.where(blotted, UNKNOWN, samples)
