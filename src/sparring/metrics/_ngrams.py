"""A language model that is the same for all: counts of runs of symbols, smoothed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sparring.metrics._texts import Rows, Runs
from sparring.modalities._tokens import UNKNOWN

NEVER = 2  # symbols that are never written: padding and the unknown
USUAL = (0.5, 1.0, 1.5)  # discounts where there are too few runs to tell

Counts = Int64[np.ndarray, " _"]
Weights = Float64[np.ndarray, " _"]


@dataclass(frozen=True)
class Level:
    """What is known of what follows after contexts of one length.

    Attributes:
        kept: of each run, its discounted count.
        totals: of each context, the counts of all that follows it; 0 where nothing does.
        spare: of each context, the share that is left to what its end alone says.
    """

    kept: Weights
    totals: Weights
    spare: Weights


@dataclass(frozen=True)
class NgramModel:
    """Interpolated Kneser-Ney with three discounts for each order.

    Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling",
    section 3. A text begins after one mark; runs that begin with it keep their own counts, as none
    can be longer (Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation",
    section 3). Unknown symbols may stand before others, but are never expected and never scored:
    the probabilities of all others, and of the end, sum to 1.
    """

    symbols: int
    runs: Runs
    levels: tuple[Level, ...]

    @staticmethod
    def fit(rows: Rows, symbols: int, order: int) -> NgramModel:
        """The model of some texts.

        Args:
            rows: their symbols with their ends; below 0 where there is none.
            symbols: size of the vocabulary.
            order: symbols of the longest run, at least 1.
        """
        runs, numbers = Runs.of(_begun(rows, symbols), order, symbols + 1)
        levels: list[Level] = []
        for place, known in enumerate(runs.known):
            if not len(known):
                break  # all texts are shorter
            counts = _counts(runs, numbers, place)
            contexts = len(runs.known[place - 1]) if place else 1
            levels.append(_level(counts, known // runs.base, contexts))
        return NgramModel(symbols, runs, tuple(levels))

    def log_probabilities(
        self, rows: Rows
    ) -> tuple[Float64[np.ndarray, "n t"], Bool[np.ndarray, "n t"]]:
        """Of each symbol after those before it, in nats (0 where nothing is scored).

        Returns:
            the logarithms, and which places are scored: known symbols and ends.
        """
        begun = _begun(rows, self.symbols)
        numbers = self.runs.ending(begun)
        scored = (rows >= 0) & (rows != UNKNOWN)
        likely = np.full(rows.shape, 1 / (self.symbols - NEVER))
        for place, level in enumerate(self.levels):
            run = numbers[place][:, 1:]
            context = numbers[place - 1][:, :-1] if place else np.zeros_like(rows)
            total = level.totals[context]
            met = (context >= 0) & (total > 0)
            kept = np.where(run >= 0, level.kept[run], 0.0)
            finer = kept / np.where(met, total, 1.0) + level.spare[context] * likely
            likely = np.where(met, finer, likely)
        return np.log(np.where(scored, likely, 1.0)), scored


def _begun(rows: Rows, symbols: int) -> Rows:
    """The texts after a mark that is no symbol of theirs."""
    return np.pad(rows, ((0, 0), (1, 0)), constant_values=symbols)


def _counts(runs: Runs, numbers: Sequence[Rows], place: int) -> Counts:
    """Of each run, how often it is met, or for all but the longest after how many symbols.

    Those that end in the mark or in an unknown symbol are there for what follows them alone.
    """
    known, here = runs.known[place], numbers[place]
    last = known % runs.base
    counts = np.bincount(here[here >= 0], minlength=len(known))
    if place + 1 < len(numbers):
        longer = numbers[place + 1]
        ends = np.zeros(len(runs.known[place + 1]), np.int64)
        ends[longer[longer >= 0]] = here[longer >= 0]
        after = np.bincount(ends, minlength=len(known))
        first = here[:, place]  # the only place where a run begins with the mark
        after[first[first >= 0]] = counts[first[first >= 0]]
        counts = after
    return np.where((last == runs.base - 1) | (last == UNKNOWN), 0, counts)


def _level(counts: Counts, context: Counts, contexts: int) -> Level:
    """Discount the counts of runs, and share what is gained among their contexts."""
    lost = np.array((0.0, *_discounts(counts)))[counts.clip(max=3)]
    totals = np.bincount(context, counts, contexts)
    spare = np.bincount(context, lost, contexts) / np.where(totals > 0, totals, 1.0)
    return Level(counts - lost, totals, spare)


def _discounts(counts: Counts) -> tuple[float, float, float]:
    """What a run loses that was counted once, twice and more often (Chen and Goodman, eq. 26)."""
    one, two, three, four = (int((counts == number).sum()) for number in range(1, 5))
    if not one * two * three * four:
        return USUAL
    y = one / (one + 2 * two)
    found = 1 - 2 * y * two / one, 2 - 3 * y * three / two, 3 - 4 * y * four / three
    return found if all(0 < d < n for n, d in enumerate(found, 1)) else USUAL
