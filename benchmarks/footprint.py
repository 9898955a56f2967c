"""What Sparring takes before and beside computing: memory, and the time until it answers."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from contest import HERE, PYTHON, say
from sparring.core.recipe import Recipe

SHORT = 12_800  # samples after which memory has stopped growing
TRIES = 11


def peak_memory(command: Sequence[str | Path], folder: str) -> int:
    """The most bytes that a process held in memory at once."""
    with subprocess.Popen(
        list(map(str, command)), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"code {process.returncode}: {' '.join(map(str, command))}")
    return usage.ru_maxrss * 1024  # Linux counts in KiB


def memory(recipe: str, precision: str) -> dict[str, int]:
    """The peaks of the whole of `sparring train` and of the bare step, each by itself."""
    say(f"memory of {recipe}")
    steps = SHORT // Recipe.read(recipe).batch
    given = [recipe, f"training.precision={precision}"]
    whole = [PYTHON, "-m", "sparring", "train", *given, f"samples={SHORT}", "--out", "run"]
    bare = [PYTHON, HERE / "baselines/bare_step.py", *given, "--steps", f"{steps}"]
    with tempfile.TemporaryDirectory() as folder:
        return {"sparring": peak_memory(whole, folder), "bare": peak_memory(bare, folder)}


def help_time() -> dict[str, Any]:
    """Seconds until `sparring --help` has answered, and those for importing typer alone."""
    say("sparring --help")
    ours, typer = [PYTHON, "-m", "sparring", "--help"], [PYTHON, "-c", "import typer"]
    times: dict[str, list[float]] = {"help": [], "typer": []}
    for _ in range(TRIES):
        for name, command in (("help", ours), ("typer", typer)):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name].append(time.perf_counter() - started)
    trace = subprocess.run(
        [PYTHON, "-X", "importtime", *ours[1:]], check=True, capture_output=True, text=True
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in trace.splitlines()}
    return {
        "help": median(times["help"]),
        "typer": median(times["typer"]),
        "imports_torch": any(name.partition(".")[0] == "torch" for name in imported),
        "modules": len(imported),
    }
