"""Somebody's text, one piece after the other, without ever holding a whole file in memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.core.errors import BadData
from sparring.core.mark import MARK
from sparring.data._listing import LICENCES, listed
from sparring.data._text_rows import (
    HALF,
    KINDS,
    LONGEST,
    MOST_BYTES,
    PLAIN,
    SCALARS,
    TABLES,
    kind_of,
    opened,
    text_of,
)
from sparring.modalities import _utf8

LONGEST_LABEL = 100  # characters
NAMED = 8  # columns spelled out in a complaint


@dataclass(frozen=True)
class TextSource:
    """A .txt, .jsonl or .csv file, plain or packed as .gz, or a folder of .txt files.

    Attributes:
        path: the file or folder.
        column: where the text stands in .jsonl and .csv.
        label: where its class stands there, "" where it has none.
        replace: whether bytes that are no UTF-8, and control characters, become U+FFFD.
    """

    path: Path
    column: str
    label: str
    replace: bool

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each text and its class: lines of .txt, rows of .jsonl and .csv.

        Empty ones are among them; the stamps of generated texts are not.

        Raises:
            BadData: missing, of another kind, damaged, or no text; the message says where.
        """
        for path in self.paths:
            try:
                for text, label in self._of_file(path):
                    if not text.startswith(MARK.strip()):
                        yield text, label
            except (OSError, EOFError, zlib.error) as error:
                raise BadData(f"{path} cannot be read: {error}.") from error
            except BadData as reason:
                raise BadData(f"{path} cannot be used: {reason}.") from reason

    @property
    def paths(self) -> Sequence[Path]:
        """The files, in order of name.

        Raises:
            BadData: there are none.
        """
        if not self.path.exists():
            raise BadData(f"There is no file or folder {self.path.absolute()}.")
        if not self.path.is_dir():
            if kind_of(self.path) not in KINDS:
                raise BadData(
                    f"{self.path} is no .txt, .jsonl or .csv file (plain or packed as .gz) and no "
                    "folder of .txt files."
                )
            return [self.path]
        with listed(self.path) as listing:
            names = [entry.name for entry in listing.entries if entry.name != listing.licence]
        paths = [path for path in map(self.path.joinpath, names) if kind_of(path) == PLAIN]
        if not paths:
            raise BadData(f"{self.path} holds no .txt file; for .jsonl or .csv name the file.")
        return paths

    @property
    def licence(self) -> str:
        """Name of the licence file beside the texts, "" where there is none."""
        folder = self.path if self.path.is_dir() else self.path.parent
        inside = folder.iterdir() if folder.is_dir() else ()
        names = sorted(path.name for path in inside if path.is_file())
        return next((name for name in names if name.lower().startswith(LICENCES)), "")

    def digest(self) -> str:
        """SHA-256 over all bytes and how they are read."""
        whole = hashlib.sha256(repr((self.column, self.label, self.replace)).encode())
        for path in self.paths:
            try:
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise BadData(f"{path} cannot be read: {error.strerror}.") from error
            whole.update(f"{path.suffix} {kind_of(path)} {content}".encode())
        return whole.hexdigest()

    def _of_file(self, path: Path) -> Iterator[tuple[str, str]]:
        kind = kind_of(path)
        if self.label and kind == PLAIN:
            raise BadData("lines of .txt have no columns; data.label serves .jsonl and .csv")
        lines = _lines(path, self.replace)
        if kind == PLAIN:
            yield from ((text, "") for _, text in lines)
            return
        for place, row in TABLES[kind](lines, _refuse):
            text = self._cell(row, self.column, "data.column", place)
            label = self._cell(row, self.label, "data.label", place) if self.label else ""
            if len(label) > LONGEST_LABEL or (self.label and not label.strip()):
                raise BadData(
                    f"line {place:,} has a label of {len(label):,} characters in {self.label!r}; "
                    f"1 to {LONGEST_LABEL} are allowed"
                )
            yield text, label

    def _cell(self, row: Mapping[str, Any], name: str, key: str, place: int) -> str:
        if name not in row:
            raise BadData(
                f"line {place:,} has no column {name!r}; set {key} to one that is there: "
                f"{', '.join(list(row)[:NAMED]) or 'none'}"
            )
        value = row[name]
        if not isinstance(value, SCALARS):
            raise BadData(f"line {place:,} holds no text in the column {name!r}")
        try:
            return text_of(value, replace=self.replace, lines_before=place - 1)
        except UnicodeEncodeError as error:
            raise BadData(f"line {place:,} {HALF}") from error


def _lines(path: Path, replace: bool) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from one; those of old Macs, which share one, likewise."""
    number = start = 0
    with opened(path) as file:
        while raw := file.readline(LONGEST + 1):
            if len(raw) > LONGEST:
                raise BadData(f"line {number + 1:,} has more than {LONGEST:,} bytes; break it up")
            text = _utf8.decoded(raw, replace=replace, bytes_before=start, lines_before=number)
            start, number = start + len(raw), number + 1
            if start > MOST_BYTES:
                raise BadData(f"it holds more than {MOST_BYTES:,} bytes; cut it into parts")
            for line in text.removesuffix("\n").split("\n"):
                yield number, line


def _refuse(number: int, why: str) -> None:
    raise BadData(f"line {number:,} {why}")
