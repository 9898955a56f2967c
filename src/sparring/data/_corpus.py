"""Somebody's text as rows of symbols, packed once into arrays on disk."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sparring.core import files
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import Samples, Split
from sparring.data._shelf import kept, write_rows
from sparring.data._text_lines import Lines
from sparring.data._text_source import TextSource
from sparring.modalities._tokens import AnyKind, Tokeniser
from sparring.modalities.text import Text

Sample = Literal["line", "window"]
"""What one sample is: a line with its end, or a stretch of running text without one."""

VERSION = 1
PARTS: tuple[Split, ...] = ("train", "test")
BLOCK = 1_000_000  # characters of running text that become symbols at once
MANY = 4_096  # lines that do
ENOUGH = 20_000_000  # characters from which pieces of words are learned
CHEAP = 1_000_000  # bytes beside the rows, whose number is known once the text was read


@dataclass(frozen=True)
class Settings:
    """What the rows depend on beside the text; see `TextFile`.

    `tokeniser` is as `Spec.tokeniser` holds it, "" where it is to be learned.
    """

    symbols: AnyKind
    sample: Sample
    length: int
    most: int
    test_share: float
    tokeniser: str = ""

    def facts(self) -> dict[str, Any]:
        """The settings in a few words: of a tokeniser its hash alone."""
        told = asdict(self)
        if self.tokeniser:
            told["tokeniser"] = hashlib.sha256(self.tokeniser.encode()).hexdigest()
        return told


@dataclass(frozen=True)
class Corpus:
    """Packed text.

    Attributes:
        parts: both parts of the split, memory-mapped.
        classes: of the label, in order.
        tokeniser: as `Spec.tokeniser` holds it.
        num_symbols: size of its vocabulary.
        facts: what became of the text: settings, split, lines that are empty or left out.
    """

    parts: dict[Split, Samples]
    classes: tuple[str, ...]
    tokeniser: str
    num_symbols: int
    facts: dict[str, Any]


def packed(source: TextSource, settings: Settings) -> Corpus:
    """A text as rows, from the cache where it was packed before.

    Raises:
        BadData: it cannot be read, or too little of it fits.
        OutOfResources: the disk is full.
    """
    key = json.dumps([VERSION, source.digest(), settings.facts()])
    digest = hashlib.sha256(key.encode()).hexdigest()
    folder = files.cache_dir() / "packs" / f"texts-{digest[:32]}"

    def build(draft: Path) -> None:
        makers = {"line": _pack_lines, "window": _pack_windows}
        facts = makers[settings.sample](source, settings, draft)
        whole = {"path": str(source.path.absolute()), "settings": settings.facts(), **facts}
        files.atomic_write(draft / "pack.json", json.dumps(whole, indent=1).encode())
        _tell(source.path, whole, folder)

    return kept(folder, lambda place: _load(place, source.label), build, CHEAP)


def _load(folder: Path, label: str) -> Corpus:
    facts = json.loads((folder / "pack.json").read_text())
    parts: dict[Split, Samples] = {}
    for part in PARTS:
        # Copy-on-write: the file stays as it is, and torch takes the array without a warning.
        values = np.load(folder / f"{part}.npy", mmap_mode="c", allow_pickle=False)
        labels = np.load(folder / f"{part}-labels.npy", allow_pickle=False) if label else None
        if len(values) != facts["split"][part]:
            raise ValueError(f"{folder} is damaged")
        parts[part] = Samples(values, {} if labels is None else {label: labels})
    classes = tuple(facts["classes"])
    return Corpus(parts, classes, facts["tokeniser"], facts["num_symbols"], facts)


def _pack_lines(source: TextSource, settings: Settings, draft: Path) -> dict[str, Any]:
    lines = Lines(source, settings.symbols, settings.length, settings.test_share)
    tok = _learned((text for text, _ in lines.of("train")), settings)
    spec = Spec("text", (settings.length,), symbols=tok.symbols, tokeniser=tok.stored)
    files.require_space(draft, lines.count * settings.length * 4 + CHEAP)
    split: dict[Split, int] = {}
    for part in PARTS:
        labels: list[int] = []
        blocks = _blocks(lines, part, Text(spec), labels)
        split[part] = write_rows(draft / f"{part}.npy", blocks, spec.shape, np.int32)
        if not split[part]:
            raise BadData(
                f"No line of the {part} part of {source.path} has at most {settings.length} "
                f"{settings.symbols}; set data.length higher."
            )
        if source.label:
            np.save(draft / f"{part}-labels.npy", np.array(labels, np.int64))
    left_out = lines.count + lines.too_long - sum(split.values())
    rule = "test where SHA-256(text) / 2^256 < test_share; at least 1 text in each"
    return _facts(tok, split, rule, lines.classes, empty=lines.empty, left_out=left_out)


def _blocks(
    lines: Lines, part: Split, modality: Text, labels: list[int]
) -> Iterator[npt.NDArray[np.int32]]:
    """Lines that fit as rows; the class of each is added to `labels`."""
    number = {name: index for index, name in enumerate(lines.classes)}
    texts = lines.of(part)
    while some := list(itertools.islice(texts, MANY)):
        rows: list[npt.NDArray[np.int32]] = []
        for text, label in some:
            # Only pieces and tokens can still be too many; of all else it was known before.
            with contextlib.suppress(BadData):
                rows.append(modality.row(text))
                labels.append(number.get(label, 0))
        if rows:
            yield np.stack(rows)


def _pack_windows(source: TextSource, settings: Settings, draft: Path) -> dict[str, Any]:
    count = sum(len(text) + 1 for text, _ in source)
    border = int(count * (1 - settings.test_share))
    stretches: dict[Split, tuple[int, int]] = {"train": (0, border), "test": (border, count)}
    train = (line for block in _running(source, 0, border) for line in block.split("\n") if line)
    tok = _learned(train, settings)
    files.require_space(draft, 2 * count * 4 + CHEAP)
    split: dict[Split, int] = {}
    for part, (first, last) in stretches.items():
        step = settings.length // 2 if part == "train" else settings.length
        windows = _windows(_running(source, first, last), tok, settings.length, step)
        shape = (settings.length,)
        split[part] = write_rows(draft / f"{part}.npy", windows, shape, np.int32)
        if not split[part]:
            raise BadData(
                f"{source.path} has too little text for windows of {settings.length} "
                f"{settings.symbols} in its {part} part; set data.length lower or bring more."
            )
    rule = "the last test_share of the characters"
    return _facts(tok, split, rule, (), empty=0, left_out=0)


def _running(source: TextSource, first: int, last: int) -> Iterator[str]:
    """The characters from `first` to before `last` of all lines joined, in blocks."""
    block: list[str] = []
    at = size = 0
    for text, _ in source:
        line = f"{text}\n"
        block.append(line[max(first - at, 0) : max(last - at, 0)])
        at, size = at + len(line), size + len(block[-1])
        if size >= BLOCK:
            yield "".join(block)
            block.clear()
            size = 0
    yield "".join(block)


def _windows(
    blocks: Iterator[str], tok: Tokeniser, length: int, step: int
) -> Iterator[npt.NDArray[np.int32]]:
    numbers = np.empty(0, np.int32)
    for block in blocks:
        numbers = np.concatenate([numbers, np.array(tok.encode(block), np.int32)])
        if len(numbers) >= length:
            windows = np.lib.stride_tricks.sliding_window_view(numbers, length)[::step]
            yield windows
            numbers = numbers[len(windows) * step :]


def _learned(texts: Iterator[str], settings: Settings) -> Tokeniser:
    if settings.symbols == "tokens":
        return Tokeniser(settings.tokeniser)
    if settings.symbols == "pieces":
        texts = _first(texts)
    return Tokeniser.learn(texts, settings.symbols, most=settings.most)


def _first(texts: Iterator[str]) -> Iterator[str]:
    """As many as pieces of words can be learned from in the memory there is."""
    size = 0
    for text in texts:
        size += len(text)
        if size > ENOUGH:
            return
        yield text


def _facts(
    tok: Tokeniser,
    split: dict[Split, int],
    rule: str,
    classes: tuple[str, ...],
    *,
    empty: int,
    left_out: int,
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "split": {"rule": rule, **split},
        "classes": list(classes),
        "empty": empty,
        "left_out": left_out,
        "num_symbols": tok.symbols,
        "tokeniser": tok.stored,
    }


def _tell(path: Path, facts: dict[str, Any], folder: Path) -> None:
    split, settings = facts["split"], facts["settings"]
    told = (
        f"Packed {path} into {folder}: {split['train']:,} samples to train on and "
        f"{split['test']:,} to test with, {facts['num_symbols']:,} symbols"
    )
    if facts["left_out"]:
        told += f"; left out as longer than {settings['length']} symbols: {facts['left_out']:,}"
    print(told, file=sys.stderr, flush=True)
