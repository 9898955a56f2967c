"""The first look at images: plain convolutions at a half and a quarter of the size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads

PLACES = 3  # the last map is pooled to 3 x 3, so that features know roughly where things are
SHORTEST = 8  # sides, as of the networks that make images


class Plain(Extractor):
    """Two levels of two 3 x 3 convolutions with batch normalisation, and one dense layer.

    After Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image
    recognition", in small. Images [b c h w] in [-1, 1] with even sides; features [b 128].

    Args:
        spec: of the images.
        channels: of the first level; the second has twice as many.

    Raises:
        ValueError: no images, or sides that are odd or shorter than 8.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="of the first level")] = 48,
    ) -> None:
        super().__init__(spec)
        if len(spec.shape) != 3:
            raise ValueError(f"images (channels, height, width) are needed, not {spec.shape}")
        colours, height, breadth = spec.shape
        if height % 2 or breadth % 2 or min(height, breadth) < SHORTEST:
            raise ValueError(
                f"images of {height} x {breadth} need even sides of at least {SHORTEST}"
            )
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            *_level(4 * colours, channels),
            *_level(channels, channels),
            nn.MaxPool2d(2),
            *_level(channels, 2 * channels),
            *_level(2 * channels, 2 * channels),
            nn.AdaptiveMaxPool2d(PLACES),
            nn.Flatten(),
            nn.Linear(2 * channels * PLACES**2, self.width),
            nn.ReLU(),
        )
        self.heads = Heads(self.width, spec)

    def features(self, samples: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        return self.body(samples)

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)


def _level(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
