"""Which lines of somebody's text are samples, and in which part of the split each of them is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from sparring.core.errors import BadData
from sparring.data import Split
from sparring.data._text_source import TextSource
from sparring.modalities._tokens import WORD, AnyKind

MOST_CLASSES = 1_000
SPARE = 16  # bits of a text's number that its share does without
SHARES = 1 << 64 - SPARE  # a text's share is a whole number below this

# Symbols that a text has at least: exactly, but for pieces, of which a word has one or more, and
# for tokens, of which nobody knows how long they are.
AT_LEAST: Mapping[AnyKind, Callable[[str], int]] = {
    "characters": len,
    "words": lambda text: len(WORD.findall(text)),
    "pieces": lambda text: len(text.split()),
    "tokens": lambda text: min(len(text), 1),
}


class Lines:
    """The lines that may fit; equal ones are all in one part.

    Args:
        source: gives all lines, as often as it is asked.
        symbols: what the length is counted in.
        length: symbols of a line, at most.
        test_share: share of the different lines in the test part; each part gets at least one.

    Attributes:
        count: lines that may fit.
        empty: lines without anything but blanks.
        too_long: lines that surely do not fit.
        classes: their labels in order; none where the source has no label.

    Raises:
        BadData: fewer than two different lines fit, or there are too few or many classes.
    """

    def __init__(
        self, source: TextSource, symbols: AnyKind, length: int, test_share: float
    ) -> None:
        self._source, self._size, self._length = source, AT_LEAST[symbols], length
        self.count = self.empty = self.too_long = 0
        classes: set[str] = set()
        shortest, low, high = 0, SHARES, -1
        for text, label in source:
            size = self._size(text) if text.strip() else 0
            if not size:
                self.empty += 1
            elif size > length:
                self.too_long += 1
                shortest = min(shortest or size, size)
            else:
                self.count += 1
                share = share_of(text)
                low, high = min(low, share), max(high, share)
                classes.add(label)
                if len(classes) > MOST_CLASSES:
                    raise BadData(
                        f"The column {source.label!r} of {source.path} has more than "
                        f"{MOST_CLASSES:,} values; choose one that tells classes apart."
                    )
        self._check(shortest, symbols, low == high)
        if source.label and len(classes) == 1:
            raise BadData(
                f"The column {source.label!r} of {source.path} has one value only, "
                f"{min(classes)!r}; leave data.label away or choose another."
            )
        self.classes = tuple(sorted(classes)) if source.label else ()
        self._border = min(max(int(test_share * SHARES), low + 1), high)

    def _check(self, shortest: int, symbols: AnyKind, all_same: bool) -> None:
        path = self._source.path
        if not self.count and shortest:
            raise BadData(
                f"All lines of {path} have more than {self._length} {symbols}; set data.length to "
                f"{shortest:,} or more, or data.sample to window."
            )
        if not self.count:
            raise BadData(f"{path} holds no text.")
        if self.count == 1:
            raise BadData(
                f"{path} holds only 1 line of at most {self._length} {symbols}; 2 different ones "
                "are needed. For running text set data.sample to window."
            )
        if all_same:
            raise BadData(
                f"All {self.count:,} lines of {path} are the same; 2 different ones are needed."
            )

    def of(self, part: Split) -> Iterator[tuple[str, str]]:
        """The lines of one part and the label of each, in order."""
        for text, label in self._source:
            if text.strip() and 0 < self._size(text) <= self._length:
                is_test = share_of(text) < self._border
                if is_test == (part == "test"):
                    yield text, label


def number_of(text: str) -> int:
    """A number of 64 bits that tells a text from all others, but for odd chance."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def share_of(text: str) -> int:
    """A number below `SHARES` that depends on the text alone."""
    return number_of(text) >> SPARE
