"""What networks that read and write symbols share: their embedding, which is also their exit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition
from sparring.networks._language import HOLE
from sparring.networks._layers import LabelCode, begun, drawn, label_layer

Meaning = Annotated[int, Field(gt=0, multiple_of=2, description="numbers that stand for a symbol")]
"""Length of an embedding of symbols."""
Dropped = Annotated[float, Field(ge=0, lt=1, description="share of features left out in training")]
"""Srivastava et al. 2014, "Dropout"."""

FAINT = 0.02  # spread of embeddings at the start, where they are the exit too
PLAIN = 0.3  # and where they are only read, and of traits: fainter ones take long to be told apart
EXTRA = 2  # beyond the vocabulary: the beginning, and a hole


class Symbols(nn.Module):
    """One row of numbers for every symbol, the beginning and a hole; logits by the same rows.

    Tied as in Press and Wolf 2017, "Using the output embedding to improve language models". To the
    row of a symbol come those of its traits, which it shares with all others that have them (Bilmes
    and Kirchhoff 2003, "Factored language models"): what one symbol teaches of a rhyme, all know.

    Args:
        symbols: size of the vocabulary.
        traits: of every symbol, as in the Spec.
        meaning: length of a row.
        labels: the labels of each sample, whose own rows are added.
        spread: of the rows at the start.
    """

    def __init__(
        self,
        symbols: int,
        traits: Sequence[int],
        meaning: int,
        labels: LabelCode,
        spread: float,
    ) -> None:
        super().__init__()
        self.symbols = symbols
        self.rows = drawn(symbols + EXTRA, meaning, spread=spread)
        has = _table(traits, symbols + EXTRA)
        self.register_buffer("has", has, persistent=False)
        self.shared = drawn(has.shape[1], meaning, spread=PLAIN) if traits else None
        self.code = labels
        self.named = nn.ModuleList(begun(e, spread=spread) for e in label_layer(labels, meaning))

    @property
    def table(self) -> Float[Tensor, "v c"]:
        """What every symbol is read by: its own row and those of its traits."""
        return self.rows if self.shared is None else torch.addmm(self.rows, self.has, self.shared)

    def forward(self, samples: Tensor, condition: Condition) -> Float[Tensor, "b t c"]:
        """Rows of symbols [b t] with holes as `HOLE`, or of weights of all symbols [b t v]."""
        if samples.is_floating_point():
            read = samples @ self.table[: self.symbols]
        else:
            read = F.embedding(self._with_holes(samples), self.table)
        for embed in self.named:
            read = read + embed(self.code(condition, read))[:, None]
        return read

    def known(self, samples: Tensor) -> Float[Tensor, "b t k"]:
        """1 where a symbol [b t] has a trait, or the share that has it of weights [b t v].

        Of holes nothing is known.
        """
        if samples.is_floating_point():
            return samples @ self.has[: self.symbols]
        return F.embedding(self._with_holes(samples), self.has)

    def marked(self, weights: Float[Tensor, "t i"], samples: Tensor) -> Float[Tensor, "b t v"]:
        """For every t the sum of the weights of each symbol, by where it stands among `samples`."""
        if samples.is_floating_point():
            return torch.einsum("ti,biv->btv", weights, samples)
        index = self._with_holes(samples)[:, None].expand(-1, weights.shape[0], -1)
        sums = weights.new_zeros(samples.shape[0], weights.shape[0], self.symbols + EXTRA)
        return sums.scatter_add(2, index, weights.expand(index.shape))[..., : self.symbols]

    def _with_holes(self, samples: Int[Tensor, "b t"]) -> Int[Tensor, "b t"]:
        """Their numbers among the rows."""
        return torch.where(samples == HOLE, torch.full_like(samples, self.symbols + 1), samples)

    def begin(self, count: int, condition: Condition) -> Float[Tensor, "b 1 c"]:
        """The row that stands before every text."""
        first = torch.full((count, 1), self.symbols, device=self.rows.device)
        return self(first, condition)

    def after(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, "b t c"]:
        """What is read before each place: the beginning, and all symbols but the last."""
        first = torch.full_like(tokens[:, :1], self.symbols)
        return self(torch.cat([first, tokens[:, :-1]], 1), condition)


class Exit(nn.Module):
    """Features to logits of symbols, by the rows that symbols are read by.

    Args:
        width: of features.
        symbols: whose rows.
    """

    def __init__(self, width: int, symbols: Symbols) -> None:
        super().__init__()
        self.turn = nn.Linear(width, symbols.rows.shape[1])
        self.bias = nn.Parameter(torch.zeros(symbols.symbols))

    def forward(self, features: Float[Tensor, "*b c"], symbols: Symbols) -> Float[Tensor, "*b v"]:
        """Logits over the vocabulary."""
        return F.linear(self.turn(features), symbols.table[: symbols.symbols], self.bias)


def _table(traits: Sequence[int], symbols: int) -> Float[Tensor, "v k"]:
    """1 where a symbol has a trait."""
    bits = np.array([*traits, *[0] * (symbols - len(traits))], np.int64)
    each = np.arange(max(traits, default=0).bit_length())
    return torch.from_numpy((bits[:, None] >> each & 1).astype(np.float32))
