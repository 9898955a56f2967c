"""Pages of figures in which each table stands between marks of its own, to be written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparring.core.files import atomic_write


def line(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; the first row is its head."""
    head, *rest = rows
    return [line(head), line(["---"] * len(head)), *map(line, rest)]


def between(page: Path, mark: str) -> list[str]:
    """The lines that stand between the marks."""
    begin, end = _ends(mark)
    inside = page.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    return inside.strip().splitlines()


def store(page: Path, mark: str, lines: Sequence[str]) -> None:
    """Put lines in the place of those between the marks.

    Raises:
        SystemExit: the page has no such marks.
    """
    begin, end = _ends(mark)
    before, begun, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise SystemExit(f"{page} has no {begin} with its {end}.")
    inside = "\n".join(lines)
    atomic_write(page, f"{before}{begin}\n{inside}\n{end}{after}".encode())


def _ends(mark: str) -> tuple[str, str]:
    return f"<!-- {mark} -->", f"<!-- end of {mark} -->"
