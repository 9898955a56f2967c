"""Layers and checks that several families of image networks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from sparring.core.spec import Condition, Spec

SLOPE = 0.2
"""Slope of every leaky rectifier below zero (Radford et al. 2016, section 3)."""

Heed = Annotated[bool, Field(description="heed the labels of the data, where there are any")]
"""Whether a network is conditional."""


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
    if spec.modality != "image" or len(spec.shape) != 3 or spec.symbols is not None:
        raise ValueError(
            f"{family} makes images of shape (channels, height, width), not {spec.modality} of "
            f"shape {spec.shape}; choose a network that is made for {spec.modality}"
        )
    channels, height, width = spec.shape
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
        self.verdict = nn.Linear(width, 1)
        nn.init.normal_(self.verdict.weight, 0.0, width**-0.5)
        nn.init.zeros_(self.verdict.bias)
        self.match = nn.ModuleList()
        if self.code.size:
            match = nn.Linear(self.code.size, width, bias=False)
            nn.init.normal_(match.weight, 0.0, width**-0.5)
            self.match.append(match)
        if spectral:
            for layer in (self.verdict, *self.match):
                parametrizations.spectral_norm(layer)

    def forward(self, features: Float[Tensor, "b n"], condition: Condition) -> Float[Tensor, " b"]:
        """One logit a sample."""
        logits = self.verdict(features).squeeze(1)
        for match in self.match:
            logits = logits + (match(self.code(condition, features)) * features).sum(1)
        return logits
