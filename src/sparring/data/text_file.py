"""Your own texts."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._corpus import Corpus, Sample, Settings, packed
from sparring.data._text_source import TextSource
from sparring.modalities._tokens import AnyKind, Tokeniser

Length = Annotated[int, Field(ge=4, le=4_096, description="symbols of a sample, at most")]
Most = Annotated[int, Field(ge=8, le=50_000, description="symbols of the vocabulary, at most")]


class TextFile(Dataset):
    """Any .txt, .jsonl or .csv file in UTF-8 (plain or as .gz), or a folder of .txt files.

    A symbol is a character, a word or a piece of a word (Kudo, "Subword Regularization: Improving
    Neural Network Translation Models with Multiple Subword Candidates", ACL 2018); which ones
    there are is learned from the training part (pieces: from its first 20 million characters). Or
    it is a token of a pretrained model, which the network of that name goes on with.

    Samples are lines, or rows of .jsonl and .csv: empty ones are dropped, longer ones than `length`
    are left out and counted in `report`. About `test_share` of them, chosen by a hash of the text,
    form the test part: equal lines are always in the same part. Or samples are windows of running
    text, without an end: then the last `test_share` of it is the test part, and windows of the
    training part begin half a window after the one before.

    Text is read piece by piece (lines of up to 1 MB, files of up to 20 GB) and packed once into
    memory-mapped arrays in the cache, which are found again by content. A byte order mark is
    allowed; other encodings, and control characters, are refused with their place.

    Args:
        path: the file or folder.
        symbols: what a symbol is: "characters", "words", "pieces" or "tokens".
        tokeniser: for tokens, the pretrained model's folder, which holds a tokenizer.json.
        sample: what a sample is: a "line" or a "window" of running text.
        length: symbols of a sample, at most.
        most: symbols of the vocabulary, at most; the most frequent are kept. Tokens are all kept.
        column: where the text stands in .jsonl and .csv.
        label: a column there whose values become classes of the label set of that name (2 to
            1,000 of them); "" for none.
        replace: whether what is no UTF-8 becomes U+FFFD, where it is otherwise refused.
        test_share: share of the texts in the test part; each part gets at least one.
    """

    def __init__(
        self,
        *,
        path: str,
        symbols: AnyKind = "characters",
        tokeniser: str = "",
        sample: Sample = "line",
        length: Length = 64,
        most: Most = 8_000,
        column: str = "text",
        label: str = "",
        replace: bool = False,
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    ) -> None:
        if label and sample == "window":
            raise ValueError("label is for lines; windows of running text have no class")
        if (symbols == "tokens") != bool(tokeniser):
            raise ValueError(
                'symbols = "tokens" and tokeniser = the folder of a pretrained model belong '
                "together; give both or none"
            )
        self.tokeniser = tokeniser
        self.texts = TextSource(Path(path).expanduser(), column, label, replace)
        self.settings = Settings(symbols, sample, length, most, test_share)

    @property
    def spec(self) -> Spec:
        """Texts of `length` symbols; packs where that is still to do."""
        corpus, label = self.corpus, self.texts.label
        return Spec(
            "text",
            (self.settings.length,),
            symbols=corpus.num_symbols,
            labels={label: corpus.classes} if label else {},
            tokeniser=corpus.tokeniser,
        )

    @property
    def licence(self) -> str:
        """What lies beside the text; nobody else can know."""
        name = self.texts.licence
        return f"see {name} beside it" if name else "unknown: no licence file lies beside it"

    @property
    def source(self) -> str:
        """Where the text lies."""
        count = sum(len(samples) for samples in self.corpus.parts.values())
        return f"{count:,} texts of {self.texts.path.absolute()}"

    @property
    def report(self) -> dict[str, Any]:
        """What became of the text: settings, split, lines that are empty or left out and so on."""
        return self.corpus.facts

    def split(self, part: Split) -> Samples:
        """The samples in the order of the text, as int32 [n length]."""
        return self.corpus.parts[part]

    @functools.cached_property
    def corpus(self) -> Corpus:
        """The packed text, from the cache or made now."""
        if not self.tokeniser:
            return packed(self.texts, self.settings)
        known = Tokeniser.of_folder(Path(self.tokeniser).expanduser())
        return packed(self.texts, replace(self.settings, tokeniser=known.stored))
