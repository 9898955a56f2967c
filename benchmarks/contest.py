"""Rivals timed in alternation, so that whatever disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
PYTHON = sys.executable
FIRST = 10  # steps after which the length of a turn is chosen


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Contender:
    """A training in a process of its own that runs only in its turn.

    Attributes:
        name: how tables call it.
        facts: what it said of itself at the start; "batch" is the number of images in a step.
        steps: steps in one turn.
        answers: one for each turn that counts.
    """

    name: str
    process: subprocess.Popen[str]
    facts: dict[str, Any]
    steps: int = FIRST
    answers: list[dict[str, Any]] = field(default_factory=list)

    def turn(self) -> dict[str, Any]:
        """Train for one turn."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(self.steps, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with code {self.process.wait()}.")
        return json.loads(line) | {"steps": self.steps}

    @property
    def step_seconds(self) -> list[float]:
        """Seconds of one step in each turn, without pictures and checkpoints."""
        return [
            (a["seconds"] - sum(a.get("previews", [])) - sum(a.get("checkpoints", []))) / a["steps"]
            for a in self.answers
        ]

    @property
    def image_seconds(self) -> list[float]:
        """Seconds of one image in each turn, with its share of pictures and checkpoints."""
        shares = sum(
            self.event_seconds(event) / self.facts[every]
            for event, every in (("previews", "preview_every"), ("checkpoints", "checkpoint_every"))
            if every in self.facts
        )
        return [seconds / self.facts["batch"] + shares for seconds in self.step_seconds]

    def event_seconds(self, event: str) -> float:
        """Seconds of one picture or one checkpoint, the median over all turns."""
        seconds = [s for a in self.answers for s in a.get(event, [])]
        assert seconds, f"no {event} were seen; make the turns longer"
        return median(seconds)

    @property
    def pace(self) -> float:
        """Images a second in the last turn's steps."""
        return self.facts["batch"] / self.step_seconds[-1]

    @property
    def images_per_second(self) -> float:
        """The median over all turns."""
        return 1.0 / median(self.image_seconds)

    def to_json(self) -> dict[str, Any]:
        """All that was measured."""
        return {"name": self.name, **self.facts, "turns": self.answers}


def set_clock(clock: str, cores: int) -> None:
    """Decide for all contenders to come: clock "wall" or "cpu", and how many cores (0 = all)."""
    os.environ["BENCHMARK_CLOCK"] = clock
    if cores:  # every engine asks how many it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


@contextmanager
def contender(name: str, *command: str | Path) -> Iterator[Contender]:
    """Start one; it ends with the context."""
    process = subprocess.Popen(
        [*map(str, command), "--turns"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} did not start: {' '.join(map(str, command))}")
        yield Contender(name, process, json.loads(line))
    finally:
        process.stdin.close()
        process.wait(timeout=60)


def alternate(rivals: Sequence[Contender], *, seconds: float, rounds: int, warm_up: float) -> None:
    """Warm everyone up, then let all take turns of about `seconds`, `rounds` times."""
    for rival in rivals:
        rival.turn()  # the first steps build and choose kernels
        rival.steps = _steps(rival, rival.turn(), rival.facts.get("warm_up", warm_up))
        rival.steps = _steps(rival, rival.turn(), seconds)
        say(f"  {rival.name}: warm, {rival.steps} steps a turn")
    for number in range(rounds):
        shift = number % len(rivals)  # nobody always follows the same one
        for rival in [*rivals[shift:], *rivals[:shift]]:
            rival.answers.append(rival.turn())
        paces = ", ".join(f"{rival.name} {rival.pace:,.0f}" for rival in rivals)
        say(f"  round {number + 1} of {rounds}: {paces}")


def _steps(rival: Contender, answer: Mapping[str, Any], seconds: float) -> int:
    return max(1, round(seconds * answer["steps"] / answer["seconds"]))


def contest(
    commands: Mapping[str, Sequence[str | Path]], *, seconds: float, rounds: int, warm_up: float
) -> dict[str, Contender]:
    """The rivals of these commands, by name, after all their turns."""
    with ExitStack() as stack:
        rivals = [stack.enter_context(contender(n, *command)) for n, command in commands.items()]
        alternate(rivals, seconds=seconds, rounds=rounds, warm_up=warm_up)
    return {rival.name: rival for rival in rivals}


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The ratio of two medians."""
    return median(one) / median(other)


def spread(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest ratio within a round."""
    ratios = [a / b for a, b in zip(one, other, strict=True)]
    return min(ratios), max(ratios)
