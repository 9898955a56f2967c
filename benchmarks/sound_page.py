"""benchmarks/sound.md: what was measured of sounds, each table between marks of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import marked

PAGE = Path(__file__).with_name("sound.md")


def keep_row(mark: str, row: Sequence[str]) -> None:
    """Put a row into the table of `mark`, in the place of the one with the same first cell."""
    lines = marked.between(PAGE, mark)
    head, rows = lines[:2], lines[2:]
    line = marked.line(row)
    places = [i for i, each in enumerate(rows) if each.startswith(f"| {row[0]} |")]
    if places:
        rows[places[0]] = line
    else:
        rows.append(line)
    marked.store(PAGE, mark, [*head, *rows])


def keep_table(mark: str, rows: Sequence[Sequence[str]], note: str) -> None:
    """Put a whole table and a sentence about it in the place of those of `mark`."""
    marked.store(PAGE, mark, [*marked.table(rows), "", note])
