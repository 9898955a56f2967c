"""Networks whose features a metric compares, each with its origin and hash."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sparring.core import files, weights

DIGITS = Path(__file__).with_name("digits.safetensors")
"""Weights of `DigitClassifier`: trained as benchmarks/extractor.py does on the 60,000 MNIST
training digits, 99.47 % right on the 10,000 test digits. Apache-2.0, like all of Sparring."""


class DigitClassifier(nn.Module):
    """A small convolutional classifier of 28 x 28 digits whose penultimate layer is the judge.

    Images [b 1 28 28] in [-1, 1]; features [b 128]; logits [b 10]. 140,000 weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2),
            *_level(4, 32),
            *_level(32, 32),
            nn.MaxPool2d(2),
            *_level(32, 64),
            *_level(64, 64),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(576, 128),
            nn.ReLU(),
        )
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(128, 10)

    def features(self, images: Float[Tensor, "b 1 28 28"]) -> Float[Tensor, "b 128"]:
        """The penultimate activations."""
        return self.body(images)

    def forward(self, images: Float[Tensor, "b 1 28 28"]) -> Float[Tensor, "b 10"]:
        """Class logits."""
        return self.head(self.drop(self.features(images)))


def digit_classifier() -> tuple[DigitClassifier, str]:
    """The trained classifier, ready to judge, and the SHA-256 of its weights file."""
    classifier = DigitClassifier()
    weights.fill(classifier, weights.read(DIGITS)[0], str(DIGITS))
    return classifier.eval().requires_grad_(False), files.sha256(DIGITS)


def _level(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


@torch.inference_mode()
def digit_features(
    classifier: DigitClassifier, images: Float[Tensor, "n 1 28 28"]
) -> tuple[Float[Tensor, "n 128"], Float[Tensor, "n 10"]]:
    """Features and logits of many images, in blocks."""
    features = torch.cat([classifier.features(block) for block in images.split(500)])
    return features, classifier.head(features)
