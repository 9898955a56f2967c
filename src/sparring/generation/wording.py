"""How texts are asked for: bolder or tamer, chosen among several, continued, mended, in a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from sparring.core.errors import UserError, quoted
from sparring.generation.asking import Wanted, conditions, parse_labels, require_makeable
from sparring.generation.sampler import BLOCK, Sampler
from sparring.generation.verse import Verse, form_of
from sparring.modalities._tokens import END, GAP, NO_SYMBOL, PAD, UNKNOWN
from sparring.modalities.text import Text
from sparring.networks import Generator
from sparring.networks._language import (
    HOLE,
    Choosy,
    Decoding,
    LanguageModel,
    Likely,
    Scored,
    Worded,
)

MOST_CANDIDATES = 256
COLDEST = 0.01  # a temperature at which the likeliest symbol is drawn as good as always
NARROWEST = 1e-6  # a top_p that leaves the likeliest symbol alone
NAMED = 20  # unknown symbols that are told
MENDING = 16  # candidates for every mended text, of which the likeliest is kept

CHOOSERS = ("discriminator", "likelihood")


@dataclass(frozen=True)
class Wording:
    """How texts are written.

    Attributes:
        temperature: that log-probabilities are divided by, 0 to 10; below 1 is tamer. What is below
            0.01 counts as that, which is as good as always the likeliest symbol.
        top_p: the likeliest symbols are kept that together have this probability, in [0, 1]; 0
            keeps the likeliest alone.
        candidates: texts that are written for each one that is kept.
        by: who chooses among them: the discriminator, or the model's own likelihood; "" = the
            discriminator, or the likelihood where a text is mended and nothing said of candidates.
        prefix: what every text begins with.
        repair: a text with gaps `□`, one for each missing symbol, to be filled.
        verse: a form that is kept exactly: "five" or "seven" characters a line, and after it, with
            commas between, "rhyme" (of lines 2 and 4) and "tones" (of regulated verse).

    Raises:
        UserError: a number out of range, or two wishes that exclude each other.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    candidates: int = 1
    by: str = ""
    prefix: str = ""
    repair: str = ""
    verse: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise UserError(f"temperature = {self.temperature}: 0 to 10 is possible.")
        if not 0 <= self.top_p <= 1:
            raise UserError(f"top_p = {self.top_p}: a number from 0 to 1 is needed.")
        if not 1 <= self.candidates <= MOST_CANDIDATES:
            raise UserError(
                f"candidates = {self.candidates}: 1 to {MOST_CANDIDATES} can be chosen among."
            )
        if self.by not in ("", *CHOOSERS):
            raise UserError(f"by = {quoted(self.by)}: {' or '.join(CHOOSERS)} chooses.")
        if self.prefix and self.repair:
            raise UserError("A text is continued or mended, not both; leave prefix or repair out.")
        for text in (self.prefix, self.repair):
            if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
                raise UserError(f"{quoted(text)} holds bytes or halves that are no characters.")

    @property
    def ways(self) -> dict[str, Any]:
        """What differs from the usual, for the label of every text."""
        usual = Wording()
        return {k: v for k, v in vars(self).items() if v != getattr(usual, k)}

    @property
    def choice(self) -> tuple[int, str]:
        """How many texts are written for each one that is kept, and who chooses among them."""
        if self.repair and self.candidates == 1:
            return MENDING, self.by or "likelihood"
        return self.candidates, self.by or "discriminator"


def worded(
    sampler: Sampler, wording: Wording, labels: Wanted = ""
) -> tuple[Sampler, Mapping[str, str]]:
    """The same model, writing in this way, and the labels that it is to be asked for.

    These are those given, and where nothing is said, what a form of verse implies: the one that is
    asked for, or that of the lines which are to be mended.

    Raises:
        UserError: it makes no texts, has no discriminator to choose with, or cannot fulfil a wish.
    """
    model, modality = _writer(sampler), sampler.modality
    assert isinstance(modality, Text), "what writes symbols is a model of texts"
    prefix = _known(modality, wording, wording.prefix)
    lost = _known(modality, wording, wording.repair)
    rule = Verse.read(wording.verse, modality) if wording.verse else None
    if rule is not None and (prefix or lost):
        rule = rule.around(prefix or lost, whole=bool(lost))
    temperature, top_p = max(wording.temperature, COLDEST), max(wording.top_p, NARROWEST)
    decoding = Decoding(temperature, top_p, rule, tuple(prefix), len(lost))
    generator: Generator = Worded(model, decoding)
    candidates, by = wording.choice
    if candidates > 1:
        generator = Choosy(generator, _score(sampler, model, by), candidates)
    form = wording.verse.partition(",")[0].strip()
    seen = form or form_of(wording.repair)
    implied = {name: seen for name, classes in sampler.labels.items() if seen in classes}
    asked = parse_labels(labels, sampler.labels)
    for name in implied if form else ():
        if asked.get(name, form) != form:
            raise UserError(
                f"verse = {quoted(wording.verse)} and {name} = {quoted(asked[name])} say different "
                "things; leave one of them out."
            )
    told = implied | asked
    return sampler.through(generator, wording.ways, _given(modality, lost)), told


def stream(
    sampler: Sampler,
    *,
    seed: int = 0,
    labels: Wanted = "",
    truncation: float = 1.0,
) -> Iterator[str]:
    """One text piece by piece, as it is written: the same as `generate` makes of that seed.

    Raises:
        BadData: the weights are not all numbers.
        UserError: the model writes no texts, or chooses among several, which must be whole first;
            or what `Sampler.generate` refuses.
    """
    modality = sampler.modality
    numbers: list[int] = []
    text = told = ""
    for symbol in symbols(sampler, seed=seed, labels=labels, truncation=truncation):
        assert isinstance(modality, Text), "what writes symbols is a model of texts"
        numbers.append(symbol)
        text = modality.tokeniser.decode(numbers)
        # A symbol may be a part of a character; it is shown when the rest is there.
        sure = text.rstrip(NO_SYMBOL)
        yield sure[len(told) :]
        told = sure
    yield text[len(told) :]


def symbols(
    sampler: Sampler,
    *,
    seed: int = 0,
    labels: Wanted = "",
    truncation: float = 1.0,
) -> Iterator[int]:
    """The symbols of one text, each as soon as it is written; as many as the longest text has.

    Raises:
        BadData: as `stream`.
        UserError: as `stream`.
    """
    require_makeable(1, [seed], truncation)
    generator = sampler.generator
    if not isinstance(generator, Worded):
        raise UserError(
            "Only one text can be shown while it is written, and a mended one is the best of "
            "several; leave repair or stream out."
            if sampler.given is not None
            else "Only one text can be shown while it is written; leave out what chooses among "
            "several."
        )
    sampler.require_finite()
    condition = conditions(sampler.spec, [seed], parse_labels(labels, sampler.labels))
    condition = sampler.asked(condition, 1)
    # As many rows as `generate` computes together, so that rounding is the same.
    condition = condition.map(lambda t: t.expand(BLOCK, *t.shape[1:]))
    latents = (sampler.latents([seed]) * truncation).expand(BLOCK, -1)
    device = next(generator.parameters()).device
    for written in generator.model.written(
        latents.to(device), condition.to(device), generator.decoding
    ):
        yield int(written[0])


def _writer(sampler: Sampler) -> LanguageModel:
    if not isinstance(sampler.original, LanguageModel):
        raise UserError(
            f"This model makes {sampler.spec.modality} and writes no texts: temperature, top_p, "
            "candidates, prefix, repair and verse are for models of texts."
        )
    return sampler.original


def _score(sampler: Sampler, model: LanguageModel, by: str) -> Scored:
    if by == "likelihood":
        return Likely(model)
    if sampler.judge is None:
        raise UserError(
            "This model has no discriminator to choose among candidates: it was trained by "
            "likelihood alone. Choose by likelihood instead."
        )
    return sampler.judge


def _known(modality: Text, wording: Wording, text: str) -> list[int]:
    """The symbols of a text that is to be completed, gaps as `HOLE`; none where there is no text.

    Raises:
        UserError: it is too long, or what `_symbols` refuses.
    """
    known = [HOLE if each is None else each for each in _symbols(modality, text, wording)]
    if len(known) > modality.length or (wording.prefix and len(known) == modality.length):
        raise UserError(
            f"{quoted(text)} has {len(known):,} symbols; this model writes at most "
            f"{modality.length:,}."
        )
    if text and wording.repair and HOLE not in known:
        raise UserError(f"{quoted(text)} has no gap; write {GAP} for each symbol that is missing.")
    return known


def _given(modality: Text, lost: list[int]) -> Int[Tensor, " t"] | None:
    """A text with gaps as networks see it, with its end; None where there is no such text."""
    if not lost:
        return None
    given = torch.full((modality.length,), PAD)
    given[: len(lost)] = torch.tensor(lost)
    given[len(lost) : len(lost) + 1] = END
    return given


def _symbols(modality: Text, text: str, wording: Wording) -> list[int | None]:
    """The symbols of a text, None for gaps.

    Raises:
        UserError: it holds some that the model does not know, or gaps that it must not have.
    """
    if GAP in text and not wording.repair:
        raise UserError(f"{quoted(text)} has a gap {GAP}, which a prefix cannot have; use repair.")
    if modality.tokeniser.is_piecewise and wording.repair:
        raise UserError("This model writes pieces of words, whose gaps nobody can count.")
    found: list[int | None] = []
    for number, part in enumerate(text.split(GAP)):
        if number:
            found.append(None)
        found += modality.tokeniser.encode(part)
    if UNKNOWN in found:
        foreign = sorted({c for c in text if c != GAP and UNKNOWN in modality.tokeniser.encode(c)})
        raise UserError(
            f"The model does not know {' '.join(foreign[:NAMED]) or 'some words'} of "
            f"{quoted(text)}; it never saw them in training."
        )
    return found
