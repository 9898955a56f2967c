"""Layers and checks that several families of image networks share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, NamedTuple, TypeVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from sparring.core.spec import Condition, Spec

SLOPE = 0.2
"""Slope of every leaky rectifier below zero (Radford et al. 2016, section 3)."""

GAIN = math.sqrt(2.0 / (1.0 + SLOPE**2))
"""Keeps the variance of activations through such a rectifier (He et al. 2015, equation 14)."""

Latent = Annotated[int, Field(gt=0, description="numbers in one latent")]
"""Length of what a generator starts from."""

Embedding = Annotated[int, Field(gt=0, description="numbers that stand for labels")]
"""Length of what a network makes of the labels of one sample."""

Heed = Annotated[bool, Field(description="heed the labels of the data, where there are any")]
"""Whether a network is conditional."""


Layer = TypeVar("Layer", nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d)


class Sizes(NamedTuple):
    """The coarsest grid of an image network and how often it doubles up to the image."""

    channels: int
    base_height: int
    base_width: int
    doublings: int


def image_sizes(spec: Spec, family: str) -> Sizes:
    """The sizes of a network that doubles from a small grid to the image.

    It halves while both sides stay whole and at least 4: 28 comes from 7, powers of two from 4.

    Raises:
        ValueError: not a continuous image, or a side below 8 or no multiple of 4.
    """
    channels, height, width = spec.shape_as("image", "channels, height, width", family)
    if min(height, width) < 8 or height % 4 or width % 4:
        raise ValueError(
            f"{family} needs a height and a width that are multiples of 4 and at least 8, not "
            f"{height} x {width}; resize or pad the images"
        )
    doublings = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 8:
        height, width, doublings = height // 2, width // 2, doublings + 1
    return Sizes(channels, height, width, doublings)


class LabelCode(nn.Module):
    """The labels of a condition as one row of zeros and ones, one set after another.

    A bias-free linear layer on it is a sum of one embedding for each set, which is how any number
    of named label sets enters a network.

    Args:
        labels: the label sets of the Spec; empty gives rows of length 0.
    """

    def __init__(self, labels: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._counts = {name: len(classes) for name, classes in labels.items()}
        self.size = sum(self._counts.values())

    def forward(self, condition: Condition, like: Float[Tensor, "b ..."]) -> Float[Tensor, "b n"]:
        """The code in the precision and on the device of `like`.

        Raises:
            LookupError: the condition lacks one of the label sets.
        """
        if not self._counts:
            return like.new_empty((like.shape[0], 0))
        missing = self._counts.keys() - condition.labels.keys()
        if missing:
            raise LookupError(f"the condition lacks labels for: {', '.join(sorted(missing))}")
        codes = [F.one_hot(condition.labels[name], count) for name, count in self._counts.items()]
        return torch.cat(codes, dim=1).to(like.dtype)


def label_sets(spec: Spec, conditional: bool) -> Mapping[str, tuple[str, ...]]:
    """The label sets that a network heeds: all of the Spec, or none."""
    return spec.labels if conditional else {}


def label_layer(code: LabelCode, width: int) -> list[nn.Linear]:
    """The one layer that turns a code into `width` numbers; none where no labels are heeded."""
    return [nn.Linear(code.size, width, bias=False)] if code.size else []


def with_labels(
    latents: Float[Tensor, "b latent"], condition: Condition, code: LabelCode, embed: nn.ModuleList
) -> Float[Tensor, "b n"]:
    """Latents with the embedding of their labels beside them, where labels are heeded.

    Args:
        latents: one for each sample.
        condition: its labels.
        code: writes labels as zeros and ones.
        embed: what `label_layer` made for that code.
    """
    for layer in embed:
        latents = torch.cat([latents, layer(code(condition, latents))], dim=1)
    return latents


def drawn(*shape: int, spread: float, mean: float = 0.0) -> nn.Parameter:
    """A parameter of this shape that begins with normal draws."""
    # Filled in place, as a model that is read from a file does without these draws.
    return nn.Parameter(nn.init.normal_(torch.empty(shape), mean, spread))


def begun(layer: Layer, *, spread: float) -> Layer:
    """The layer with normal weights of standard deviation `spread` and no bias yet."""
    nn.init.normal_(layer.weight, 0.0, spread)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def scaled(layer: Layer, *, gain: float = 1.0) -> Layer:
    """The same with spread gain / sqrt(fan-in), which multiplies a signal's deviation by gain."""
    return begun(layer, spread=gain * layer.weight[0].numel() ** -0.5)


def rectified(x: Tensor) -> Tensor:
    """Leaky below zero."""
    return F.leaky_relu(x, SLOPE)


class Residual(nn.Module):
    """x + second(rectified(norm(first(rectified(norm(x)))))), with norms where they are given.

    Args:
        first: keeps the shape.
        second: keeps the shape; where its weights are zeros, the block begins as the identity.
        norms: before the first and before the second layer.
    """

    def __init__(
        self, first: nn.Module, second: nn.Module, norms: tuple[nn.Module, nn.Module] | None = None
    ) -> None:
        super().__init__()
        self.first_norm, self.second_norm = norms or (nn.Identity(), nn.Identity())
        self.first, self.second = first, second

    def forward(self, x: Float[Tensor, "b c ..."]) -> Float[Tensor, "b c ..."]:
        """As many features as there were."""
        hidden = self.first(rectified(self.first_norm(x)))
        return x + self.second(rectified(self.second_norm(hidden)))


class ProjectionHead(nn.Module):
    """Features to one logit: a linear verdict plus the match of features and labels.

    D(x, y) = w.f(x) + sum over label sets of v_y.f(x) (Miyato and Koyama 2018, "cGANs with
    projection discriminator", section 3).

    Args:
        width: how many features.
        labels: the label sets to heed.
        spectral: divide each weight by its largest singular value.
    """

    def __init__(
        self, width: int, labels: Mapping[str, tuple[str, ...]], *, spectral: bool
    ) -> None:
        super().__init__()
        self.code = LabelCode(labels)
        self.verdict = scaled(nn.Linear(width, 1))
        self.match = nn.ModuleList(
            begun(match, spread=width**-0.5) for match in label_layer(self.code, width)
        )
        if spectral:
            for layer in (self.verdict, *self.match):
                parametrizations.spectral_norm(layer)

    def forward(self, features: Float[Tensor, "b n"], condition: Condition) -> Float[Tensor, " b"]:
        """One logit a sample."""
        logits = self.verdict(features).squeeze(1)
        for match in self.match:
            logits = logits + (match(self.code(condition, features)) * features).sum(1)
        return logits
