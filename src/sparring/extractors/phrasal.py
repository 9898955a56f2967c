"""The first look at texts: convolutions of several widths, each at its loudest place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads, Lexicon

WIDTHS = (1, 2, 3, 5)  # symbols that a convolution sees at once


class Phrasal(Extractor):
    """Embeddings, convolutions over 1, 2, 3 and 5 symbols, their maxima, and one dense layer.

    After Kim 2014, "Convolutional neural networks for sentence classification". Texts are whole
    numbers [b t]; features [b 128].

    Args:
        spec: of the texts.
        channels: of each width.
        dimensions: of the embedding of a symbol.

    Raises:
        ValueError: no texts.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="of each width")] = 64,
        dimensions: Annotated[int, Field(gt=0, description="of a symbol's embedding")] = 48,
    ) -> None:
        super().__init__(spec)
        self.symbols = Lexicon(spec, dimensions)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(dimensions, channels, width, bias=False) for width in WIDTHS
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in WIDTHS)
        self.dense = nn.Sequential(nn.Linear(len(WIDTHS) * channels, self.width), nn.ReLU())
        self.heads = Heads(self.width, spec)

    def features(self, samples: Int[Tensor, "b t"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        symbols, inside = self.symbols(samples)
        found = []
        for width, convolution, norm in zip(WIDTHS, self.convolutions, self.norms, strict=True):
            padded = F.pad(symbols.transpose(1, 2), (width // 2, (width - 1) // 2))
            heard = F.relu(norm(convolution(padded)))
            found.append((heard * inside[:, None]).amax(2))
        return self.dense(torch.cat(found, 1))

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
