"""How many runs of words others have written too: what tables of text generators report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import left_out, normal
from sparring.metrics._require import require
from sparring.metrics._texts import (
    Numbers,
    Rows,
    Runs,
    are_texts,
    lengths_of,
    require_texts,
    words_of,
)

LONGEST = 5  # symbols of a run
SCORES = range(2, LONGEST + 1)
FOUND_NOWHERE = (
    0.1  # that counts for runs of which none is found (method 1 of Chen and Cherry 2014)
)
GROUPS = 10  # of texts, for the interval

Scores = Float64[np.ndarray, "_ 4"]
"""BLEU-2 to BLEU-5 of each text."""


class Bleu(Metric):
    """BLEU of generated texts against held-out ones, and against each other.

    For figures that compare with published ones, and for little else: half of one text and half of
    another score as well as a text that makes sense. As Texygen computes them: the mean BLEU of
    single texts, each against all others at once, with equal weights and smoothing by 0.1; no text
    is its own reference. The more texts there are, the higher are both; published tables have
    10,000 lines on both sides. Words are what the symbols are; those that the vocabulary lacks
    match nothing.
    """

    title = "BLEU"
    source = "Papineni et al. 2002, BLEU, equation 3, and Zhu et al. 2018, Texygen, section 3"
    better: ClassVar[Mapping[str, Better]] = {
        "bleu_2": "real", "bleu_3": "real", "bleu_4": "real", "bleu_5": "real",
        "self_bleu_2": "real", "self_bleu_3": "real", "self_bleu_4": "real", "self_bleu_5": "real",
    }  # fmt: skip
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are texts."""
        return are_texts(evidence)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`bleu_2` to `bleu_5` and `self_bleu_2` to `self_bleu_5`, in [0, 1].

        The interval of the first allows for other texts, and as a jackknife over groups for other
        references; that of the second is such a jackknife.
        """
        require(evidence, self.fewest)
        base = require_texts(evidence)
        texts, references = words_of(evidence.generated), words_of(evidence.real)
        each = bleu(texts, references, base)
        variance = each.var(0, ddof=1) / len(each) + _without(
            references, rng, "bleu.real", lambda others: bleu(texts, others, base)
        )
        alike = self_bleu(texts, base)
        own = _without(texts, rng, "bleu.generated", lambda others: self_bleu(others, base))
        return _figures("bleu", each, variance) | _figures("self_bleu", alike, own)


def _without(
    texts: Rows, rng: Streams, name: str, score: Callable[[Rows], Scores]
) -> Float64[np.ndarray, " 4"]:
    """Variance of mean scores, from what they are without each group of texts."""
    order = rng.permutation(name, len(texts)).numpy()
    rounds = [
        score(np.delete(texts, group, axis=0)).mean(0) for group in np.array_split(order, GROUPS)
    ]
    return np.array([left_out(torch.from_numpy(column)) for column in np.stack(rounds, 1)])


def _figures(name: str, each: Scores, variance: Float64[np.ndarray, " 4"]) -> dict[str, Figure]:
    columns = zip(SCORES, each.mean(0).tolist(), variance.tolist(), strict=True)
    return {
        f"{name}_{n}": normal(value, error**0.5, low=0.0, high=1.0) for n, value, error in columns
    }


@dataclass(frozen=True)
class Counted:
    """How often each text holds each run of one length; three columns."""

    text: Numbers
    run: Numbers
    times: Numbers

    @staticmethod
    def of(numbers: Rows, runs: int) -> Counted:
        """From the number of the run that ends at each place; below 0 where there is none."""
        texts = np.broadcast_to(np.arange(len(numbers))[:, None], numbers.shape)
        keys, times = np.unique(
            texts[numbers >= 0] * max(runs, 1) + numbers[numbers >= 0], return_counts=True
        )
        return Counted(keys // max(runs, 1), keys % max(runs, 1), times)


def bleu(texts: Rows, references: Rows, base: int) -> Scores:
    """Of each text against all references: BLEU-2 to BLEU-5, in [0, 1].

    Args:
        texts: symbols; below 0 where there is none, and for symbols that match nothing.
        references: the same.
        base: size of the vocabulary.
    """
    runs, theirs = Runs.of(references, LONGEST, base)
    found = []
    for known, ours, others in zip(runs.known, runs.ending(texts), theirs, strict=True):
        most = np.zeros(len(known), np.int64)
        counted = Counted.of(others, len(known))
        np.maximum.at(most, counted.run, counted.times)
        mine = Counted.of(ours, len(known))
        found.append(_by_text(mine, most[mine.run], len(texts)))
    lengths = lengths_of(texts)
    return _scores(found, lengths, _closest(lengths, lengths_of(references)))


def self_bleu(texts: Rows, base: int) -> Scores:
    """Of each text against all others."""
    runs, numbers = Runs.of(texts, LONGEST, base)
    found = []
    for known, ours in zip(runs.known, numbers, strict=True):
        mine = Counted.of(ours, len(known))
        order = np.lexsort((-mine.times, mine.run))  # by run, the text with most of it first
        first = np.searchsorted(mine.run[order], np.arange(len(known)))
        owner, most = mine.text[order][first], mine.times[order][first]
        second = np.zeros(len(known), np.int64)
        follows = first + 1 < np.append(first[1:], len(order))
        second[follows] = mine.times[order][first[follows] + 1]
        others = np.where(owner[mine.run] == mine.text, second[mine.run], most[mine.run])
        found.append(_by_text(mine, others, len(texts)))
    lengths = lengths_of(texts)
    return _scores(found, lengths, _closest_other(lengths))


def _by_text(counted: Counted, most: Numbers, texts: int) -> Numbers:
    """How many runs each text shares, where each run counts as often as others have it."""
    return np.bincount(counted.text, np.minimum(counted.times, most), minlength=texts).astype(
        np.int64
    )


def _scores(found: Sequence[Numbers], lengths: Numbers, theirs: Numbers) -> Scores:
    """From how many runs of each length are found elsewhere, and the lengths of the texts."""
    shared = np.stack(found, 1).astype(np.float64)
    there = (lengths[:, None] - np.arange(LONGEST)).clip(min=1)
    precision = np.where(shared > 0, shared, FOUND_NOWHERE) / there
    means = np.log(precision).cumsum(1)[:, 1:] / np.array(SCORES)
    brevity = np.minimum(1 - theirs / lengths.clip(min=1), 0.0)
    return np.where(shared[:, :1] > 0, np.exp(means + brevity[:, None]), 0.0)


def _closest(lengths: Numbers, theirs: Numbers) -> Numbers:
    """For each length the closest one of the others; of two, the shorter."""
    there = np.unique(theirs)
    return there[np.abs(lengths[:, None] - there).argmin(1)]


def _closest_other(lengths: Numbers) -> Numbers:
    """The same among themselves, each without itself."""
    there, place, times = np.unique(lengths, return_inverse=True, return_counts=True)
    apart = np.abs(lengths[:, None] - there).astype(np.float64)
    alone = times[place] == 1
    apart[alone, place[alone]] = np.inf
    return there[apart.argmin(1)]
