"""A tiny real training on a few real pictures, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparring.core.recipe import Recipe, to_toml


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `sparring train` as a real process; returns once it has made some steps."""
    running: list[subprocess.Popen[str]] = []

    def start(recipe: Recipe, folder: Path, *, wait: bool = True) -> subprocess.Popen[str]:
        file = tmp_path / f"recipe-{len(running)}.toml"
        file.write_text(to_toml(recipe))
        process = subprocess.Popen(
            [sys.executable, "-m", "sparring", "train", file, "--out", folder, "--quiet"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        rows = folder / "metrics.jsonl"
        while wait and not (rows.is_file() and rows.stat().st_size):
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.01)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()
