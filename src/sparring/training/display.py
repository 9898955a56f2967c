"""What a person sees while a training runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console

from sparring.core.bar import Bar
from sparring.evaluation.scores import shown
from sparring.training.advice import WORDS


class Display:
    """Progress with ETA, samples a second and the two scores D(real), D(fake), on stderr.

    Args:
        total: samples in the whole training.
        quiet: say nothing at all.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._bar = Bar(total, quiet=quiet)
        self._judged = ""

    def __enter__(self) -> Display:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def begin(self, samples: int) -> None:
        """So many samples were shown before; speed counts from here."""
        self._bar.begin(samples)

    def advance(self, samples: int) -> None:
        """So many samples have been shown in all."""
        self._bar.advance(samples)

    def say(self, text: str) -> None:
        """One line of talk."""
        self._bar.console.print(text, highlight=False, markup=False)

    def warn(self, text: str) -> None:
        """One line that must be seen, even by those who asked for quiet."""
        Console(stderr=True, soft_wrap=True).print(text, highlight=False, markup=False)

    def picture(self, path: Path) -> None:
        """A new preview was drawn."""
        if self._bar.is_plain:
            self.say(f"  preview {path}")

    def numbers(self, values: Mapping[str, int | float], trouble: Sequence[str]) -> None:
        """The newest row of metrics, and the names of the findings that go on."""
        if "score" in values:
            self._judged = f"  score {shown(values['score'])}"
        said = ""
        if "d_real" in values and "d_fake" in values:
            said = f"D(real) {values['d_real']:.2f}  D(fake) {values['d_fake']:.2f}"
        elif "nats" in values:
            said = f"{values['nats']:.2f} nats"
        words = "".join(f"  ! {WORDS.get(name, name)}" for name in trouble)
        self._bar.more = f"{said}{self._judged}{words}"
