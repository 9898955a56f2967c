"""Trainings that wait for their turn, so that rivals can be timed in alternation.

A contender reads a number of steps from stdin, trains that many, and answers on stdout with one
line of JSON that says how many seconds they took. Between turns it sleeps and disturbs nobody.
This file and the baselines beside it need nothing of Sparring.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

now = time.process_time if os.environ.get("BENCHMARK_CLOCK") == "cpu" else time.perf_counter
"""Seconds on the wall, or of this process on any core: those do not grow on a busy machine."""

Advance = Callable[[int], dict[str, Any] | None]


def answer(advance: Advance, **facts: Any) -> None:
    """Say who we are, then call `advance(steps)` whenever asked, until stdin ends."""
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        started = now()
        more = advance(int(line))
        seconds = now() - started
        print(json.dumps({"seconds": seconds, **(more or {})}), flush=True)


def alone(advance: Advance, steps: int, batch: int, every: int = 100) -> None:
    """Train by oneself and say how fast."""
    for _ in range(0, steps, every):
        started = now()
        advance(every)
        print(f"{every * batch / (now() - started):,.0f} images/s", flush=True)


def digits(path: Path) -> npt.NDArray[np.uint8]:
    """The images of MNIST's `train-images-idx3-ubyte.gz`, (60000, 28, 28)."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16).reshape(
        -1, 28, 28
    )
