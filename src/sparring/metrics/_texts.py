"""Texts as metrics count them: rows of symbols, and the runs of symbols that they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64
from torch import Tensor

from sparring.core.errors import BadData
from sparring.metrics import Evidence, Observed
from sparring.modalities._tokens import END, PAD, UNKNOWN

Rows = Int64[np.ndarray, "_ _"]
"""Symbols, a text in each row; below 0 where there is none."""
Numbers = Int64[np.ndarray, " _"]
MOST = 2_000_000
"""Symbols of one kind of texts that are looked at; of longer ones evenly spread texts."""
NONE = -1
"""Beyond the text."""
STRANGE = -2
"""In the text, but in no run: real texts hold words that a generator cannot write."""


def are_texts(evidence: Evidence) -> bool:
    """Whether all samples are rows of symbols of one length."""
    parts = (evidence.generated, evidence.real, evidence.train)
    tables = [part.samples for part in parts if part.samples is not None]
    return (
        evidence.spec is not None
        and evidence.spec.symbols is not None
        and len(tables) == len(parts)
        and all(table.ndim == 2 and not table.is_floating_point() for table in tables)
        and len({table.shape[1] for table in tables}) == 1
    )


def require_texts(evidence: Evidence) -> int:
    """Size of the vocabulary.

    Raises:
        BadData: the samples are no texts.
    """
    if not are_texts(evidence) or evidence.spec is None or evidence.spec.symbols is None:
        raise BadData("Texts are needed, as rows of symbols of one vocabulary; these are none.")
    return evidence.spec.symbols


def rows_of(observed: Observed) -> Rows:
    """The symbols of texts, all ended alike: what follows an end or padding is no part of them."""
    assert observed.samples is not None, "are_texts() has looked"
    return rows_in(observed.samples)


def thinned(samples: Int[Tensor, "n t"]) -> Int[Tensor, "m t"]:
    """Every so manieth text, where all have more symbols than are looked at."""
    return samples[:: -(-samples.numel() // MOST)]


def rows_in(samples: Int[Tensor, "n t"]) -> Rows:
    """The same of samples that nobody has looked at."""
    rows = thinned(samples).cpu().numpy().astype(np.int64)
    ended = np.logical_or.accumulate((rows == END) | (rows == PAD), axis=1)
    first = ended & ~np.pad(ended, ((0, 0), (1, 0)))[:, :-1]
    return np.where(first, END, np.where(ended, NONE, rows))


def words_of(observed: Observed) -> Rows:
    """The same without ends; symbols that the vocabulary lacks are `STRANGE`, unlike all others."""
    rows = rows_of(observed)
    return np.where(rows == END, NONE, np.where(rows == UNKNOWN, STRANGE, rows))


def lengths_of(words: Rows) -> Numbers:
    """Symbols of each text, strange ones too."""
    return (words != NONE).sum(1)


@dataclass(frozen=True)
class Runs:
    """All runs of up to so many neighbouring symbols that some texts hold, numbered by length.

    Attributes:
        base: above all symbols.
        known: for each length the sorted keys of the runs: the number of the run without its last
            symbol, times `base`, and that symbol. A run's number is its place here.
    """

    base: int
    known: tuple[Numbers, ...]

    @staticmethod
    def of(rows: Rows, longest: int, base: int) -> tuple[Runs, list[Rows]]:
        """The runs of these texts, of one symbol up to `longest`, and their numbers as `ending`."""
        known: list[Numbers] = []
        found: list[Rows] = []
        numbers = np.zeros_like(rows)
        for length in range(1, longest + 1):
            keys = _keys(numbers, rows, base, length)
            met = keys >= 0
            unique, places = np.unique(keys[met], return_inverse=True)
            numbers = np.full_like(rows, NONE)
            numbers[met] = places
            known.append(unique)
            found.append(numbers)
        return Runs(base, tuple(known)), found

    def ending(self, rows: Rows) -> list[Rows]:
        """For each length the number of the run that ends at each place of some texts.

        It is below 0 where such a run is not known, begins before the text or holds no symbol.
        """
        found: list[Rows] = []
        numbers = np.zeros_like(rows)
        for length, known in enumerate(self.known, 1):
            numbers = _places(known, _keys(numbers, rows, self.base, length))
            found.append(numbers)
        return found


def _keys(shorter: Rows, rows: Rows, base: int, length: int) -> Rows:
    """Of the runs that end at each place, from the numbers of those that end one place before."""
    if length > 1:
        shorter = np.pad(shorter, ((0, 0), (1, 0)), constant_values=NONE)[:, :-1]
    return np.where((shorter >= 0) & (rows >= 0), shorter * base + rows, NONE)


def _places(known: Numbers, keys: Rows) -> Rows:
    if not len(known):
        return np.full_like(keys, NONE)
    places = np.searchsorted(known, keys).clip(max=len(known) - 1)
    return np.where((keys >= 0) & (known[places] == keys), places, NONE)
