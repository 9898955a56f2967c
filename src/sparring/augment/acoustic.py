"""Small changes that leave a sound what it is: when, how loud, with gaps and a little noise."""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from sparring.augment import Augment, Start, Target
from sparring.core.rng import Streams

_DRAWS = 12
"""Random numbers a sample: one coin for each of five changes, and seven amounts."""
DECIBELS = 50.0  # that a mel spectrogram's values of 1 are above those of 0
SILENCE = -1.0  # of a mel spectrogram


class Acoustic(Augment):
    """Random time shift, gain, gaps in time and in pitch, and noise.

    On waves [b t] and on mel spectrograms [b bins f] alike, but for gaps in pitch, which waves do
    not get. Gaps after Park et al. 2019, "SpecAugment"; all kept small enough for words. An amount
    of 0 switches a change off; gradients pass through all of them.

    Args:
        shift: largest shift to either side, as a share of the length; silence comes in.
        gain: largest change of level in decibels.
        gap: longest gap in time, as a share of the length.
        band: broadest gap in pitch, as a share of the bands.
        noise: largest standard deviation of normal noise, in units of sample values.
        start: strength at the start of the training.
        target: certainty of the discriminator above which the strength grows; 1 = never.
    """

    def __init__(
        self,
        *,
        shift: Annotated[float, Field(ge=0, le=0.5, description="share of the length")] = 0.06,
        gain: Annotated[float, Field(ge=0, le=30, description="decibels")] = 3.0,
        gap: Annotated[float, Field(ge=0, lt=1, description="share of the length")] = 0.1,
        band: Annotated[float, Field(ge=0, lt=1, description="share of the bands")] = 0.1,
        noise: Annotated[float, Field(ge=0, le=1, description="deviation of values")] = 0.02,
        start: Start = 0.0,
        target: Target = 0.6,
    ) -> None:
        super().__init__(start, target)
        self._shift, self._gain = shift, gain
        self._gap, self._band, self._noise = gap, band, noise

    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Tensor:
        """The sounds, each change made with probability `strength`; gradients pass through.

        Raises:
            ValueError: the samples are no sounds.
        """
        if strength == 0.0:
            return samples
        if samples.ndim not in (2, 3) or not samples.is_floating_point():
            raise ValueError(
                "acoustic augments waves (batch, t) and mel spectrograms (batch, bands, frames), "
                f"not samples of shape {tuple(samples.shape)}; leave [augment] out of the recipe"
            )
        # All are drawn whatever is switched on, so that one switch does not shift the others.
        draws = rng.uniform("augment", (samples.shape[0], _DRAWS)).to(
            samples.device, non_blocking=True
        )
        coins, amounts = (draws[:, :5] < strength).float(), draws[:, 5:]
        noise = rng.normal("augment", samples.shape).to(samples, non_blocking=True)
        # [b bands t], where a wave has one band; autocast must not round what is only copied.
        x = samples if samples.ndim == 3 else samples[:, None]
        rest = SILENCE if samples.ndim == 3 else 0.0
        if self._shift:
            x = _shifted(x, coins[:, 0] * (2 * amounts[:, 0] - 1) * self._shift, rest)
        if self._gain:
            x = _louder(x, coins[:, 1] * (2 * amounts[:, 1] - 1) * self._gain, rest)
        if self._gap:
            hole = _hole(x.shape[2], coins[:, 2] * amounts[:, 2] * self._gap, amounts[:, 3])
            x = torch.where(hole[:, None, :], rest, x)
        if self._band and samples.ndim == 3:
            hole = _hole(x.shape[1], coins[:, 3] * amounts[:, 4] * self._band, amounts[:, 5])
            x = torch.where(hole[:, :, None], rest, x)
        x = x.view_as(samples)
        if self._noise:
            spread = self._noise * coins[:, 4] * amounts[:, 6]
            x = x + noise * spread.view(-1, *(1 for _ in samples.shape[1:])).to(x.dtype)
        return x


def _shifted(
    x: Float[Tensor, "b c t"], shares: Float[Tensor, " b"], rest: float
) -> Float[Tensor, "b c t"]:
    length = x.shape[2]
    steps = (shares * length).round().long()
    places = torch.arange(length, device=x.device) + steps[:, None]
    inside = (places >= 0) & (places < length)
    index = places.clamp(0, length - 1)[:, None, :].expand_as(x)
    return torch.where(inside[:, None, :], x.gather(2, index), rest)


def _louder(
    x: Float[Tensor, "b c t"], decibels: Float[Tensor, " b"], rest: float
) -> Float[Tensor, "b c t"]:
    if rest == 0.0:
        return x * (10 ** (decibels / 20))[:, None, None].to(x.dtype)
    # Silence stays silence, however loud the rest becomes.
    louder = x + (decibels / DECIBELS)[:, None, None].to(x.dtype)
    return torch.where(x > rest, louder.clamp_min(rest), x)


def _hole(
    length: int, shares: Float[Tensor, " b"], places: Float[Tensor, " b"]
) -> Bool[Tensor, "b t"]:
    """Where a gap of so large a share lies that begins at a random place."""
    at = (torch.arange(length, device=shares.device) + 0.5) / length
    begin = places * (1 - shares)
    return (at >= begin[:, None]) & (at < (begin + shares)[:, None])
