"""The first look at points: which places of a grid they are near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads

SIDE = 12  # places along each side of the square
REACH = 2.0 / SIDE  # the deviation of a bump, about the distance to its neighbours


class Radial(Extractor):
    """Normal bumps on a grid over the square, and one dense layer.

    Moody and Darken 1989, "Fast learning in networks of locally-tuned processing units". Points
    [b 2] in [-1, 1]; features [b 64].

    Args:
        spec: of the points.
        units: features of a point.

    Raises:
        ValueError: no points.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        units: Annotated[int, Field(gt=0, description="features of a point")] = 64,
    ) -> None:
        super().__init__(spec)
        spec.shape_as("points", "coordinates", "this extractor")
        self.width = units
        line = torch.linspace(-1, 1, SIDE)
        self.register_buffer("places", torch.cartesian_prod(line, line))
        self.body = nn.Sequential(nn.Linear(SIDE**2, units), nn.ReLU())
        self.heads = Heads(units, spec)

    def features(self, samples: Float[Tensor, "b 2"]) -> Float[Tensor, "b d"]:
        """The dense layer's activations, at least 0."""
        distance = torch.cdist(samples.float(), self.get_buffer("places"))
        return self.body(torch.exp(-0.5 * (distance / REACH) ** 2))

    def verdicts(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
