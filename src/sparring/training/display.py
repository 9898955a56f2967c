"""What a person sees while a training runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sparring.training.advice import WORDS

LINE_EVERY = 10.0  # seconds between plain lines


class Display:
    """Progress with ETA, samples a second and the two scores D(real), D(fake), on stderr.

    Args:
        total: samples in the whole training.
        quiet: say nothing at all.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self.total = total
        self.start = 0
        self.quiet = quiet
        self.console = Console(stderr=True, quiet=quiet, soft_wrap=True)
        self._begun = self._lined = time.monotonic()
        self._scores = self._judged = ""
        self._bar: Progress | None = None
        if self.console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.fields[done]}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[speed]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[scores]}"),
                console=self.console,
            )
            self._task = self._bar.add_task("", total=total, done="", speed="", scores="")

    def __enter__(self) -> Display:
        if self._bar is not None:
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

    def begin(self, samples: int) -> None:
        """So many samples were shown before; speed counts from here."""
        self.start = samples
        self._begun = self._lined = time.monotonic()

    def say(self, text: str) -> None:
        """One line of talk."""
        self.console.print(text, highlight=False, markup=False)

    def warn(self, text: str) -> None:
        """One line that must be seen, even by those who asked for quiet."""
        Console(stderr=True, soft_wrap=True).print(text, highlight=False, markup=False)

    def picture(self, path: Path) -> None:
        """A new preview was drawn."""
        if self._bar is None:
            self.say(f"  preview {path}")

    def numbers(self, values: Mapping[str, int | float], trouble: Sequence[str]) -> None:
        """The newest row of metrics, and the names of the findings that go on."""
        if "score" in values:
            self._judged = f"  score {values['score']:.3g}"
        said = ""
        if "d_real" in values and "d_fake" in values:
            said = f"D(real) {values['d_real']:.2f}  D(fake) {values['d_fake']:.2f}"
        elif "nats" in values:
            said = f"{values['nats']:.2f} nats"
        words = "".join(f"  ! {WORDS.get(name, name)}" for name in trouble)
        self._scores = f"{said}{self._judged}{words}"

    def advance(self, samples: int) -> None:
        """So many samples have been shown in all."""
        now = time.monotonic()
        shown = min(samples, self.total)  # the last batch may go a little beyond
        speed = (samples - self.start) / max(now - self._begun, 1e-9)
        if self._bar is not None:
            self._bar.update(
                self._task,
                completed=shown,
                done=f"{shown:,} of {self.total:,}",
                speed=f"{speed:,.0f}/s",
                scores=self._scores,
            )
        elif now - self._lined >= LINE_EVERY:
            self._lined = now
            left = round((self.total - shown) / max(speed, 1e-9))
            self.say(
                f"{shown:>10,} of {self.total:,} samples  {speed:,.0f}/s  "
                f"{left // 60}:{left % 60:02} left  {self._scores}"
            )
