"""The first look at sounds: convolutions over time, in which mel bands are channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads, mel_shape

PLACES = 5  # in time that features tell apart


class Temporal(Extractor):
    """Five one-dimensional convolutions with batch normalisation, and one dense layer.

    After Waibel et al. 1989, "Phoneme recognition using time-delay neural networks", in
    small. Mel spectrograms [b bins f] in [-1, 1]; features [b 128].

    Args:
        spec: of the sounds.
        channels: of every level.

    Raises:
        ValueError: no mel spectrograms, or fewer than 20 frames.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="of every level")] = 128,
    ) -> None:
        super().__init__(spec)
        bins, _ = mel_shape(spec, least=4 * PLACES)
        self.body = nn.Sequential(
            *_level(bins, channels),
            *_level(channels, channels, stride=2),
            *_level(channels, channels),
            *_level(channels, channels, stride=2),
            *_level(channels, channels),
            nn.AdaptiveMaxPool1d(PLACES),
            nn.Flatten(),
            nn.Linear(PLACES * channels, self.width),
            nn.ReLU(),
        )
        self.heads = Heads(self.width, spec)

    def features(self, samples: Float[Tensor, "b bins f"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        return self.body(samples)

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)


def _level(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv1d(inputs, outputs, 5, stride=stride, padding=2, bias=False)
    return [convolution, nn.BatchNorm1d(outputs), nn.ReLU()]
