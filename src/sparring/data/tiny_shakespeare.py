"""Forty thousand lines of Shakespeare."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._published import PublishedText
from sparring.modalities._tokens import Tokeniser

HOME = "https://github.com/karpathy/char-rnn"
REVISION = "6f9487a"
FILE = PublishedText(
    "tiny-shakespeare",
    "input.txt",
    1_115_394,
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    (
        "https://raw.githubusercontent.com/karpathy/char-rnn/"
        "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
    ),
)
TRAIN_SHARE = 0.9

Length = Annotated[int, Field(ge=16, le=1_024, description="characters of a sample")]


class TinyShakespeare(Dataset):
    """1.1 million characters of Shakespeare in windows; the last tenth is the test part.

    The text of Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks" (2015). Of
    the training part each window begins half a window after the one before, so that all characters
    but the first and last few are seen with much before them; windows of the test part do not
    overlap, so that none counts twice. Windows begin anywhere in a line and have no end. With
    128 characters there are 15,684 to train on and 871 to test with. 1.1 MB, downloaded once where
    SPARRING_DATA has no folder `tiny-shakespeare`.

    Args:
        length: characters of a window.
    """

    def __init__(self, *, length: Length = 128) -> None:
        self.length = length

    @property
    def spec(self) -> Spec:
        """Texts of `length` characters without labels."""
        tok = self.tokeniser
        return Spec("text", (self.length,), symbols=tok.symbols, tokeniser=tok.stored)

    @property
    def licence(self) -> str:
        """Of a text that is older than any right."""
        return "public domain"

    @property
    def source(self) -> str:
        """Who put it together, and where."""
        return f"A. Karpathy, tiny Shakespeare, {HOME} ({REVISION})"

    @property
    def is_here(self) -> bool:
        """Whether the file lies in SPARRING_DATA or in the cache."""
        return FILE.is_here

    def split(self, part: Split) -> Samples:
        """Windows in the order of the text, as int32 [n length]."""
        return self._parts[part]

    def texts(self, part: Split) -> Iterator[str]:
        """The same windows as characters."""
        text = self._texts[part]
        for start in range(0, len(text) - self.length + 1, self._step(part)):
            yield text[start : start + self.length]

    def _step(self, part: Split) -> int:
        return self.length // 2 if part == "train" else self.length

    @functools.cached_property
    def tokeniser(self) -> Tokeniser:
        """Characters of the training part and their numbers."""
        return Tokeniser.learn([self._texts["train"]], "characters")

    @functools.cached_property
    def _texts(self) -> dict[Split, str]:
        text = FILE.read()
        border = int(len(text) * TRAIN_SHARE)
        return {"train": text[:border], "test": text[border:]}

    @functools.cached_property
    def _parts(self) -> dict[Split, Samples]:
        parts: dict[Split, Samples] = {}
        for part, text in self._texts.items():
            numbers = np.array(self.tokeniser.encode(text), np.int32)
            windows = np.lib.stride_tricks.sliding_window_view(numbers, self.length)
            parts[part] = Samples(windows[:: self._step(part)].copy())
        return parts
