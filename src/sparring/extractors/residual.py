"""The second look at images, to confirm the first: residual blocks, pooled over all places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads, Residual2d, shrink2d

SHORTEST = 8  # sides, as of the networks that make images


class Residual(Extractor):
    """A 5 x 5 stem with stride 2, three residual blocks, the mean over all places, a dense layer.

    After He et al. 2016, "Deep residual learning for image recognition", in small. It shares no
    layer, seed or pooling with `Plain`, so that what both see is not a habit of one of them.
    Images [b c h w] in [-1, 1]; features [b 128].

    Args:
        spec: of the images.
        channels: of the first level; the second has twice as many.

    Raises:
        ValueError: no images, or sides shorter than 8.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="of the first level")] = 32,
    ) -> None:
        super().__init__(spec)
        if len(spec.shape) != 3:
            raise ValueError(f"images (channels, height, width) are needed, not {spec.shape}")
        colours, height, breadth = spec.shape
        if min(height, breadth) < SHORTEST:
            raise ValueError(f"images of {height} x {breadth} need sides of at least {SHORTEST}")
        self.body = nn.Sequential(
            *shrink2d(colours, channels, 5),
            Residual2d(channels),
            *shrink2d(channels, 2 * channels, 3),
            Residual2d(2 * channels),
            Residual2d(2 * channels),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(2 * channels, self.width),
            nn.ReLU(),
        )
        self.heads = Heads(self.width, spec)

    def features(self, samples: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        return self.body(samples)

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
