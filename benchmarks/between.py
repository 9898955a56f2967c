"""Puts tables into pages, between `<!-- MARK: begin -->` and `<!-- MARK: end -->`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sparring.core.files import atomic_write


def put(page: Path, tables: Mapping[str, str]) -> None:
    """Draw each table anew in the place of the one between its marks.

    Args:
        page: a Markdown file.
        tables: Markdown by mark.

    Raises:
        SystemExit: the page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    for mark, table in tables.items():
        begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{page} has no {begin} with its {end}.")
        text = f"{before}{begin}\n{table}\n{end}{after}"
    atomic_write(page, text.encode())
