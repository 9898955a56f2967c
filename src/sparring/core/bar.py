"""How far long work is and how long it will take: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

LINE_EVERY = 10.0  # seconds between plain lines
Own = TypeVar("Own", bound="Bar")


class Bar:
    """Progress with ETA and speed, on stderr.

    Args:
        total: how much there is to do.
        unit: of what, such as "samples".
        quiet: say nothing at all.
        patience: seconds of work before anything is shown. What then appears on a terminal goes
            again when the work is done; without patience it stays.

    Attributes:
        more: what stands behind it.
    """

    def __init__(
        self, total: int, unit: str = "samples", *, quiet: bool = False, patience: float = 0.0
    ) -> None:
        self.total = total
        self.unit = unit
        self.patience = patience
        self.more = ""
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True)
        self._bar: Progress | None = None
        if self.console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.fields[done]}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[speed]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[more]}"),
                console=self.console,
                transient=patience > 0,
            )
            self._task = self._bar.add_task("", total=total, done="", speed="", more="")
        self.begin(0)

    def __enter__(self: Own) -> Own:
        if self._bar is not None and not self.patience:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def is_plain(self) -> bool:
        """Whether there are lines instead of a bar."""
        return self._bar is None

    def begin(self, done: int) -> None:
        """So much was done before; speed counts from here."""
        self._start = done
        self._begun = self._lined = time.monotonic()

    def advance(self, done: int) -> None:
        """So much has been done in all."""
        now = time.monotonic()
        shown = min(done, self.total)  # the last batch may go a little beyond
        speed = (done - self._start) / max(now - self._begun, 1e-9)
        if self._bar is not None:
            if now - self._begun >= self.patience:
                self._bar.start()
            self._bar.update(
                self._task,
                completed=shown,
                done=f"{shown:,} of {self.total:,} {self.unit}",
                speed=f"{speed:,.0f}/s",
                more=self.more,
            )
        elif now - self._lined >= LINE_EVERY:
            self._lined = now
            left = round((self.total - shown) / max(speed, 1e-9))
            self.console.print(
                f"{shown:>10,} of {self.total:,} {self.unit}  {speed:,.0f}/s  "
                f"{left // 60}:{left % 60:02} left  {self.more}",
                highlight=False,
                markup=False,
            )
