"""JSON lines: every line tells its own recipe; the label of the whole lies in a file beside it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.provenance.carriers import (
    IPTC,
    RECIPE,
    Carrier,
    Found,
    Marks,
    Telling,
    Unreadable,
)
from sparring.provenance.carriers.document import as_word
from sparring.provenance.carriers.plain_text import decoded, is_text
from sparring.provenance.facts import Facts

LINE = 4_000_000  # bytes of a line that is looked at
MOST_LINES = 1_000_000  # in a file that is looked at
MOST_TELLINGS = 100  # sources and systems that differ, in one file


class JsonLines(Carrier):
    """One JSON object a line."""

    name = "JSON lines"
    suffixes = (".jsonl",)
    read_by_people = True
    has_room = False

    def claims(self, content: bytes) -> bool:
        """A text whose first line is an object."""
        try:
            return is_text(content) and next(_objects(content), None) is not None
        except BadData:
            return False

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Lines are what programs expect them to be, so nothing is put between them."""
        return content

    def find(self, content: bytes) -> Found:
        """What all lines say; those that say the same are told of once."""
        found = Found()
        number = noticed = 0
        try:
            for number, line in _objects(content):
                found.lines += 1
                noticed += line.get("Description") == mark.NOTICE
                facts = _recipe_of(number, line, found) if RECIPE in line else None
                _note(number, line, facts, found)
        except BadData as error:
            found.wrong_line = str(error)
        except RecursionError:  # what could just be read cannot be told again
            found.wrong_line = f"Line {number:,} is nested too deep."
        if noticed and noticed == found.lines and not found.wrong_line:
            found.notices.append(mark.NOTICE)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All of it."""
        yield content


def _objects(content: bytes) -> Iterator[tuple[int, dict[str, object]]]:
    """The object of each line that is not blank, with the number of the line, counted from 1.

    Raises:
        BadData: with a sentence that names the line: it holds no object.
        Unreadable: there are more lines than are looked at.
    """
    for number, line in enumerate(io.BytesIO(content), 1):
        if number > MOST_LINES:
            raise Unreadable(f"it has more than {MOST_LINES:,} lines")
        if len(line) > LINE:
            raise BadData(f"Line {number:,} has more than {LINE:,} bytes.")
        if not line.strip():
            continue
        try:
            read = json.loads(decoded(line), object_pairs_hook=_table, parse_constant=_no_number)
        except Unreadable as error:
            raise BadData(f"Line {number:,} is not UTF-8.") from error
        except RecursionError as error:
            raise BadData(f"Line {number:,} is nested too deep.") from error
        except _Twice as error:
            raise BadData(f"Line {number:,} has the name {error.name[:80]!a} twice.") from error
        except ValueError as error:
            raise BadData(f"Line {number:,} is no JSON.") from error
        if not isinstance(read, dict):
            raise BadData(f"Line {number:,} is no JSON object.")
        yield number, read


class _Twice(Exception):
    """A name stands twice in one object, and readers differ in which one they take."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            raise _Twice(name)
        table[name] = value
    return table


def _no_number(word: str) -> float:
    raise ValueError(word)


def _note(number: int, line: dict[str, object], facts: Facts | None, found: Found) -> None:
    iptc = tuple(as_word(line[name]) if name in line else None for name in IPTC)
    maker = (facts.system, facts.version) if facts else ()
    found.tellings.setdefault(Telling(iptc, *maker), number)
    if len(found.tellings) > MOST_TELLINGS:
        raise BadData(f"Up to line {number:,} more than {MOST_TELLINGS} sources are told.")


def _recipe_of(number: int, line: dict[str, object], found: Found) -> Facts:
    """How the sample of a line can be made again, counted.

    Raises:
        BadData: with a sentence that names the line: what it tells is no recipe.
    """
    found.telling += 1
    try:
        facts = Facts.read(json.dumps(line[RECIPE]))
    except BadData as error:
        _note(number, line, None, found)
        reason = str(error)
        raise BadData(f"Line {number:,} is wrong. {reason[:1].upper()}{reason[1:]}.") from error
    found.disclosing += facts.discloses
    return facts
