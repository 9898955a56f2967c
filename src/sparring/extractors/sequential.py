"""The second look at texts, to confirm the first: read from both ends, symbol by symbol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._heads import Heads, Lexicon


class Sequential(Extractor):
    """Embeddings, a bidirectional GRU, means and maxima of its states, and one dense layer.

    After Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation", and Conneau et al. 2017, "Supervised learning of universal
    sentence representations". It shares no layer, seed or pooling with `Phrasal`, so that what both
    see is not a habit of one of them. Texts are whole numbers [b t]; features [b 128].

    Args:
        spec: of the texts.
        channels: of the states in each direction.
        dimensions: of the embedding of a symbol.

    Raises:
        ValueError: no texts.
    """

    width = 128

    def __init__(
        self,
        spec: Spec,
        *,
        channels: Annotated[int, Field(gt=0, description="in each direction")] = 96,
        dimensions: Annotated[int, Field(gt=0, description="of a symbol's embedding")] = 48,
    ) -> None:
        super().__init__(spec)
        self.symbols = Lexicon(spec, dimensions)
        self.reader = nn.GRU(dimensions, channels, batch_first=True, bidirectional=True)
        self.dense = nn.Sequential(nn.Linear(4 * channels, self.width), nn.ReLU())
        self.heads = Heads(self.width, spec)

    def features(self, samples: Int[Tensor, "b t"]) -> Float[Tensor, "b 128"]:
        """The dense layer's activations, at least 0."""
        symbols, inside = self.symbols(samples)
        states, _ = self.reader(symbols)
        weights = inside[:, :, None]
        mean = (states * weights).sum(1) / weights.sum(1).clamp_min(1)
        # States lie in [-1, 1], so that nothing in a text is lower than what is left out of it.
        most = (states - 2 * (1 - weights)).amax(1).clamp_min(-1)
        return self.dense(torch.cat([mean, most], 1))

    def verdicts(self, features: Float[Tensor, "b 128"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.heads(features)
