"""How the training of what is judged went: its rows, and what its health check found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.core import files

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """Of one run; empty where there is none.

    Attributes:
        rows: of `metrics.jsonl`.
        findings: `samples`, `name` and `sentence` of each, oldest first.
    """

    rows: tuple[Row, ...] = ()
    findings: tuple[Row, ...] = ()

    @classmethod
    def of(cls, run: Path) -> Course:
        """What stands in a run's folder; sentences only in the manifest of one that has ended."""
        rows = tuple(files.read_rows(run / "metrics.jsonl"))
        return cls(rows, tuple(_found(rows, _told(run))))


def _found(rows: tuple[Row, ...], told: list[Row]) -> list[Row]:
    """What rows name, as the manifest tells it, which may be older or newer than they are."""
    left = list(told)
    found = []
    for row in rows:
        names = row.get("findings")
        for name in names if type(names) is list else ():
            same = next((each for each in left if each["name"] == name), None)
            if same is not None:
                left.remove(same)
            found.append(same or {"samples": _samples(row), "name": str(name), "sentence": ""})
    return sorted([*found, *left], key=lambda each: each["samples"])


def _samples(row: Row) -> int:
    samples = row.get("samples")
    return samples if type(samples) is int else 0


def _told(run: Path) -> list[Row]:
    try:
        health = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["health"]
        return [
            {"samples": int(f["samples"]), "name": str(f["name"]), "sentence": str(f["sentence"])}
            for f in health
        ]
    # Anything may stand in a file.
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []
