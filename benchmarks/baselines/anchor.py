"""The pair to beat: a plain residual pair with its blocks at a half and a quarter of the size.

About half a million weights a player, zero-initialised second convolutions, projection of the
labels, batch 64, float32, a learning rate of 1e-3 that falls after 30 % of the time. Used by
`anchor.toml` as `anchor:AnchorGenerator` and `anchor:AnchorDiscriminator`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator

GAIN = math.sqrt(2 / 1.04)


def convolution(inputs: int, outputs: int, *, gain: float, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution with normal weights."""
    layer = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
    nn.init.normal_(layer.weight, std=gain / math.sqrt(9 * inputs))
    nn.init.constant_(layer.bias, 0.0)  # pyrefly: ignore
    return layer


class Block(nn.Module):
    """x + conv(rectify(conv(rectify(x))))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width, gain=GAIN)
        self.second = convolution(width, width, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(F.leaky_relu(x, 0.2)), 0.2))


class AnchorGenerator(Generator):
    """7 x 7 to 14 x 14 to 28 x 28 by pixel shuffle, a block at each."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.latent = 64
        self.embed = nn.Embedding(len(spec.labels["digit"]), 64)
        self.start = nn.Linear(128, 64 * 49)
        self.small, self.middle = Block(64), convolution(16, 32, gain=GAIN)
        self.large, self.end = Block(32), convolution(32, 4, gain=1.0)

    def forward(self, latents: Tensor, condition: Condition) -> Tensor:
        entry = torch.cat([latents, self.embed(condition.labels["digit"])], dim=1)
        x = F.pixel_shuffle(self.small(self.start(entry).view(-1, 64, 7, 7)), 2)
        x = self.large(self.middle(F.leaky_relu(x, 0.2)))
        return F.pixel_shuffle(self.end(F.leaky_relu(x, 0.2)), 2)


class AnchorDiscriminator(Discriminator):
    """28 x 28 folded to 14 x 14, then 7 x 7, a block at each."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.first, self.large = convolution(4, 32, gain=1.0), Block(32)
        self.shrink, self.small = convolution(32, 64, gain=GAIN, stride=2), Block(64)
        self.gather, self.verdict = nn.Linear(64 * 49, 128), nn.Linear(128, 1)
        self.embed = nn.Embedding(len(spec.labels["digit"]), 128)
        nn.init.normal_(self.embed.weight, std=128**-0.5)

    def forward(self, samples: Tensor, condition: Condition) -> Tensor:
        x = self.large(self.first(F.pixel_unshuffle(samples, 2)))
        x = self.small(self.shrink(F.leaky_relu(x, 0.2)))
        features = F.leaky_relu(self.gather(F.leaky_relu(x, 0.2).flatten(1)), 0.2)
        match = (features * self.embed(condition.labels["digit"])).sum(1)
        return self.verdict(features).squeeze(1) + match
