"""Small changes that leave an image what it is: shifts, turns, sizes, light, and holes."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from sparring.augment import Augment, Start, Target
from sparring.augment._warp import warp
from sparring.core.rng import Streams

_DRAWS = 16
"""Random numbers a sample: one coin for each of seven changes, and nine amounts."""


class Gentle(Augment):
    """Random shifts, rotation, scale, brightness, contrast, cutout and mirroring of images.

    A subset of Karras et al. 2020, "Training generative adversarial networks with limited data",
    appendix B, and of Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN
    training", kept small enough for digits and signs, which a mirror or a quarter turn would
    change into others. Any number of channels. An amount of 0 switches a change off.

    Args:
        shift: largest shift, as a share of the side.
        rotate: largest turn in degrees.
        scale: largest change of size, as a share.
        brightness: largest offset of values, which lie in [-1, 1].
        contrast: largest change of contrast, as a share.
        cutout: side of the square hole, as a share of the image's side.
        mirror: flip left and right; leave it off for digits and letters.
        start: strength at the start of the training.
        target: certainty of the discriminator above which the strength grows; 1 = never.
    """

    def __init__(
        self,
        *,
        shift: Annotated[float, Field(ge=0, le=0.5, description="share of the side")] = 0.125,
        rotate: Annotated[float, Field(ge=0, le=180, description="degrees")] = 10.0,
        scale: Annotated[float, Field(ge=0, le=0.5, description="share of the size")] = 0.1,
        brightness: Annotated[float, Field(ge=0, le=1, description="offset of values")] = 0.2,
        contrast: Annotated[float, Field(ge=0, lt=1, description="share of the contrast")] = 0.2,
        cutout: Annotated[float, Field(ge=0, lt=1, description="share of the side")] = 0.25,
        mirror: Annotated[bool, Field(description="flip left and right")] = False,
        start: Start = 0.0,
        target: Target = 0.6,
    ) -> None:
        super().__init__(start, target)
        self._shift, self._scale = shift, scale
        self._rotate = math.radians(rotate)
        self._brightness, self._contrast = brightness, contrast
        self._cutout, self._mirror = cutout, mirror

    def __call__(self, samples: Tensor, strength: float, rng: Streams) -> Tensor:
        """The images, each change made with probability `strength`; gradients pass through.

        Raises:
            ValueError: the samples are no images.
        """
        if strength == 0.0:
            return samples
        if samples.ndim != 4:
            raise ValueError(
                f"gentle augments images of shape (batch, channels, height, width), not samples "
                f"of shape {tuple(samples.shape)}; leave [augment] out of the recipe"
            )
        # All are drawn whatever is switched on, so that one switch does not shift the others.
        draws = rng.uniform("augment", (samples.shape[0], _DRAWS))
        coins, amounts = (draws[:, :7] < strength).float(), 2.0 * draws[:, 7:] - 1.0
        if self._shift or self._rotate or self._scale or self._mirror:
            matrices = self._matrices(coins, amounts, samples.shape[2] / samples.shape[3])
            samples = warp(samples, matrices.to(samples.device, non_blocking=True))
        if self._brightness or self._contrast:
            samples = self._relit(samples, (coins[:, 3:5] * amounts[:, 4:6]).to(samples.device))
        if self._cutout:
            samples = samples * self._mask(samples, coins[:, 5], amounts[:, 6:8])
        return samples

    def _matrices(
        self, coins: Float[Tensor, "b 7"], amounts: Float[Tensor, "b 9"], aspect: float
    ) -> Float[Tensor, "b 2 3"]:
        shift = 2.0 * self._shift * coins[:, 0:1] * amounts[:, 0:2]
        angle = self._rotate * coins[:, 1] * amounts[:, 2]
        size = (1.0 + self._scale) ** (coins[:, 2] * amounts[:, 3])
        mirror = 1.0 - 2.0 * (coins[:, 6] * (amounts[:, 8] < 0) if self._mirror else 0.0 * angle)
        cosine, sine = angle.cos() * size, angle.sin() * size
        # Coordinates go from -1 to 1 along either side, so a turn of a wide image is stretched.
        across = [mirror * cosine, -aspect * sine, shift[:, 0]]
        down = [mirror * sine / aspect, cosine, shift[:, 1]]
        return torch.stack(across + down, dim=1).unflatten(1, (2, 3))

    def _relit(
        self, samples: Float[Tensor, "b c h w"], amounts: Float[Tensor, "b 2"]
    ) -> Float[Tensor, "b c h w"]:
        offset, contrast = amounts[:, :, None, None, None].unbind(1)
        mean = samples.mean((1, 2, 3), keepdim=True)
        factor = 1.0 + self._contrast * contrast
        return samples * factor + (mean * (1.0 - factor) + self._brightness * offset)

    def _mask(
        self,
        samples: Float[Tensor, "b c h w"],
        coins: Float[Tensor, " b"],
        centres: Float[Tensor, "b 2"],
    ) -> Float[Tensor, "b 1 h w"]:
        lines = []
        for axis, side in enumerate(samples.shape[2:]):
            places = (torch.arange(side) + 0.5) * (2.0 / side) - 1.0
            lines.append((places - centres[:, axis : axis + 1]).abs() < self._cutout)
        hole = lines[0][:, None, :, None] & lines[1][:, None, None, :]
        mask = 1.0 - coins[:, None, None, None] * hole
        return mask.to(samples.device, samples.dtype, non_blocking=True)
