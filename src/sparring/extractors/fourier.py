"""The second look at points: by waves that run over the plane."""

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

WAVES = 64  # that run over the plane, in random directions
FINEST = 6.0  # radians over a distance of 1, the deviation of their speed


class Fourier(Extractor):
    """Sines and cosines of random waves, and two dense layers.

    Rahimi and Recht 2007, "Random features for large-scale kernel machines", as the entry of a
    network (Tancik et al. 2020). Points [b 2] in [-1, 1]; features [b 64].

    Args:
        spec: of the points.
        units: of both layers; features of a point.

    Raises:
        ValueError: no points.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        units: Annotated[int, Field(gt=0, description="of both layers")] = 64,
    ) -> None:
        super().__init__(spec)
        spec.shape_as("points", "coordinates", "this extractor")
        self.width = units
        self.register_buffer("speeds", torch.randn(2, WAVES) * FINEST)
        self.body = nn.Sequential(
            nn.Linear(2 * WAVES, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU()
        )
        self.heads = Heads(units, spec)

    def features(self, samples: Float[Tensor, "b 2"]) -> Float[Tensor, "b d"]:
        """The second layer's activations, at least 0."""
        phases = samples.float() @ self.get_buffer("speeds")
        return self.body(torch.cat([phases.sin(), phases.cos()], dim=1))

    def verdicts(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
