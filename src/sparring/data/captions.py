"""Captions of photographs, one sentence each."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._published import PublishedText, rows
from sparring.modalities._tokens import Tokeniser

HOME = "https://github.com/geek-ai/Texygen"
# The same two files, under the names and with the bytes that are pinned here.
MIRROR = (
    "https://raw.githubusercontent.com/williamSYSU/TextGAN-PyTorch/"
    "25c870a219660b04bd7f2625b3b4060c186759a0/dataset/"
)
FILES: Mapping[Split, PublishedText] = {
    "train": PublishedText(
        "coco-captions",
        "image_coco.txt",
        546_442,
        "2c0fd1f0f43aac6a9dc3926a535516ccf395de535e15ac1fd17cd569420736f5",
        (MIRROR + "image_coco.txt",),
    ),
    "test": PublishedText(
        "coco-captions",
        "test_coco.txt",
        536_184,
        "72e25c9fb4d2cd43182ac602c92f6ffc377762147f9709572943b0b09174bcae",
        (MIRROR + "testdata/image_coco_test.txt",),
    ),
}
MOST = 10_000  # symbols, of which 4,684 are needed

Length = Annotated[int, Field(ge=8, le=64, description="symbols of a caption, at most")]


class Captions(Dataset):
    """10,000 captions of photographs to train on and 10,000 to test with; words are symbols.

    Chen et al., "Microsoft COCO Captions: Data Collection and Evaluation Server", arXiv:1504.00325
    (2015), in the selection that published tables of text GANs use: Zhu et al., "Texygen: A
    Benchmarking Platform for Text Generation Models", SIGIR 2018. They are lower-cased as they were
    published. Captions of more than `length` symbols are left out (with 24: 32 to train on and 22
    to test with). 15 test captions are in the training part as well; they stay, so that figures
    can be compared with published ones, and 0.15 % is what a search for copies finds in real
    captions. Words of the test part alone are the unknown symbol (in 32 % of its captions). 1.1 MB,
    downloaded once where SPARRING_DATA has no folder `coco-captions`.

    Args:
        length: symbols of a caption, at most; punctuation counts.
    """

    def __init__(self, *, length: Length = 24) -> None:
        self.length = length

    @property
    def spec(self) -> Spec:
        """Texts of `length` symbols without labels."""
        tok = self.tokeniser
        return Spec("text", (self.length,), symbols=tok.symbols, tokeniser=tok.stored)

    @property
    def licence(self) -> str:
        """Of the captions and of the selection."""
        return "COCO annotations: CC BY 4.0; Texygen: MIT"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return f"Microsoft COCO (X. Chen et al.), selected for Texygen (Y. Zhu et al.), {HOME}"

    @property
    def is_here(self) -> bool:
        """Whether both files lie in SPARRING_DATA or in the cache."""
        return all(file.is_here for file in FILES.values())

    def split(self, part: Split) -> Samples:
        """The captions in the order of the file, as int32 [n length]."""
        return self._parts[part]

    def texts(self, part: Split) -> list[str]:
        """The same captions as they were published."""
        return [text for text in _lines(part) if self._fits(text)]

    @functools.cached_property
    def tokeniser(self) -> Tokeniser:
        """All words of the training part and their numbers."""
        return Tokeniser.learn(_lines("train"), "words", most=MOST)

    @functools.cached_property
    def _parts(self) -> dict[Split, Samples]:
        return {part: Samples(rows(self.spec, self.texts(part))) for part in FILES}

    def _fits(self, text: str) -> bool:
        return len(self.tokeniser.encode(text)) <= self.length


def _lines(part: Split) -> list[str]:
    return FILES[part].read().splitlines()
