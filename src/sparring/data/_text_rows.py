"""The texts in somebody's file one by one, whatever is wrong with some of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
BLOCK = 1 << 20  # bytes that are unpacked at once
MOST_BYTES = 20_000_000_000  # of one unpacked file
SCALARS = (str, int, float)  # truth values are whole numbers
HALF = "holds half of a pair of surrogates"
Rows = Iterator[tuple[int, str]]
"""Numbers of lines from one, and what stands there."""
Records = Iterator[tuple[int, Mapping[str, Any]]]
"""The same, of rows with columns."""
Refuse = Callable[[int, str], None]
"""Is told the number of a line that cannot be used and why, as in "is no JSON"."""


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


def unpacked(name: str, content: bytes) -> BufferedIOBase:
    """A file to read that is in memory already, unpacked where its name ends in ".gz".

    Raises:
        BadData: with the bare reason: it is damaged, or holds too much.
    """
    if not name.lower().endswith(PACKED):
        return io.BytesIO(content)
    file, size = gzip.GzipFile(fileobj=io.BytesIO(content)), 0
    try:
        while block := file.read(BLOCK):  # all of it, before anything in it is counted
            size += len(block)
            if size > MOST_BYTES:
                raise BadData(f"it holds more than {MOST_BYTES:,} bytes; cut it into parts")
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"it cannot be unpacked: {error}") from error
    file.seek(0)
    return file


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
    if kind != PLAIN:
        records = TABLES[kind](found, lambda number, why: notes.refuse(number, f"it {why}"))
        found = _cells(records, notes)
    for number, text in found:
        if not text.startswith(MARK.strip()):
            yield number, text


def _records_of_jsonl(found: Rows, refuse: Refuse) -> Records:
    for number, line in found:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            refuse(number, f"is no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            refuse(number, 'is no JSON object, such as {"text": "..."}')


def _records_of_csv(found: Rows, refuse: Refuse) -> Records:
    number = 0  # of the line that the reader has come to

    def fed() -> Iterator[str]:
        nonlocal number
        for at, line in found:
            number = at
            yield line + "\n"

    reader = csv.reader(fed(), strict=True)
    names: list[str] = []
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            refuse(number, f"is no CSV: {error}")
            continue
        if row is None:
            return
        if not names:
            names = row
        elif len(row) not in (0, len(names)):
            refuse(
                number,
                f"has {len(row):,} columns and the first has {len(names):,}; they are told apart "
                "by commas",
            )
        elif row:
            yield number, dict(zip(names, row, strict=True))


def text_of(value: Any, *, replace: bool = False, lines_before: int = 0) -> str:
    """What a cell says.

    Args:
        value: the cell, one of `SCALARS`.
        replace: as for `_utf8.decoded`.
        lines_before: as for `_utf8.decoded`.

    Raises:
        BadData: with the bare reason: it holds what no text may hold.
        UnicodeEncodeError: it holds half of a pair of surrogates, which is not to be replaced.
    """
    content = str(value).encode("utf-8", "surrogatepass" if replace else "strict")
    return _utf8.decoded(content, replace=replace, lines_before=lines_before)


def _cells(records: Records, notes: Notes) -> Rows:
    column = ""
    for number, row in records:
        column = column or _column(row)
        value = row.get(column)
        if not isinstance(value, SCALARS):
            notes.refuse(number, f"it has no text in the column {column!r}")
            continue
        notes.columns[column] += 1
        try:
            text = text_of(value, lines_before=number - 1)
        except UnicodeEncodeError:
            notes.refuse(number, f"it {HALF}")
        except BadData as reason:
            notes.refuse(number, str(reason))
        else:
            yield number, text


def _column(row: Mapping[str, Any]) -> str:
    """Where the text stands: in the column "text", else in the first one that holds words."""
    wordy = (name for name, value in row.items() if _is_words(value))
    return COLUMN if COLUMN in row else next(wordy, COLUMN)


def _is_words(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


PLAIN = ".txt"
TABLES: dict[str, Callable[[Rows, Refuse], Records]] = {
    ".jsonl": _records_of_jsonl,
    ".csv": _records_of_csv,
}
"""How the rows of a file are read, by its ending."""
KINDS = (PLAIN, *TABLES)
