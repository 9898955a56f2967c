"""A little normal noise on every value, so that what is thin becomes broad."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor

from sparring.augment import Augment, Start, Target
from sparring.core.rng import Streams


class Jitter(Augment):
    """Normal noise, known as instance noise.

    Arjovsky and Bottou 2017, "Towards principled methods for training generative adversarial
    networks", section 3: real and generated samples that lie on thin sets are told apart without
    any doubt, and a discriminator without doubt has no slope; noise makes both sets broad.
    Continuous samples of any shape; gradients pass through.

    Args:
        deviation: of the noise, in units of sample values.
        start: strength at the start of the training.
        target: certainty of the discriminator above which the strength grows; 1 = never.
    """

    def __init__(
        self,
        *,
        deviation: Annotated[float, Field(gt=0, le=1, description="in units of values")] = 0.1,
        start: Start = 0.0,
        target: Target = 0.6,
    ) -> None:
        super().__init__(start, target)
        self._deviation = deviation

    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Tensor:
        """The samples, each of them moved with probability `strength`.

        Raises:
            ValueError: the samples are symbols.
        """
        if strength == 0.0:
            return samples
        if not samples.is_floating_point():
            raise ValueError(
                "jitter augments continuous values, not symbols of shape "
                f"{tuple(samples.shape)}; leave [augment] out of the recipe"
            )
        coins = rng.uniform("augment", (len(samples), *(1 for _ in samples.shape[1:])))
        noise = rng.normal("augment", samples.shape) * (coins < strength) * self._deviation
        return samples + noise.to(samples, non_blocking=True)
