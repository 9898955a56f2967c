"""From symbols to the text that a client gets: after the prefix, up to a stop or a length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from sparring.modalities._tokens import END, NO_SYMBOL, PAD, Tokeniser

Reason = Literal["stop", "length"]


class Writing:
    """A text that comes symbol by symbol, and says of it what is sure already.

    Its reason is "length" only where a symbol came that was too many: a text as long as is asked
    for, or as long as the model's longest, is whole.

    Args:
        tokeniser: of the model.
        prefix: symbols at the beginning that the client knows.
        most: symbols after them, at most.
        stops: texts before which it ends.
    """

    def __init__(
        self, tokeniser: Tokeniser, *, prefix: int, most: int, stops: Sequence[str]
    ) -> None:
        self._tokeniser, self._prefix, self._most, self._stops = tokeniser, prefix, most, stops
        self._numbers: list[int] = []
        self._told = 0
        self._text = ""
        self.is_over = most == 0
        self.reason: Reason = "length" if self.is_over else "stop"

    @property
    def tokens(self) -> int:
        """Symbols after the prefix."""
        return max(len(self._numbers) - self._prefix, 0)

    def add(self, symbol: int) -> str:
        """Take the next symbol; returns what can be told now."""
        if self.is_over:
            return ""
        if symbol in (END, PAD):
            self._end("stop")
            return self._rest()
        if self.tokens >= self._most:
            self._end("length")
            return self._rest()
        self._numbers.append(symbol)
        if self.tokens == 0:
            return ""
        self._text = self._decoded()
        found = [place for stop in self._stops if (place := self._text.find(stop)) >= 0]
        if found:
            self._text = self._text[: min(found)]
            self._end("stop")
        return self._rest() if self.is_over else self._sure()

    def close(self) -> str:
        """What is left to tell where no more symbols come."""
        self.is_over = True
        return self._rest()

    def whole(self, symbols: Iterable[int]) -> str:
        """The text of all symbols at once."""
        told = []
        for symbol in symbols:
            told.append(self.add(symbol))
            if self.is_over:
                break
        return "".join(told) + self.close()

    def _end(self, reason: Reason) -> None:
        self.reason, self.is_over = reason, True

    def _decoded(self) -> str:
        before = self._tokeniser.decode(self._numbers[: self._prefix])
        return self._tokeniser.decode(self._numbers)[len(before) :]

    def _rest(self) -> str:
        told, self._told = self._text[self._told :], len(self._text)
        return told

    def _sure(self) -> str:
        """What no later symbol can change: neither a half character nor the begin of a stop."""
        sure = len(self._text.rstrip(NO_SYMBOL))
        for stop in self._stops:
            for length in range(min(len(stop) - 1, sure), 0, -1):
                if stop.startswith(self._text[sure - length : sure]):
                    sure -= length
                    break
        told = self._text[self._told : max(sure, self._told)]
        self._told = max(sure, self._told)
        return told
