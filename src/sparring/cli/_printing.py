"""What verbs print: stdout is data, stderr is talk."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def leads() -> bool:
    """Whether this is the one process of several (torchrun starts them) that prints results."""
    return os.environ.get("RANK", "0") == "0"


def show(result: Any) -> None:
    """Stdout is data: lines, or one JSON document."""
    if not leads():
        return
    if isinstance(result, list) and all(isinstance(line, str) for line in result):
        for line in result:
            print(line)
    else:
        print(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False))


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    """Rows as lines with aligned columns."""
    widths = [max(len(str(row[column])) for row in rows) for column in columns]
    return [
        "  ".join(str(row[c]).ljust(w) for c, w in zip(columns, widths, strict=True)).rstrip()
        for row in rows
    ]


def in_words(value: Any) -> str:
    """A fact in a line of text: yes and no, and lists with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {'yes' if v else 'no'}" for k, v in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
