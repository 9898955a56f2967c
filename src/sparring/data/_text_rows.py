"""The texts in somebody's file one by one, whatever is wrong with some of them."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from sparring.core.errors import BadData
from sparring.core.mark import MARK
from sparring.modalities import _utf8

LONGEST = 1_000_000  # bytes of a line
HEAD = 4_096  # bytes that tell an encoding
COLUMN = "text"
PACKED = ".gz"
NAMED = 1_000  # lines that cannot be used of which the reasons are kept
Rows = Iterator[tuple[int, str]]
"""Numbers of lines from one, and what stands there."""


@dataclass
class Notes:
    """What is found out on the way.

    Attributes:
        ends: how many lines end in which way.
        columns: from which column how many texts were taken.
        refused: why lines cannot be used, by name, for the first 1,000 of them.
        num_refused: how many there are.
        file: where they stand, "" where there is only one file.
    """

    ends: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    num_refused: int = 0
    file: str = ""

    def refuse(self, number: int, reason: str) -> None:
        """A line cannot be used."""
        self.num_refused += 1
        if len(self.refused) < NAMED:
            self.refused[named(self.file, number)] = reason


def named(file: str, number: int) -> str:
    """How a line is called."""
    return f"{file} line {number:,}".lstrip()


def kind_of(path: Path) -> str:
    """A file's ending, but for ".gz"."""
    inner = path.with_suffix("") if path.suffix.lower() == PACKED else path
    return inner.suffix.lower()


def opened(path: Path) -> BufferedIOBase:
    """A file to read, unpacked where its name ends in ".gz"."""
    return gzip.GzipFile(path) if path.suffix.lower() == PACKED else path.open("rb")


def encoding(head: bytes) -> str:
    """What the first bytes of a file tell about its encoding.

    Raises:
        BadData: with the bare reason: it is not UTF-8.
    """
    for mark, name in _utf8.MARKS.items():
        if head.startswith(mark):
            raise BadData(f"it is {name}; save it as UTF-8")
    if 5 * head.count(0) > len(head):
        raise BadData("it looks like UTF-16 or no text at all; save it as UTF-8")
    return "UTF-8 with a byte order mark" if head.startswith(b"\xef\xbb\xbf") else "UTF-8"


def lines(file: BufferedIOBase, notes: Notes) -> Rows:
    """All lines that can be read; how they end is counted."""
    number = start = 0
    while raw := file.readline(LONGEST + 1):
        number, before, start = number + 1, start, start + len(raw)
        is_whole = raw.endswith(b"\n")
        if len(raw) > LONGEST:
            notes.refuse(number, f"it has more than {LONGEST:,} bytes")
            while not is_whole and (rest := file.readline(LONGEST)):
                start, is_whole = start + len(rest), rest.endswith(b"\n")
            continue
        kind = "CR LF (Windows)" if raw.endswith(b"\r\n") else "LF (Unix)"
        notes.ends[kind] += is_whole
        notes.ends["CR (old Mac)"] += raw.count(b"\r") - raw.endswith(b"\r\n")
        try:
            text = _utf8.decoded(raw, bytes_before=before, lines_before=number - 1)
        except BadData as reason:
            notes.refuse(number, str(reason))
            continue
        for line in text.removesuffix("\n").split("\n"):
            yield number, line


def texts(kind: str, found: Rows, notes: Notes) -> Rows:
    """The texts in such lines: lines of .txt, rows of .jsonl and .csv; stamps are none.

    Raises:
        BadData: there is no such kind of file, or no column with text.
    """
    for number, text in READERS[kind](found, notes):
        if not text.startswith(MARK.strip()):
            yield number, text


def _of_txt(found: Rows, notes: Notes) -> Rows:
    return found


def _of_jsonl(found: Rows, notes: Notes) -> Rows:
    column = ""
    for number, line in found:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            notes.refuse(number, "it is no JSON")
            continue
        row = row if isinstance(row, dict) else {COLUMN: row}
        column = column or _column(row)
        yield from _cell(number, row.get(column), column, notes)


def _of_csv(found: Rows, notes: Notes) -> Rows:
    reader = csv.reader(line + "\n" for _, line in found)
    names: list[str] = []
    column = ""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            notes.refuse(reader.line_num, f"it is no CSV: {error}")
            continue
        if row is None:
            return
        if not names:
            names = row
        elif row:
            cells = dict(zip(names, row, strict=False))
            column = column or _column({name: _number_or_text(cells[name]) for name in cells})
            yield from _cell(reader.line_num, cells.get(column), column, notes)


def _cell(number: int, value: Any, column: str, notes: Notes) -> Rows:
    if not isinstance(value, str):
        notes.refuse(number, f"it has no text in the column {column!r}")
        return
    try:
        notes.columns[column] += 1
        yield number, _utf8.decoded(value.encode("utf-8"), lines_before=number - 1)
    except UnicodeEncodeError:
        notes.refuse(number, "it holds half of a pair of surrogates")
    except BadData as reason:
        notes.refuse(number, str(reason))


def _column(row: dict[str, Any]) -> str:
    """Where the text stands: in the column "text", else in the first one that holds words."""
    if isinstance(row.get(COLUMN), str):
        return COLUMN
    return next((name for name, value in row.items() if isinstance(value, str)), COLUMN)


def _number_or_text(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


READERS: dict[str, Callable[[Rows, Notes], Rows]] = {
    ".txt": _of_txt,
    ".jsonl": _of_jsonl,
    ".csv": _of_csv,
}
