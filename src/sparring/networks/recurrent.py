"""The classic pair for texts: gated recurrence, from the first symbol to the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Condition, Spec
from sparring.networks._language import LanguageModel, TokenDiscriminator
from sparring.networks._layers import Heed, LabelCode, label_sets
from sparring.networks._symbols import FAINT, PLAIN, Dropped, Exit, Meaning, Symbols

Width = Annotated[int, Field(gt=0, description="features that are carried along")]


@dataclass
class _Reading:
    """Where a text stands: what is asked of it, and what is remembered of it."""

    condition: Condition
    count: int
    memory: Tensor | None = None


class RecurrentGenerator(LanguageModel):
    """One layer of gated recurrent units, with tied embeddings.

    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder"; embeddings as in
    Press and Wolf 2017. Symbols [b t], logits [b t v].

    Raises:
        ValueError: no rows of symbols.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 384,
        meaning: Meaning = 128,
        dropout: Dropped = 0.2,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        self.latent, self.symbols = spec.symbols_of("text", "recurrent")
        code = LabelCode(label_sets(spec, conditional))
        self.read = Symbols(self.symbols, spec.traits, meaning, code, FAINT)
        self.memory = nn.GRU(meaning, width, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.exit = Exit(width, self.read)

    def logits(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, "b t v"]:
        """What it thinks of every place when it has read the places before it."""
        features, _ = self.memory(self.drop(self.read.after(tokens, condition)))
        return self.exit(self.drop(features), self.read)

    def opened(self, count: int, condition: Condition) -> _Reading:
        """Nothing is remembered yet."""
        return _Reading(condition, count)

    def following(self, last: Tensor | None, state: _Reading) -> Float[Tensor, "b v"]:
        """Logits of the next symbol."""
        if last is None:
            entry = self.read.begin(state.count, state.condition)
        else:
            entry = self.read(last[:, None], state.condition)
        features, state.memory = self.memory(self.drop(entry), state.memory)
        return self.exit(self.drop(features[:, 0]), self.read)


class RecurrentDiscriminator(TokenDiscriminator):
    """Reads a text from its first symbol on, and judges each place by all up to it.

    The per-symbol discriminator of de Masson d'Autume et al. 2019, "Training language GANs from
    scratch" (ScratchGAN), section 3.1, with gated recurrent units.

    Raises:
        ValueError: no rows of symbols.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 192,
        meaning: Meaning = 64,
        dropout: Dropped = 0.2,
        conditional: Heed = True,
    ) -> None:
        places, symbols = spec.symbols_of("text", "recurrent")
        super().__init__(places)
        code = LabelCode(label_sets(spec, conditional))
        self.read = Symbols(symbols, spec.traits, meaning, code, PLAIN)
        self.memory = nn.GRU(meaning, width, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(dropout)
        self.end = nn.Linear(width, 1)

    def verdicts(self, samples: Tensor, condition: Condition) -> Float[Tensor, "b t"]:
        """One logit for each place."""
        features, _ = self.memory(self.drop(self.read(samples, condition)))
        return self.end(self.drop(self.norm(features))).squeeze(2)
