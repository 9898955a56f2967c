"""Chinese quatrains of the Tang and Song dynasties."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from sparring.core.errors import UserError
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._published import PublishedText, rows
from sparring.modalities import _prosody
from sparring.modalities._tokens import UNKNOWN, Tokeniser

HOME = "https://github.com/chinese-poetry/chinese-poetry"
REVISION = "99ebbef"
FILE = PublishedText(  # made from the repository; nobody offers the outcome
    "chinese-quatrains",
    "quatrains.jsonl",
    8_792_778,
    "56d6ad15500fb746e287e96248d9166378bef7117f1cef7745a9ca6716c96a9c",
)
LENGTH = 32  # symbols of the longest: four lines of seven characters and their marks
MARKS = "，。，。"
FORMS = {5: "five", 7: "seven"}
DYNASTIES = ("tang", "song")
MOST = 10_000  # symbols, of which about 5,000 are needed

Script = Annotated[Literal["simplified", "traditional"], Field(description="of the characters")]
Least = Annotated[
    int, Field(ge=1, le=100, description="times that a character must occur to be a symbol")
]


class Quatrains(Dataset):
    """Chinese quatrains of the Tang and Song: 22,560 poems to train on, 2,762 to test with.

    All 14,127 quatrains of the Complete Tang Poems (全唐詩, 1705) and 13,028 of the Song with five
    characters a line, by the collection chinese-poetry (99ebbef, 2026); making such poems was first
    taken as a task for networks by Zhang and Lapata, "Chinese Poetry Generation with Recurrent
    Neural Networks", EMNLP 2014. A poem reads 白日依山尽，黄河入海流。欲穷千里目，更上一层楼。 and
    has 24 or 32 symbols. The split is by a hash of the traditional text. What reads like a test
    poem, or like another training poem, is left out of the training part (65 in simplified script,
    none in traditional: the sources differ in variants). Training poems with rare characters are
    left out likewise (7 %, with `least` = 3); in the test part such characters are the unknown
    symbol (in 11 % of the poems). The file has to be put into the folder `chinese-quatrains` of
    SPARRING_DATA; nobody offers it for download.

    Args:
        script: simplified (converted by OpenCC), or traditional as in the source.
        least: how often a character must occur in the training part to become a symbol.
    """

    def __init__(self, *, script: Script = "simplified", least: Least = 3) -> None:
        self.script = script
        self.least = least

    @property
    def spec(self) -> Spec:
        """Texts of 32 symbols, whose sounds are known, with the label sets "form" and "dynasty".

        Raises:
            UserError: a package that knows sounds or converts scripts is not installed.
        """
        return Spec(
            "text",
            (LENGTH,),
            symbols=self.tokeniser.symbols,
            labels={"form": tuple(FORMS.values()), "dynasty": DYNASTIES},
            tokeniser=self.tokeniser.stored,
            traits=self._traits,
        )

    @property
    def licence(self) -> str:
        """Of the collection; the poems are older than any right."""
        return "MIT"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return f"the authors of chinese-poetry, {HOME} ({REVISION})"

    @property
    def is_here(self) -> bool:
        """Whether the file lies in SPARRING_DATA or in the cache."""
        return FILE.is_here

    def split(self, part: Split) -> Samples:
        """The poems in mixed order, as int32 [n 32]."""
        return self._parts[part]

    def texts(self, part: Split) -> list[str]:
        """The same poems as characters."""
        return [text for text, _ in self._kept[part]]

    @functools.cached_property
    def tokeniser(self) -> Tokeniser:
        """Characters of the training part and their numbers."""
        texts = [text for text, poem in self._poems if poem["split"] == "train"]
        return Tokeniser.learn(texts, "characters", most=MOST, least=self.least)

    @property
    def held_out_texts(self) -> list[str]:
        """The test poems as people read them, with those characters too that are no symbols.

        In the order of the test part.
        """
        return [text for text, poem in self._poems if poem["split"] == "test"]

    @functools.cached_property
    def _traits(self) -> tuple[int, ...]:
        return _prosody.traits(self.tokeniser.surfaces)

    @functools.cached_property
    def _parts(self) -> dict[Split, Samples]:
        return {part: self._samples(poems) for part, poems in self._kept.items()}

    @functools.cached_property
    def _kept(self) -> dict[Split, list[tuple[str, dict[str, Any]]]]:
        """The poems of both parts, without those that are left out."""
        of_part: dict[Split, list[tuple[str, dict[str, Any]]]] = {"train": [], "test": []}
        for text, poem in self._poems:
            of_part["test" if poem["split"] == "test" else "train"].append((text, poem))
        taken = {text for text, _ in of_part["test"]}
        once = {text: poem for text, poem in reversed(of_part["train"]) if text not in taken}
        encode = self.tokeniser.encode
        known = [(text, poem) for text, poem in once.items() if UNKNOWN not in encode(text)]
        return {"train": known[::-1], "test": of_part["test"]}

    def _samples(self, poems: Sequence[tuple[str, dict[str, Any]]]) -> Samples:
        forms = [list(FORMS).index(poem["form"]) for _, poem in poems]
        dynasties = [DYNASTIES.index(poem["dynasty"]) for _, poem in poems]
        labels = {"form": np.array(forms, np.int64), "dynasty": np.array(dynasties, np.int64)}
        return Samples(rows(self.spec, [text for text, _ in poems]), labels)

    @functools.cached_property
    def _poems(self) -> list[tuple[str, dict[str, Any]]]:
        """Texts in the wanted script with what else the file tells of them, in mixed order."""
        poems = [json.loads(line) for line in FILE.read().splitlines()]
        texts = [whole(poem["lines"]) for poem in poems]
        # By a hash, so that any stretch holds all forms and dynasties.
        hashes = [hashlib.sha256(text.encode()).digest() for text in texts]
        if self.script == "simplified":
            texts = simplified(texts)
        order = sorted(range(len(poems)), key=lambda number: hashes[number])
        return [(texts[number], poems[number]) for number in order]


def whole(lines: Sequence[str]) -> str:
    """A poem as people print it on one line."""
    return "".join(line + mark for line, mark in zip(lines, MARKS, strict=True))


def simplified(texts: Sequence[str]) -> list[str]:
    """Traditional texts in simplified script, character for character.

    Raises:
        UserError: the package that converts them is not installed.
    """
    try:
        opencc: Any = importlib.import_module("opencc")
    except ImportError as error:
        raise UserError(
            "Simplified script needs the package OpenCC; install it with: "
            "pip install 'sparring[text]', or set data.script to traditional."
        ) from error
    converted = opencc.OpenCC("t2s").convert("\n".join(texts)).split("\n")
    assert [*map(len, converted)] == [*map(len, texts)], "each character becomes one"
    return converted
