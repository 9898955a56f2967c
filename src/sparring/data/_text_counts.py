"""What is counted of many texts while they pass by one at a time, in bounded memory."""

from __future__ import annotations

import unicodedata
from array import array
from collections import Counter

import numpy as np
import numpy.typing as npt

from sparring.data import Split
from sparring.data._near_texts import NearTexts
from sparring.data._overlap import TEST_SHARE, Side
from sparring.data._text_lines import SHARES, SPARE, number_of
from sparring.data._text_rows import named
from sparring.modalities._utf8 import REPLACED

COMPARED = 5_000_000  # texts that are compared whole: 32 bytes of memory each
SHOWN = 64  # texts on the contact sheet
CUT = 2_000  # letters of a text there
GROUPS, MEMBERS = 100, 10  # equal texts that are named
SCRIPTS = {
    "LATIN": "Latin",
    "CJK": "Han",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "HANGUL": "Hangul",
    "CYRILLIC": "Cyrillic",
    "ARABIC": "Arabic",
}


class TextCounts:
    """Lengths, symbols, copies and a few texts to show.

    Attributes:
        count: texts that are not empty.
        empty: those with nothing but blanks.
        replaced: those with U+FFFD, which stands for what somebody could not read.
        lengths: how many have how many characters.
        symbols: how often each character occurs.
        near: pairs that are almost the same.
    """

    def __init__(self) -> None:
        self.count = self.empty = self.replaced = 0
        self.lengths: Counter[int] = Counter()
        self.symbols: Counter[str] = Counter()
        self.near = NearTexts()
        self._files: list[str] = []
        self._parts: list[Split | None] = []
        self._in_file, self._line = array("I"), array("Q")
        self._exact, self._folded = array("Q"), array("q")
        self._seen: set[int] = set()
        self._shown: list[tuple[str, str]] = []
        self._every = 1

    def begin(self, file: str, part: Split | None = None) -> None:
        """The next texts stand in this file, and in this part where the data set says so."""
        self._files.append(file)
        self._parts.append(part)

    def add(self, number: int, text: str) -> None:
        """Count one, by the number of its line."""
        if not text.strip():
            self.empty += 1
            return
        place, self.count = self.count, self.count + 1
        self.lengths[len(text)] += 1
        self.symbols.update(text)
        self.replaced += REPLACED in text
        if place % self._every == 0:
            self._show(named(self._files[-1], number), text)
        if place >= COMPARED:
            return
        plain = " ".join(text.casefold().split())
        folded = hash(plain)
        self._in_file.append(len(self._files) - 1)
        self._line.append(number)
        self._exact.append(number_of(text))
        self._folded.append(folded)
        if not self.near.is_full and folded not in self._seen:
            self._seen.add(folded)
            self.near.add(place, plain)

    def _show(self, name: str, text: str) -> None:
        self._shown.append((name, text[:CUT]))
        if len(self._shown) == 2 * SHOWN:
            self._shown, self._every = self._shown[::2], 2 * self._every

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Names and beginnings of up to 64 texts, evenly taken."""
        places = np.linspace(0, len(self._shown) - 1, min(SHOWN, len(self._shown)), dtype=int)
        return [self._shown[place] for place in places]

    def name(self, place: int) -> str:
        """How a text is called, of those that are compared."""
        return named(self._files[self._in_file[place]], self._line[place])

    @property
    def compared(self) -> int:
        """How many are compared whole."""
        return len(self._exact)

    def repeats(self) -> tuple[int, int]:
        """How many repeat an earlier one exactly, and how many others but for blanks and case."""
        exact, folded = len(np.unique(self._exact)), len(np.unique(self._folded))
        return self.compared - exact, exact - folded

    def longer_than(self, length: int) -> int:
        """How many have more characters, of a text that has no parts of its own yet."""
        if any(self._parts):
            return 0
        return sum(count for size, count in self.lengths.items() if size > length)

    def parts(self) -> tuple[Side, Side]:
        """The parts to train on and to test with: the data set's own, or what a hash holds out."""
        files = [part == "test" for part in self._parts]
        if any(self._parts):
            is_test = np.array(files)[np.array(self._in_file, np.int64)]
        else:
            shares = np.array(self._exact) >> np.uint64(SPARE)
            low, high = int(shares.min(initial=SHARES)), int(shares.max(initial=0))
            is_test = shares < min(max(int(TEST_SHARE * SHARES), low + 1), high)
        return self._side(~is_test), self._side(is_test)

    def whole(self) -> Side:
        """All that are compared, as one part."""
        return self._side(np.ones(self.compared, bool))

    def _side(self, chosen: npt.NDArray[np.bool_]) -> Side:
        folded, places = np.array(self._folded, np.int64), np.flatnonzero(chosen)
        # Of texts that fold to the same one has a signature, on whichever side it stands.
        rows = folded[self.near.places]
        here = np.isin(rows, folded[places])
        return Side(
            exact=np.array(self._exact, np.uint64)[places],
            folded=folded[places],
            signatures=self.near.signatures[here],
            rows=rows[here],
            name=lambda at: self.name(int(places[at])),
        )

    def copies(self) -> list[list[str]]:
        """Names of equal texts, for the first 100 that are repeated, 10 of each."""
        _, firsts, group, counts = np.unique(
            self._exact, return_index=True, return_inverse=True, return_counts=True
        )
        repeated = np.flatnonzero(counts > 1)
        chosen = repeated[np.argsort(firsts[repeated])[:GROUPS]]
        groups = [np.flatnonzero(group == number)[:MEMBERS] for number in chosen]
        return [[self.name(int(place)) for place in members] for members in groups]

    def spread(self) -> dict[str, float]:
        """Shortest, median, longest, and the length that 99 % do not exceed, in characters."""
        if not self.lengths:
            return {}
        sizes = np.array(sorted(self.lengths))
        upto = np.cumsum([self.lengths[int(size)] for size in sizes]) / self.count
        return {
            "min": float(sizes[0]),
            "median": _reached(sizes, upto, 0.5),
            "max": float(sizes[-1]),
            "p99": _reached(sizes, upto, 0.99),
        }

    def scripts(self) -> dict[str, float]:
        """Shares of all letters by script, the largest first."""
        counts: Counter[str] = Counter()
        for symbol, count in self.symbols.items():
            if symbol.isalpha():
                first = unicodedata.name(symbol, "").partition(" ")[0]
                counts[SCRIPTS.get(first, "other")] += count
        total = counts.total()
        return {script: count / total for script, count in counts.most_common()}


def _reached(sizes: npt.NDArray[np.int64], upto: npt.NDArray[np.float64], share: float) -> float:
    return float(sizes[np.searchsorted(upto, share - 1e-9)])
