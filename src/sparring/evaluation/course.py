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
        return cls(rows, tuple(_told(run) or _in_rows(rows)))


def _told(run: Path) -> list[Row]:
    try:
        health = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["health"]
        return [
            {"samples": int(f["samples"]), "name": str(f["name"]), "sentence": str(f["sentence"])}
            for f in health
        ]
    except (OSError, ValueError, KeyError, TypeError):  # anything may stand in a file
        return []


def _in_rows(rows: tuple[Row, ...]) -> list[Row]:
    found = [(row, row.get("findings")) for row in rows]
    return [
        {"samples": row.get("samples", 0), "name": str(name), "sentence": ""}
        for row, names in found
        if type(names) is list
        for name in names
    ]
