"""Texts: UTF-8 in files, numbers of symbols in memory and for networks."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Int, Int32, Shaped
from torch import Tensor

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.modalities import (
    PAGE,
    Elsewhere,
    Modality,
    _sheet,
    _text_documents,
    _typeset,
    _utf8,
    _visible,
)
from sparring.modalities._tokens import END, PAD, UNKNOWN, Tokeniser

LARGEST = 1_000_000  # bytes of a file with one text
LONGEST = 65_536  # symbols of a sample; a file that speaks of more is not believed
SHOWN = 256  # texts in a preview
PAGED = 1_000  # texts on a page
FRAME = 400  # milliseconds that an animation shows each text


class Text(Modality):
    """Texts of at most so many symbols; UTF-8 files.

    Raw texts are int32 numbers of symbols of shape [b t], samples are the same as int64: the text,
    its end (`END`) and padding (`PAD`) where it is shorter than t. What symbols stand for is told
    by the Spec's tokeniser; without one they are shown as numbers.

    Raises:
        BadData: the tokeniser is damaged, or has another vocabulary than the Spec.
        ValueError: the Spec's shape is not (t,) with t up to 65,536, or it has no symbols.
    """

    suffix = ".txt"
    media_type = "text/plain"
    forms: ClassVar[Mapping[str, str]] = {
        "txt": "text/plain", "md": "text/markdown", "json": "application/json"
    }  # fmt: skip
    looks = ("phrasal", "sequential")
    pupil: ClassVar[Mapping[str, Any]] = {"name": "phrasal", "channels": 32}
    changes: ClassVar[Mapping[str, Any]] = {"name": "blanking"}
    views: ClassVar[Mapping[str, Any]] = {"name": "blanking", "share": 0.3}

    def __init__(self, spec: Spec) -> None:
        if len(spec.shape) != 1 or spec.shape[0] < 1 or not spec.symbols:
            raise ValueError(
                f"texts have a shape (tokens,) and symbols, not {spec.shape} and {spec.symbols}"
            )
        if spec.shape[0] > LONGEST:
            raise ValueError(f"texts have up to {LONGEST:,} symbols, not {spec.shape[0]:,}")
        super().__init__(spec)
        self.length, self.symbols = spec.shape[0], spec.symbols
        if spec.tokeniser and self.tokeniser.symbols != spec.symbols:
            raise BadData(
                f"The tokeniser has {self.tokeniser.symbols:,} symbols and the data have "
                f"{spec.symbols:,}; they do not belong together."
            )

    @functools.cached_property
    def tokeniser(self) -> Tokeniser:
        """Between texts and symbols.

        Raises:
            BadData: the Spec has none.
        """
        if not self.spec.tokeniser:
            raise BadData("These symbols stand for no text: the data have no tokeniser.")
        return Tokeniser(self.spec.tokeniser)

    def to_samples(self, raw: Int32[Tensor, "b t"]) -> Int[Tensor, "b t"]:
        """Numbers of symbols."""
        return raw.long()

    def to_raw(self, samples: Shaped[Tensor, "b t"]) -> Int32[Tensor, "b t"]:
        """Numbers of symbols, rounded and brought into the vocabulary."""
        whole = samples.detach().double().nan_to_num(0.0).round()
        return whole.clamp(0, self.symbols - 1).to(torch.int32)

    def texts(self, samples: Shaped[Tensor, "b t"]) -> list[str]:
        """What people read."""
        rows = self.to_raw(samples).tolist()
        if not self.spec.tokeniser:
            return [" ".join(map(str, row)) for row in rows]
        return [self.tokeniser.decode(row) for row in rows]

    def row(self, text: str) -> Int32[np.ndarray, " t"]:
        """A text as one raw sample: its symbols, its end and padding.

        Raises:
            BadData: with the bare reason: it is longer than a sample.
        """
        numbers = self.tokeniser.encode(text)
        if len(numbers) > self.length:
            raise BadData(f"it has {len(numbers):,} symbols; at most {self.length:,} fit")
        row = np.full(self.length, PAD, np.int32)
        row[: len(numbers)] = numbers
        row[len(numbers) : len(numbers) + 1] = END
        return row

    def elsewhere(self) -> Elsewhere:
        """Symbols, and what each of them reads as."""
        surfaces = [str(number) for number in range(self.symbols)]
        between, apart = " ", "numbers, which stand for no text"
        if self.spec.tokeniser:
            surfaces = list(self.tokeniser.surfaces)
            between = " " if self.tokeniser.kind == "words" else ""
            apart = f"{self.tokeniser.kind}, which `symbols.json` lists in order"
        read = f"{between!r}.join(symbols[n] for n in text[: [*text, {END}].index({END})])"
        return Elsewhere(
            f"Texts of up to {self.length} of {self.symbols:,} symbols ({apart}); {END} ends a "
            f"text and {PAD} follows its end.",
            ("import json",),
            (
                'symbols = json.load(open(__file__.removesuffix("example.py") + "symbols.json", '
                '"rb"))',
                f'print(*("AI-generated: " + {read} for text in samples.tolist()), sep="\\n")',
            ),
            {"symbols.json": json.dumps(surfaces, ensure_ascii=False).encode()},
        )

    def read(self, path: Path) -> Int32[Tensor, " t"]:
        """One text; what is not in the vocabulary is the unknown symbol.

        Raises:
            BadData: no such file, not UTF-8, or longer than a sample.
        """
        text, told = mark.apart(_utf8.read(path, LARGEST))
        text = text if told else text.rstrip("\n")
        try:
            return torch.from_numpy(self.row(text))
        except BadData as error:
            raise BadData(f"{path} cannot be used: {error}.") from error

    def claims(self, path: Path) -> bool:
        """Text files by their name.

        Raises:
            BadData: it cannot be opened.
        """
        return path.suffix.lower() == self.suffix

    def read_as_is(self, path: Path) -> Int32[Tensor, " t"]:
        """As `read`.

        Raises:
            BadData: as `read`, or it holds symbols that are not in the vocabulary.
        """
        row = self.read(path)
        missing = int(row.eq(UNKNOWN).sum())
        if missing:
            raise BadData(f"{path} holds symbols that are not in the vocabulary: {missing:,}.")
        return row

    def encode(
        self, sample: Shaped[Tensor, " t"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """One text in UTF-8, as it is, in Markdown, or as a JSON object.

        Args:
            sample: symbols.
            form: "txt", "md" or "json".
            visible: whether a line below says that it is AI-generated; in a plain text, which has
                no other place for a label, there always is one as soon as it is labelled.

        Raises:
            UserError: there is no such form.
        """
        return self.encode_row(sample[None], form=form, visible=visible)

    def encode_row(
        self, samples: Shaped[Tensor, "n t"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """As `encode`, of texts that follow each other with an empty line between."""
        text, chosen = "\n\n".join(self.texts(samples)), self.form(form)
        below = [mark.NOTICES] if visible else []
        if chosen == "md":
            return _text_documents.markdown([text], [], below)
        if chosen == "json":
            notice = {"notice": mark.NOTICES} if visible else {}
            return _text_documents.json_lines([text], [notice])
        return f"{text}{mark.VISIBLE if visible else ''}\n".encode()

    def preview(
        self,
        samples: Shaped[Tensor, "b t"],
        captions: Sequence[str] = (),
        columns: int = 0,
        *,
        visible: bool = False,
    ) -> bytes:
        """A PNG on which the first 256 texts can be read, long ones only in part.

        Args:
            samples: at least one.
            captions: words under them.
            columns: texts in a row; 0 makes the sheet as square as possible.
            visible: whether a label is drawn on it.
        """
        sheet = _typeset.sheet(self.texts(samples[:SHOWN]), captions, columns)
        return _sheet.png(_visible.with_label(sheet, below=True) if visible else sheet)

    def animate(
        self, samples: Shaped[Tensor, "n t"], *, visible: bool = False
    ) -> tuple[str, bytes]:
        """An endless animated GIF that shows one text after the other."""
        frames = _typeset.frames(self.texts(samples))
        shown = [_visible.with_label(frame) for frame in frames] if visible else frames
        return ".gif", _sheet.gif(shown, FRAME)

    def documents(
        self,
        samples: Shaped[Tensor, "b t"],
        captions: Sequence[str],
        facts: Sequence[Mapping[str, Any]],
        file: Callable[[int], bytes],
    ) -> Mapping[str, bytes]:
        """The texts for people as an HTML page and in Markdown, and for machines in JSON lines.

        The page holds the first 1,000 of them, the others hold all.
        """
        texts, names = self.texts(samples), _text_documents.names(captions, facts)
        return {
            PAGE: _text_documents.page(texts[:PAGED], names),
            "samples.md": _text_documents.markdown(texts, names),
            "samples.jsonl": _text_documents.json_lines(texts, facts),
        }
