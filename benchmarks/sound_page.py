"""benchmarks/sound.md: what was measured of sounds, each table between marks of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparring.core.files import atomic_write

PAGE = Path(__file__).with_name("sound.md")


def keep_row(mark: str, row: Sequence[str]) -> None:
    """Put a row into the table of `mark`, in the place of the one with the same first cell."""
    head, rows = _between(mark)[:2], _between(mark)[2:]
    line = _line(row)
    places = [i for i, each in enumerate(rows) if each.startswith(f"| {row[0]} |")]
    if places:
        rows[places[0]] = line
    else:
        rows.append(line)
    _store(mark, [*head, *rows])


def keep_table(mark: str, rows: Sequence[Sequence[str]], note: str) -> None:
    """Put a whole table and a sentence about it in the place of those of `mark`."""
    head, *rest = rows
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rest)]
    _store(mark, [*lines, "", note])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ends(mark: str) -> tuple[str, str]:
    return f"<!-- {mark} -->", f"<!-- end of {mark} -->"


def _between(mark: str) -> list[str]:
    begin, end = _ends(mark)
    inside = PAGE.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    return inside.strip().splitlines()


def _store(mark: str, lines: Sequence[str]) -> None:
    begin, end = _ends(mark)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    inside = "\n".join(lines)
    page = f"{before}{begin}\n{inside}\n{end}{rest.partition(end)[2]}"
    atomic_write(PAGE, page.encode())
