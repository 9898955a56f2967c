"""Which of many texts are almost the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST = 50_000  # texts that are compared
READ = 2_000  # characters of a text that are looked at
SHINGLE = 4  # characters in a row
HASHES, ROWS = 64, 4
ALIKE = 0.6  # share of shingles that two texts have in common
FACTOR = np.uint64(0x9E3779B97F4A7C15)


class NearTexts:
    """Finds pairs with at least 60 % of their shingles (4 characters in a row) in common.

    Each text is told by the smallest values of 64 hash functions over its shingles (Broder, "On
    the resemblance and containment of documents", 1997), and only those are compared that agree in
    4 values in a row. The share is estimated from those 64 values.
    """

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        self._factors = chance.integers(1, 1 << 63, (HASHES, 1), np.uint64) | np.uint64(1)
        self._shifts = chance.integers(0, 1 << 63, (HASHES, 1), np.uint64)
        self._places: list[int] = []
        self._signatures: list[npt.NDArray[np.uint64]] = []

    def __len__(self) -> int:
        return len(self._places)

    @property
    def is_full(self) -> bool:
        """Whether no more are taken."""
        return len(self) >= MOST

    def add(self, place: int, text: str) -> None:
        """Take one more, unless it is too short for a shingle."""
        content = text[:READ].encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(content, np.uint32).astype(np.uint64)
        if len(codes) < SHINGLE:
            return
        shingles = np.zeros(len(codes) - SHINGLE + 1, np.uint64)
        for start in range(SHINGLE):
            shingles = shingles * FACTOR + codes[start : start + len(shingles)]
        self._places.append(place)
        self._signatures.append((shingles * self._factors + self._shifts).min(axis=1))

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """Where those that were taken stand."""
        return np.array(self._places, np.int64)

    @property
    def signatures(self) -> npt.NDArray[np.uint64]:
        """What tells each of them, for `first_alike`."""
        return np.stack(self._signatures) if self._places else np.empty((0, HASHES), np.uint64)

    def pairs(self) -> list[tuple[int, int]]:
        """Places of each text that is almost the same as an earlier one, after that one's."""
        if not self._places:
            return []
        signatures = np.stack(self._signatures)
        first_of: dict[int, int] = {}
        for start in range(0, HASHES, ROWS):
            band = signatures[:, start : start + ROWS]
            _, firsts, group = np.unique(band, axis=0, return_index=True, return_inverse=True)
            first = firsts[group.reshape(-1)]  # the earliest of those that agree
            agreement = (signatures == signatures[first]).mean(axis=1)
            for row in np.flatnonzero((agreement >= ALIKE) & (first < np.arange(len(first)))):
                first_of.setdefault(int(row), int(first[row]))
        return [(self._places[first], self._places[row]) for row, first in sorted(first_of.items())]


def first_alike(known: npt.NDArray[np.uint64], asked: npt.NDArray[np.uint64]) -> dict[int, int]:
    """Which of those asked for are almost the same as a known one, and as which, in order."""
    found: dict[int, int] = {}
    if not len(known) or not len(asked):
        return found
    both = np.concatenate([known, asked])
    for start in range(0, HASHES, ROWS):
        band = both[:, start : start + ROWS]
        _, firsts, group = np.unique(band, axis=0, return_index=True, return_inverse=True)
        first = firsts[group.reshape(-1)[len(known) :]]  # a known one, where any agrees
        agreement = (asked == both[first]).mean(axis=1)
        for row in np.flatnonzero((agreement >= ALIKE) & (first < len(known))):
            found.setdefault(int(row), int(first[row]))
    return dict(sorted(found.items()))
