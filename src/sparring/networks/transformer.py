"""The pair for texts that looks everywhere: back at what is written, and at a text as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition, Spec
from sparring.networks._echo import Echo
from sparring.networks._language import LanguageModel, TokenDiscriminator
from sparring.networks._layers import Heed, LabelCode, drawn, label_sets
from sparring.networks._symbols import FAINT, PLAIN, Dropped, Exit, Meaning, Symbols

WAVES = 10_000.0  # longest of the rotary embeddings, in places
WIDER = 4  # times the width inside a block's second half

Width = Annotated[int, Field(gt=0, description="features of every place")]
Depth = Annotated[int, Field(ge=1, le=48, description="blocks")]
Heads = Annotated[int, Field(ge=1, description="looks of each block; the width's divisor")]
Placed = Annotated[
    bool,
    Field(
        description="texts have places, as verse does; where traits are known, one takes "
        "after another"
    ),
]

Pair = tuple[Tensor, Tensor]
"""Keys and values [b heads t c] of one block."""


@dataclass
class _Reading:
    """Where a text stands: what is asked of it, and every block's keys and values so far."""

    condition: Condition
    count: int
    place: int = 0
    seen: list[Pair | None] = field(default_factory=list)
    written: list[Tensor] = field(default_factory=list)


class TransformerGenerator(LanguageModel):
    """Causal self-attention with rotary positions, which also sees a damaged text as a whole.

    Vaswani et al. 2017, "Attention is all you need", with norms before each half of a block and
    positions as in Su et al. 2021, "RoFormer"; embeddings tied as in Press and Wolf 2017. What
    `condition.given` shows of a text is read first, in both directions, by the same blocks
    (a prefix, as in Raffel et al. 2020, section 3.2.1). Symbols [b t], logits [b t v].

    Raises:
        ValueError: no rows of symbols, or a width that heads do not divide evenly.
    """

    heeds_given = True

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 192,
        depth: Depth = 3,
        heads: Heads = 4,
        meaning: Meaning = 128,
        dropout: Dropped = 0.1,
        placed: Placed = False,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        self.latent, self.symbols = spec.symbols_of("text", "transformer")
        _require_heads(width, heads)
        code = LabelCode(label_sets(spec, conditional))
        self.read = Symbols(self.symbols, spec.traits, meaning, code, FAINT)
        self.start = _Start(meaning, width, self.latent if placed else 0)
        self.part = nn.Parameter(torch.zeros(width))  # tells what is given from what is written
        self.blocks = nn.ModuleList(_Block(width, heads, dropout) for _ in range(depth))
        self.norm = _Norm(width)
        self.drop = nn.Dropout(dropout)
        self.echo = _echo(width, spec, placed)
        self.exit = Exit(width, self.read)

    def logits(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, "b t v"]:
        """What it thinks of every place, having read those before it and all that is given."""
        x = self.start(self.drop(self.read.after(tokens, condition)))
        for block, given in zip(self.blocks, self._given(condition), strict=True):
            x, _ = block(x, 0, given, causal=True)
        return self._exit(x, tokens, condition)

    def opened(self, count: int, condition: Condition) -> _Reading:
        """What is given has been read."""
        return _Reading(condition, count, seen=self._given(condition))

    def following(self, last: Tensor | None, state: _Reading) -> Float[Tensor, "b v"]:
        """Logits of the next symbol."""
        if last is None:
            entry = self.read.begin(state.count, state.condition)
        else:
            entry = self.read(last[:, None], state.condition)
            state.written.append(last[:, None])
        x = self.start(self.drop(entry), state.place)
        for number, block in enumerate(self.blocks):
            x, state.seen[number] = block(x, state.place, state.seen[number], causal=False)
        nothing = torch.empty(len(x), 0, dtype=torch.long, device=x.device)
        written = torch.cat(state.written, 1) if state.written else nothing
        logits = self._exit(x, written, state.condition, state.place)
        state.place += 1
        return logits[:, 0]

    def _exit(
        self, x: Float[Tensor, "b t c"], written: Tensor, condition: Condition, place: int = 0
    ) -> Float[Tensor, "b t v"]:
        """Logits of places from `place` on, with what they take after where texts have places."""
        x = self.drop(self.norm(x))
        logits = self.exit(x, self.read)
        if self.echo is None:
            return logits
        return logits + self.echo(x, self.read, written, condition.given, place)

    def _given(self, condition: Condition) -> list[Pair | None]:
        """Each block's keys and values of what is given."""
        if condition.given is None:
            return [None for _ in self.blocks]
        x = self.start(self.drop(self.read(condition.given, condition))) + self.part
        pairs: list[Pair | None] = []
        for block in self.blocks:
            x, pair = block(x, 0, None, causal=False)
            pairs.append(pair)
        return pairs


class TransformerDiscriminator(TokenDiscriminator):
    """Reads a text in both directions, as the generator reads what it is given, and judges it.

    Devlin et al. 2019, "BERT", in small; every place is judged by all others.

    Raises:
        ValueError: no rows of symbols, or a width that heads do not divide evenly.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 192,
        depth: Depth = 2,
        heads: Heads = 4,
        meaning: Meaning = 128,
        dropout: Dropped = 0.1,
        placed: Placed = False,
        conditional: Heed = True,
    ) -> None:
        places, symbols = spec.symbols_of("text", "transformer")
        super().__init__(places)
        _require_heads(width, heads)
        code = LabelCode(label_sets(spec, conditional))
        self.read = Symbols(symbols, spec.traits, meaning, code, PLAIN)
        self.start = _Start(meaning, width, places if placed else 0)
        self.part = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList(_Block(width, heads, dropout) for _ in range(depth))
        self.drop = nn.Dropout(dropout)
        self.echo = _echo(width, spec, placed)
        self.norm = _Norm(width)
        self.end = nn.Linear(width, 1)

    def verdicts(self, samples: Tensor, condition: Condition) -> Float[Tensor, "b t"]:
        """One logit for each place."""
        x = self.start(self.drop(self.read(samples, condition))) + self.part
        for block in self.blocks:
            x, _ = block(x, 0, None, causal=False)
        x = self.norm(self.drop(x))
        verdicts = self.end(x).squeeze(2)
        if self.echo is None:
            return verdicts
        heard = self.echo(x, self.read, samples, samples)
        if samples.is_floating_point():
            return verdicts + (heard * samples).sum(2)
        return verdicts + heard.gather(2, samples[:, :, None]).squeeze(2)


class _Start(nn.Linear):
    """Rows of symbols to features; where texts have places, each adds a row of its own.

    Such rows are those of Gehring et al. 2017, "Convolutional sequence to sequence learning".
    """

    def __init__(self, meaning: int, width: int, places: int) -> None:
        super().__init__(meaning, width)
        self.places = drawn(places, width, spread=PLAIN) if places else None

    def forward(self, input: Float[Tensor, "b t c"], place: int = 0) -> Float[Tensor, "b t d"]:
        """Features of symbols from a place on."""
        features = super().forward(input)
        if self.places is None:
            return features
        return features + self.places[place : place + input.shape[1]]


class _Norm(nn.RMSNorm):
    """Zhang and Sennrich 2019, "Root mean square layer normalization", in what precision comes."""

    def forward(self, x: Float[Tensor, "*b c"]) -> Float[Tensor, "*b c"]:
        """As long as the square root of their number, times learned factors."""
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


def _echo(width: int, spec: Spec, placed: bool) -> Echo | None:
    """What places take after, where texts have places and something is known of symbols."""
    traits = max(spec.traits, default=0).bit_length()
    return Echo(width, traits, spec.shape[0]) if placed and traits else None


def _require_heads(width: int, heads: int) -> None:
    if width % (2 * heads):
        raise ValueError(
            f"transformer needs a width that is a multiple of twice its {heads} heads, not "
            f"{width}; give another width"
        )


class _Block(nn.Module):
    """Attention, then two layers at every place; both are added to what there was."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = _Norm(width), _Norm(width)
        self.ask = nn.Linear(width, 3 * width, bias=False)
        self.tell = nn.Linear(width, width, bias=False)
        self.think = nn.Sequential(
            nn.Linear(width, WIDER * width), nn.GELU(), nn.Linear(WIDER * width, width)
        )
        self.drop = nn.Dropout(dropout)
        nn.init.zeros_(self.tell.weight)

    def forward(
        self, x: Float[Tensor, "b t c"], place: int, seen: Pair | None, *, causal: bool
    ) -> tuple[Float[Tensor, "b t c"], Pair]:
        """What becomes of the features, and all keys and values: those seen and their own.

        Args:
            x: features of places from `place` on.
            place: of the first of them.
            seen: keys and values that all of them may look at.
            causal: whether of their own ones each sees those before it alone.
        """
        query, key, value = self.ask(self.before(x)).chunk(3, dim=2)
        query, key, value = (
            each.unflatten(2, (self.heads, -1)).transpose(1, 2) for each in (query, key, value)
        )
        query, key = _turned(query, place), _turned(key, place)
        if seen is not None:
            key, value = torch.cat([seen[0], key], 2), torch.cat([seen[1], value], 2)
        mask = _looks_back(x.shape[1], key.shape[2], x.device) if causal else None
        looked = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.drop(self.tell(looked.transpose(1, 2).flatten(2)))
        return x + self.drop(self.think(self.between(x))), (key, value)


def _looks_back(places: int, keys: int, device: torch.device) -> Tensor:
    """[places keys]: each place sees all keys but the last `places`, and of these up to its own."""
    own = torch.ones(places, places, dtype=torch.bool, device=device).tril()
    return torch.cat([own.new_ones(places, keys - places), own], 1)


def _turned(x: Float[Tensor, "b h t c"], place: int) -> Float[Tensor, "b h t c"]:
    """Pairs of features turned by an angle that grows with the place (RoFormer, equation 34)."""
    half = x.shape[3] // 2
    speeds = WAVES ** (-torch.arange(half, device=x.device) / half)
    places = torch.arange(place, place + x.shape[2], device=x.device)
    angles = places[:, None] * speeds
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], 3)
