"""What is measured of a model of texts for benchmarks/texts.md, one function for each table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from sparring.core import device
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Condition
from sparring.data.quatrains import Quatrains
from sparring.evaluation.reference import Reference, reference
from sparring.evaluation.session import Terms, opened
from sparring.evaluation.subjects import Model, Wanted
from sparring.evaluation.sweep import floor, sweep
from sparring.generation.mending import Route, ranked
from sparring.generation.sampler import Sampler
from sparring.generation.verse import LENGTHS
from sparring.generation.wording import Wording, stream, worded
from sparring.metrics import Evidence, Figure, Observed
from sparring.metrics._intervals import share
from sparring.metrics._ngrams import NgramModel
from sparring.metrics._texts import rows_in
from sparring.metrics.bleu import Bleu
from sparring.metrics.distinct import Distinct
from sparring.metrics.exact_copies import ExactCopies
from sparring.metrics.language_scores import ORDER
from sparring.metrics.two_sample import TwoSample
from sparring.metrics.verse import rules_kept
from sparring.modalities._tokens import MADE_FROM, UNKNOWN
from sparring.modalities.text import Text
from sparring.networks._language import LanguageModel

BLOCK = 1_000  # texts between two lines of progress
MENDED = 16  # texts that are mended together
BATCH = 64  # texts that are written together where speed counts
METRICS = (Bleu(), ExactCopies(), Distinct(), TwoSample())
ROUTES: tuple[Route, ...] = ("given", "likelihood")

Found = dict[str, Any]
Heard = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """A model of texts with what it learned from.

    Attributes:
        model: it.
        writer: its sampler's generator.
        reference: its data.
        held_out: all held-out texts.
        train: all training texts.
        labels: their classes.
        hear: gets lines of progress.
    """

    model: Model
    writer: LanguageModel
    reference: Reference
    held_out: Int[Tensor, "n t"]
    train: Int[Tensor, "m t"]
    labels: Mapping[str, Tensor]
    hear: Heard

    @property
    def symbols(self) -> int:
        """Size of the vocabulary."""
        return self.writer.symbols

    def drawn(self, sampler: Sampler, pick: Tensor, seed: int) -> Int[Tensor, "n t"]:
        """Texts with the labels of these training texts.

        Args:
            sampler: the model, writing in some way.
            pick: numbers of training texts, one for each text.
            seed: of the first.
        """
        made = []
        for start in range(0, len(pick), BLOCK):
            part = pick[start : start + BLOCK]
            seeds = range(seed + start, seed + start + len(part))
            wanted = Wanted(len(part), {name: index[part] for name, index in self.labels.items()})
            asked = self.model.asked(seeds, wanted, self.reference.spec)
            made.append(sampler(sampler.latents(seeds), Condition(asked)))
            self.hear(f"  {start + len(part):,} of {len(pick):,} texts")
        return torch.cat(made)


def material(path: str, hear: Heard) -> Material:
    """The model that `path` names, and its data.

    Raises:
        BadData: it writes no texts, or has another vocabulary than its data have now.
    """
    (model,) = opened([path], Terms(device="cpu"))
    if not isinstance(model, Model) or not isinstance(model.sampler.generator, LanguageModel):
        raise BadData(f"{path} is no model that writes texts.")
    real = reference({name: value for name, value in model.data.items() if name != "batch"})
    if real.spec.tokeniser != model.sampler.spec.tokeniser:
        raise BadData(f"{path} has another vocabulary than the data {real.table['name']} have.")
    held_out, _ = real.real(len(real.held_out), 0)
    train, labels = real.learned_from(len(real.train), 0)
    samples = real.modality.to_samples(held_out), real.modality.to_samples(train)
    return Material(model, model.sampler.generator, real, *samples, labels, hear)


def swept(given: Material, *, temperature: float, count: int, seed: int) -> Found:
    """One point of every curve."""
    pick = _picked(given, count, seed)
    wanted = Wanted(len(pick), {name: index[pick] for name, index in given.labels.items()})
    labels = given.model.asked(range(seed, seed + len(pick)), wanted, given.reference.spec)
    curves = sweep(
        given.model.name, given.model.sampler, given.held_out, labels, seed=seed, hear=given.hear,
        count=len(pick), temperatures=(temperature,),
    )  # fmt: skip
    return {"curves": [curve.to_json() for curve in curves]}


def real_texts(given: Material, *, count: int, seed: int) -> Found:
    """Where as many training texts lie among the curves."""
    count = min(count, len(given.train))
    return floor(given.train, given.held_out, given.symbols, count=count, seed=seed).to_json()


def figures(given: Material, *, temperature: float, count: int, seed: int) -> Found:
    """BLEU, copies, variety and whether a classifier tells them, and the same of real texts."""
    sampler, _ = worded(given.model.sampler, Wording(temperature))
    made = given.drawn(sampler, _picked(given, count, seed), seed)
    evidence = _evidence(given, made)
    rng = Streams(seed)
    found: Found = {"texts": len(made), "generated": {}, "real": {}}
    for metric in METRICS:
        given.hear(f"  {metric.title}")
        found["generated"] |= _plain(metric.measure(evidence, rng))
        found["real"] |= _plain(metric.floor(evidence, rng))
    return found


def verse(given: Material, *, count: int, candidates: int, seed: int) -> Found:
    """Rules of verse that poems keep, half of them in each form, by their way of writing.

    They are "free", "chosen" among candidates (by the discriminator, where the model has one),
    written "by rule", or "real": all of the held-out part, as `held_out_texts` has them.
    """
    classes = given.reference.spec.labels["form"]
    _, test_labels = given.reference.real(len(given.held_out), 0)
    by = "likelihood" if given.model.sampler.judge is None else "discriminator"
    choosy, _ = worded(given.model.sampler, Wording(candidates=candidates, by=by))
    found: Found = {"by": by, "real": {}, "free": {}, "chosen": {}, "by rule": {}}
    real, forms = held_out_texts(given), test_labels["form"].tolist()
    read = given.reference.modality.texts
    for form in LENGTHS:
        number = classes.index(form)
        order = Streams(seed).permutation(f"verse.{form}", len(given.train))
        pick = order[given.labels["form"][order] == number][: count // 2]
        ruled, _ = worded(given.model.sampler, Wording(verse=f"{form},rhyme,tones"))
        for way, texts in {
            "real": [text for text, of in zip(real, forms, strict=True) if of == number],
            "free": read(given.drawn(given.model.sampler, pick, seed)),
            "chosen": read(given.drawn(choosy, pick, seed)),
            "by rule": read(given.drawn(ruled, pick, seed)),
        }.items():
            found[way][form] = {"texts": len(texts), **_plain(rules_kept(texts))}
    return found


def held_out_texts(given: Material) -> list[str]:
    """All held-out texts as people read them.

    Of quatrains with the characters that the vocabulary lacks: as the unknown symbol they would
    rhyme with nothing, and have any tone.
    """
    if isinstance(given.reference.dataset, Quatrains):
        return given.reference.dataset.held_out_texts
    return given.reference.modality.texts(given.held_out)


def mending(given: Material, *, count: int, seed: int) -> Found:
    """How often the best guess for one missing character is what the poet wrote."""
    texts, places, labels = damaged(given, count, seed)
    truth = texts[torch.arange(len(texts)), places]
    right: dict[str, list[bool]] = {route: [] for route in ROUTES}
    for start in range(0, len(texts), MENDED):
        part = slice(start, start + MENDED)
        condition = Condition({name: index[part] for name, index in labels.items()})
        for route in ROUTES:
            scores = ranked(given.writer, texts[part], places[part], condition, route)
            right[route] += scores.argmax(1).eq(truth[part]).tolist()
        given.hear(f"  {min(start + MENDED, len(texts)):,} of {len(texts):,} gaps, by the model")
    by_counts = NgramModel.fit(rows_in(given.train), given.symbols, ORDER)
    guesses = [_counted(by_counts, *each) for each in zip(texts, places.tolist(), strict=True)]
    for place, name in enumerate((f"{ORDER}-gram, left", f"{ORDER}-gram, whole")):
        guessed = torch.tensor([guess[place] for guess in guesses])
        right[name] = guessed.eq(truth).tolist()
    shares = {name: share(sum(each) / len(each), len(each)) for name, each in right.items()}
    return {"texts": len(texts), **_plain(shares)}


def damaged(
    given: Material, count: int, seed: int
) -> tuple[Int[Tensor, "n t"], Int[Tensor, " n"], Mapping[str, Int[Tensor, " n"]]]:
    """Held-out texts of known symbols, one place of a letter in each, and their labels."""
    modality, rng = given.reference.modality, Streams(seed)
    assert isinstance(modality, Text), "the model writes texts"
    is_letter = torch.tensor([surface.isalnum() for surface in modality.tokeniser.surfaces])
    is_letter[:MADE_FROM] = False
    fits = given.held_out.ne(UNKNOWN).all(1) & is_letter[given.held_out].any(1)
    order = rng.permutation("mending", len(given.held_out))
    pick = order[fits[order]][:count]
    texts = given.held_out[pick]
    chance = rng.uniform("places", texts.shape).masked_fill(~is_letter[texts], -1.0)
    _, labels = given.reference.real(len(given.held_out), 0)
    return texts, chance.argmax(1), {name: index[pick] for name, index in labels.items()}


def _counted(model: NgramModel, text: Int[Tensor, " t"], place: int) -> tuple[int, int]:
    """The best symbol for a place by runs of symbols: after what is left of it, and by all."""
    tried = np.arange(MADE_FROM, model.symbols)
    # What comes later follows the same symbols whatever is tried.
    rows = rows_in(text[None])[:, : place + ORDER].repeat(len(tried), 0)
    rows[:, place] = tried
    logs, _ = model.log_probabilities(rows)
    best = logs[:, place].argmax(), logs.sum(1).argmax()
    return int(tried[best[0]]), int(tried[best[1]])


def speed(given: Material, *, rounds: int, seed: int) -> Found:
    """Characters that one thread writes in a second, and how soon the first one stands there.

    Seconds are those that the thread computes, so that a busy machine does not count; the first
    round warms up and does not count either.
    """
    sampler, modality = given.model.sampler, given.reference.modality
    one_by_one, _ = worded(sampler, Wording())
    labels = given.model.asked(range(BATCH), Wanted(BATCH), given.reference.spec)
    paces, waits = [], []
    for number in range(rounds + 1):
        first = seed + number * BATCH
        latents = sampler.latents(range(first, first + BATCH))
        begun = time.process_time()
        with torch.inference_mode():
            made = sampler.generator(latents, Condition(labels))
        written = sum(map(len, modality.texts(made)))
        paces.append(written / (time.process_time() - begun))
        begun = time.process_time()
        next(stream(one_by_one, seed=seed + number))
        waits.append(time.process_time() - begun)
    return {
        "characters_per_second": statistics.median(paces[1:]),
        "first_symbol_ms": 1_000 * statistics.median(waits[1:]),
        "processor": device.describe()["processor"],
        "torch": torch.__version__,
    }


def _picked(given: Material, count: int, seed: int) -> Int[Tensor, " n"]:
    """So many training texts, whose labels are asked for."""
    return Streams(seed).permutation("classes", len(given.train))[:count]


def _evidence(given: Material, made: Tensor) -> Evidence:
    # Nobody looked at them; features that do not vary are refused.
    parts = (
        Observed(torch.arange(len(texts)).float()[:, None], samples=texts)
        for texts in (made, given.held_out, given.train)
    )
    return Evidence(*parts, given.reference.spec)


def _plain(figures: Mapping[str, Figure]) -> Found:
    return {name: vars(figure) for name, figure in figures.items()}
