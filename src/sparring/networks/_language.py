"""What writes symbols one after the other, and what judges them at every place."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sparring.core.spec import Condition
from sparring.modalities._tokens import END, PAD, UNKNOWN
from sparring.networks import Discriminator, Generator

HOLE = -1
"""In `Condition.given`: the symbol at this place is to be found."""


@runtime_checkable
class Rule(Protocol):
    """What may be written next, for texts of a certain form."""

    def allowed(self, written: Int[Tensor, "b i"]) -> Bool[Tensor, "b v"]:
        """Which symbols may follow after those that are written; at least one in each row.

        Both on the CPU.
        """
        ...


@dataclass(frozen=True)
class Decoding:
    """How symbols are drawn from what a language model thinks of them.

    Attributes:
        temperature: that log-probabilities are divided by, above 0.
        top_p: the most likely symbols are kept that together have at least this probability
            (Holtzman et al. 2020, "The curious case of neural text degeneration"), in (0, 1].
        rule: which symbols are allowed at all; None = all that texts are made of.
        prefix: the symbols that every text begins with.
        places: symbols of every text; 0 = as many as it likes.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    rule: Rule | None = None
    prefix: tuple[int, ...] = ()
    places: int = 0


PLAIN = Decoding()
LIKELY = (64, 512)  # symbols that are put in order first, as most draws fall on these
Scored = Callable[[Tensor, Condition], Tensor]
"""Gives each sample, under its condition, one number."""


class LanguageModel(Generator):
    """Writes one symbol after the other: p(x) = prod p(x_i | x_1 ... x_(i-1), condition).

    Number i of a latent decides which symbol is drawn at place i, so that the same latent gives the
    same text, and latents drawn to their mean give more likely ones. Where `condition.given` has
    a symbol, that is written; where it has a `HOLE`, one is drawn.
    """

    is_choosy = True

    heeds_given: ClassVar[bool] = False
    """Whether it reads all of `condition.given`, also what stands behind the place it writes."""

    symbols: int
    """Size of the vocabulary; the latent is as long as a text."""

    @abstractmethod
    def logits(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, "b t v"]:
        """What it thinks of every place when it has read the places before it."""

    @abstractmethod
    def opened(self, count: int, condition: Condition) -> Any:
        """The state in which `count` texts are begun."""

    @abstractmethod
    def following(self, last: Tensor | None, state: Any) -> Float[Tensor, "b v"]:
        """Logits of the next symbol, after `last` was written; the state moves on.

        `last` are symbols [b], or weights of all symbols [b v] that gradients may flow through;
        None at the beginning.
        """

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Int[Tensor, "b t"]:
        """Texts that are drawn as they are."""
        return torch.stack(list(self.written(latents, condition)), dim=1)

    @torch.no_grad()
    def written(
        self, latents: Float[Tensor, "b latent"], condition: Condition, decoding: Decoding = PLAIN
    ) -> Iterator[Int[Tensor, " b"]]:
        """The symbols of place after place, each as soon as it is drawn; no gradient flows."""
        places = latents.shape[1]
        text = latents.new_full((len(latents), places), PAD, dtype=torch.long)
        ended = torch.zeros(len(latents), dtype=torch.bool, device=latents.device)
        last = None
        with _steady(self):
            state = self.opened(len(latents), condition)
            for place in range(places):
                if not ended.all():
                    logits = self.following(last, state)
                    last = drawn(
                        logits,
                        latents[:, place],
                        decoding,
                        self._allowed(text[:, :place], decoding),
                    )
                    last = torch.where(ended, PAD, _told(last, place, condition, decoding))
                    ended = ended | (last == END) | (last == PAD)
                    text[:, place] = last
                yield text[:, place]

    def _allowed(
        self, written: Int[Tensor, "b i"], decoding: Decoding
    ) -> Bool[Tensor, "b v"] | None:
        """What may follow; None = everything."""
        if decoding.rule is not None:
            return decoding.rule.allowed(written.cpu()).to(written.device)
        if written.shape[1] >= decoding.places:
            return None
        allowed = torch.arange(self.symbols, device=written.device) != END
        return allowed.expand(len(written), -1)


class Worded(Generator):
    """A language model that draws its symbols in a certain way.

    Args:
        model: it.
        decoding: the way.
    """

    def __init__(self, model: LanguageModel, decoding: Decoding) -> None:
        super().__init__()
        self.latent = model.latent
        self.model = model
        self.decoding = decoding

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Int[Tensor, "b t"]:
        """Texts drawn in that way."""
        return torch.stack(list(self.model.written(latents, condition, self.decoding)), dim=1)


class Choosy(Generator):
    """Makes several candidates for every sample, and keeps the one with the highest score.

    Args:
        generator: makes the candidates, each by its share of the latent.
        score: of each sample under its condition.
        candidates: how many.
    """

    def __init__(self, generator: Generator, score: Scored, candidates: int) -> None:
        super().__init__()
        self.latent = candidates * generator.latent
        self.generator = generator
        self.score = score
        self.candidates = candidates

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """The best of each sample's candidates."""
        count = len(latents)
        each = condition.map(lambda tensor: tensor.repeat_interleave(self.candidates, 0))
        made = self.generator(latents.view(count * self.candidates, -1), each)
        best = self.score(made, each).view(count, self.candidates).argmax(1)
        rows = torch.arange(count, device=best.device)
        return made.unflatten(0, (count, self.candidates))[rows, best]


class Likely(nn.Module):
    """How likely a language model finds each text: its mean log-probability of a symbol (nats)."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__()
        self.model = model

    @torch.no_grad()
    def forward(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, " b"]:
        """One number for each text."""
        with _steady(self.model):
            logs = self.model.logits(tokens, condition).float().log_softmax(2)
        inside = places_of(tokens).float()
        each = logs.gather(2, tokens[:, :, None]).squeeze(2)
        return (each * inside).sum(1) / inside.sum(1).clamp_min(1.0)


class TokenDiscriminator(Discriminator):
    """Judges every place of a text.

    Args:
        places: of the longest text.
    """

    expected: Tensor
    """What each place has earned of late, where symbols are paid for; kept with the weights."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.register_buffer("expected", torch.zeros(places))

    @torch.no_grad()
    def begin_as(self, generator: nn.Module) -> None:
        """Take over what the generator reads by: its weights of equal name and shape."""
        own = dict(self.named_parameters())
        for name, weight in generator.named_parameters():
            if name in own and own[name].shape == weight.shape:
                own[name].copy_(weight)

    @abstractmethod
    def verdicts(self, samples: Tensor, condition: Condition) -> Float[Tensor, "b t"]:
        """One logit for each place, above 0 "real".

        Samples are symbols [b t], or weights of all symbols [b t v] that gradients flow through.
        """

    def forward(self, samples: Tensor, condition: Condition) -> Float[Tensor, " b"]:
        """The mean of the logits of all places of a text, with its end."""
        inside = places_of(samples).float()
        total = (self.verdicts(samples, condition).float() * inside).sum(1)
        return total / inside.sum(1).clamp_min(1.0)


def places_of(samples: Tensor) -> Bool[Tensor, "b t"]:
    """Which places of symbols [b t], or of weights of symbols [b t v], belong to the text."""
    symbols = samples if samples.ndim == 2 else samples.argmax(2)
    return symbols != PAD


def _told(
    last: Int[Tensor, " b"], place: int, condition: Condition, decoding: Decoding
) -> Int[Tensor, " b"]:
    """What was drawn for a place, or what must stand there."""
    if place < len(decoding.prefix):
        return torch.full_like(last, decoding.prefix[place])
    if decoding.places and place >= decoding.places:
        return torch.full_like(last, END)
    if condition.given is None:
        return last
    told = condition.given[:, place]
    return torch.where(told == HOLE, last, told)


def drawn(
    logits: Float[Tensor, "b v"],
    latent: Float[Tensor, " b"],
    decoding: Decoding = PLAIN,
    allowed: Bool[Tensor, "b v"] | None = None,
) -> Int[Tensor, " b"]:
    """The symbol that each number of a latent draws.

    Symbols stand in a row from the most to the least likely, each as broad as its probability; the
    share of standard normal numbers that are nearer to 0 than the latent's is the place in it.
    """
    scaled = logits.float() / decoding.temperature
    scaled[:, [PAD, UNKNOWN]] = -math.inf
    if allowed is not None:
        scaled = scaled.masked_fill(~allowed, -math.inf)
    chances = scaled.softmax(1)
    share = torch.special.erf(latent.double().abs() / math.sqrt(2.0))
    symbols = chances.shape[1]
    symbol = torch.empty(len(share), dtype=torch.long, device=share.device)
    rows = torch.arange(len(share), device=share.device)
    likely, order = chances[:, :0], symbol[:, None][:, :0]
    for number in (*LIKELY, symbols):
        # Those that stand in order are left out, so that equals are never met twice.
        left = chances[rows].scatter(1, order, -1.0)
        more = left.topk(min(number, symbols) - order.shape[1], dim=1)
        likely, order = torch.cat([likely, more.values], 1), torch.cat([order, more.indices], 1)
        symbol[rows], found = _placed(likely, order, share[rows], decoding.top_p)
        if found.all():
            break
        rows, likely, order = rows[~found], likely[~found], order[~found]
    return symbol


def _placed(
    likely: Float[Tensor, "b k"], order: Int[Tensor, "b k"], share: Tensor, top_p: float
) -> tuple[Int[Tensor, " b"], Bool[Tensor, " b"]]:
    """The symbol at a share of the row of symbols, and whether these, its first, reach so far."""
    upto = likely.double().cumsum(1)
    whole = torch.ones_like(share)
    reached = upto[:, -1]
    if top_p < 1.0:
        enough = (upto < top_p).sum(1).clamp_max(upto.shape[1] - 1)
        whole = upto.gather(1, enough[:, None]).squeeze(1)
        found = reached >= top_p
    else:
        found = share < reached
    place = (upto <= (share * whole)[:, None]).sum(1)
    # Rounding may lead one beyond the last symbol that has a probability; and where none has one,
    # as weights are no numbers, it is for losses and samplers to say so.
    place = torch.minimum(place, (likely > 0).sum(1) - 1).clamp_min(0)
    return order.gather(1, place[:, None]).squeeze(1), found


@contextmanager
def _steady(model: LanguageModel) -> Iterator[None]:
    """With nothing left out by dropout."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
