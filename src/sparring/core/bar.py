"""How far long work is and how long it will take: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

LINE_EVERY = 10.0  # seconds between plain lines
WIDE = 72  # columns of a terminal that has room for the unit
SLOW = 10.0  # a second; a speed below it has decimals


class Bar:
    """Progress with ETA and speed, on stderr.

    Args:
        total: how much there is to do.
        unit: of what, such as "samples".
        quiet: say nothing at all.
        patience: seconds before a bar is shown, though nothing may be done yet. It then goes again
            when the work is done; without patience it is shown at once, and stays.

    Attributes:
        done: how much is.
        more: what stands behind it.
    """

    def __init__(
        self, total: int, unit: str = "samples", *, quiet: bool = False, patience: float = 0.0
    ) -> None:
        self.total = total
        self.unit = unit
        self.more = ""
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._late: threading.Timer | None = None
        # FORCE_COLOR makes any file a terminal for rich; a dumb one cannot move its cursor.
        if self.console.is_interactive and self.console.file.isatty() and not quiet:
            self._bar = Progress(
                TextColumn("{task.fields[done]}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[speed]}"),
                TextColumn("{task.fields[left]}"),
                TextColumn("{task.fields[more]}"),
                console=self.console,
                transient=patience > 0,
            )
            self._task = self._bar.add_task("", total=total, done="", speed="", left="", more="")
            self._late = threading.Timer(patience, self._bar.start) if patience else None
        self.begin(0)

    def __enter__(self) -> Bar:
        if self._bar is not None:
            (self._late or self._bar).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            try:
                if self._late is not None:
                    self._late.cancel()
                    self._late.join()  # or it could begin to be shown after it was stopped
            finally:  # a cursor that was hidden comes back, however impatient people are
                self._bar.stop()

    @property
    def is_plain(self) -> bool:
        """Whether there are lines instead of a bar."""
        return self._bar is None

    def begin(self, done: int) -> None:
        """So much was done before; speed counts from here."""
        self.done = self._before = done
        self._begun = self._lined = time.monotonic()
        self._draw("", "")

    def advance(self, done: int) -> None:
        """So much has been done in all."""
        self.done = min(done, self.total)  # the last batch may go a little beyond
        now = time.monotonic()
        a_second = (done - self._before) / max(now - self._begun, 1e-9)
        speed = f"{a_second:,.0f}/s" if a_second >= SLOW else f"{a_second:.1f}/s"
        left = _left((self.total - self.done) / a_second) if a_second > 0 else ""
        self._draw(speed, left)
        if self.is_plain and self.done < self.total and now - self._lined >= LINE_EVERY:
            self._lined = now
            self.console.print(
                f"{self.done:>10,} of {self.total:,} {self.unit}  {speed}  {left}  {self.more}",
                highlight=False,
                markup=False,
            )

    def _draw(self, speed: str, left: str) -> None:
        if self._bar is not None:
            unit = f" {self.unit}" if self.console.width >= WIDE else ""
            self._bar.update(
                self._task,
                completed=self.done,
                done=f"{self.done:,} of {self.total:,}{unit}",
                speed=speed,
                left=left,
                more=self.more,
            )


def _left(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left"
