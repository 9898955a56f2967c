"""The second look at sounds, to confirm the first: spectrograms as pictures, in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads, Residual2d, mel_shape, shrink2d

PLACES = (4, 2)  # in pitch and in time that features tell apart


class Spectral(Extractor):
    """Three halvings by strided convolutions with a residual block each, means, a dense layer.

    After He et al. 2016, "Deep residual learning for image recognition", in small. It shares no
    layer, seed or pooling with `Temporal`, so that what both hear is not a habit of one of them.
    Mel spectrograms [b bins f] in [-1, 1]; features [b 128].

    Args:
        spec: of the sounds.
        channels: of the first level; the others have two and four times as many.

    Raises:
        ValueError: no mel spectrograms, or fewer than 16 bands or frames.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="of the first level")] = 16,
    ) -> None:
        super().__init__(spec)
        mel_shape(spec, least=16)
        self.body = nn.Sequential(
            nn.Unflatten(1, (1, -1)),
            *shrink2d(1, channels, 5),
            Residual2d(channels),
            *shrink2d(channels, 2 * channels, 3),
            Residual2d(2 * channels),
            *shrink2d(2 * channels, 4 * channels, 3),
            Residual2d(4 * channels),
            nn.AdaptiveAvgPool2d(PLACES),
            nn.Flatten(),
            nn.Linear(4 * channels * PLACES[0] * PLACES[1], self.width),
            nn.ReLU(),
        )
        self.heads = Heads(self.width, spec)

    def features(self, samples: Float[Tensor, "b bins f"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        return self.body(samples)

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
