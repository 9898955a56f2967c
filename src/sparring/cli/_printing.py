"""What verbs print: stdout is data, stderr is talk."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from sparring.core.errors import OutOfResources
from sparring.core.files import FULL

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


@contextlib.contextmanager
def to_the_end() -> Iterator[None]:
    """A block after which all that it printed has left; who reads no further has had enough.

    Raises:
        OutOfResources: it does not fit where standard output goes.
    """
    try:
        try:
            yield
        except SystemExit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except OSError as error:
        has_left = isinstance(error, BrokenPipeError)
        if error.filename is not None or not (has_left or error.errno in FULL):
            raise  # it is of something else
        # Python flushes once more when it ends, and would complain of the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if has_left:
            sys.exit(1)
        raise OutOfResources(
            f"What was to be printed does not fit where standard output goes: {error.strerror}."
        ) from error


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
