"""Where the time goes: a trace of a run, and the ten costliest operations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from torch.profiler import ProfilerActivity, profile, supported_activities

from sparring.core import files


@contextlib.contextmanager
def traced(folder: Path, *, on: bool) -> Iterator[None]:
    """Write `trace.json` (for chrome://tracing or Perfetto) and `costs.txt` of what runs inside.

    Traces grow quickly: profile short trainings, a few thousand samples.
    """
    if not on:
        yield
        return
    activities = [a for a in ProfilerActivity.__members__.values() if a in supported_activities()]
    with profile(activities=activities) as seen:
        yield
    seen.export_chrome_trace(str(folder / "trace.json"))
    table = seen.key_averages().table(sort_by="self_cpu_time_total", row_limit=10)
    files.atomic_write(folder / "costs.txt", table.encode())
