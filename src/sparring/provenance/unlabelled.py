"""Notes which files were written without labels, as whoever hands them on may have to tell.

China's measures on labelling (标识办法, Art. 9) let a provider give unlabelled copies on request
and have it keep a log of that for six months or more. Nothing deletes this one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sparring.core import files
from sparring.provenance.facts import Origin

NAME = "unlabelled.jsonl"
MOST = 100  # files, and seeds, of one entry


def log() -> Path:
    """Where it is noted."""
    return files.cache_dir() / NAME


def note(paths: Sequence[Path], origin: Origin, seeds: Sequence[int], sent: int = 0) -> None:
    """Add one line, before the files are written.

    Args:
        paths: of the files.
        origin: what made them.
        seeds: of the samples in them.
        sent: how many more leave over a network or are shown, and lie nowhere.

    Raises:
        OutOfResources: the disk is full.
        UserError: the log cannot be written; then no unlabelled file is, either.
    """
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [str(path.absolute()) for path in paths[:MOST]],
        "num_files": len(paths) + sent,
        "model": origin.model,
        "seeds": list(seeds[:MOST]),
        "ways": dict(origin.ways),
    }
    line = (json.dumps(entry) + "\n").encode()
    path = log()
    with files.writing(path, len(line)):
        path.parent.mkdir(parents=True, exist_ok=True)
        # One write at the end of the file, so that lines of several processes stay whole.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
