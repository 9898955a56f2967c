"""What a training has shown so far: recent signs, the best score, and what was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sparring.training.advice import DETECTORS
from sparring.training.detectors import LONGEST, Finding
from sparring.training.signs import Signs

QUIET = 3  # rows or looks without it after which something is over, and would be said again
LOUDEST = 6  # times after which that number does not double any more


class History:
    """Recent signs and what they have shown; part of every checkpoint.

    Rows come at every `training.log_every`, looks at every `judge.every` samples.
    """

    def __init__(self) -> None:
        self.rows: list[Signs] = []
        self.looks: list[Signs] = []
        self.active: dict[str, int] = {}  # what shows, and for how many rows or looks it did not
        self.looked = 0  # samples shown at the last look
        self.scorings = 0
        self.best_score = math.inf
        self.best_samples = -1
        self.eye = ""  # what looked

    def note_row(self, signs: Mapping[str, int | float]) -> None:
        """Keep the signs of a row of metrics."""
        values = {name: float(value) for name, value in signs.items()}
        self.rows = [*self.rows, values][-LONGEST:]

    def note_look(self, signs: Mapping[str, float], samples: int) -> None:
        """Keep the signs of a look at generated samples, and whether they are the best."""
        look = dict(signs)
        if "score" in look:
            self.scorings += 1
            if look["score"] < self.best_score:
                self.best_score, self.best_samples = look["score"], samples
            look["best_score"] = self.best_score
        self.looks = [*self.looks, look][-LONGEST:]

    def seen_by(self, eye: str) -> None:
        """Who looks now; scores by another one's features compare with nothing, so they go."""
        if self.eye not in ("", eye):
            self.forget_best()
            self.looks.clear()
        self.eye = eye

    def begin_anew(self) -> None:
        """Forget signs and trouble, but not the best: what changed is to be given time to show."""
        self.rows.clear()
        self.looks.clear()
        self.active.clear()

    def findings(self, samples: int, said: Mapping[str, int], *, looked: bool) -> list[Finding]:
        """What begins to show now; what goes on is not said again.

        Args:
            samples: shown so far.
            said: how often each was said before; what comes and goes is said ever less often.
            looked: whether there is a new look.
        """
        begun = []
        for detector in DETECTORS:
            if detector.looks and not looked:
                continue
            seen = detector.sees(self.looks if detector.looks else self.rows)
            if seen and detector.name not in self.active:
                begun.append(detector.finding(samples, seen))
            often = min(max(said.get(detector.name, 0), 1), LOUDEST)
            self._mark(detector.name, seen=bool(seen), quiet=QUIET * 2 ** (often - 1))
        return begun

    def _mark(self, name: str, *, seen: bool, quiet: int) -> None:
        if seen:
            self.active[name] = 0
        elif name in self.active:
            self.active[name] += 1
            if self.active[name] >= quiet:
                del self.active[name]

    def forget_best(self) -> None:
        """The best checkpoint is gone; the next score is the best."""
        self.best_score, self.best_samples = math.inf, -1

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        best = [self.best_score, self.best_samples] if self.best_samples >= 0 else []
        return {
            "rows": self.rows,
            "looks": self.looks,
            "active": self.active,
            "looked": self.looked,
            "scorings": self.scorings,
            "best": best,
            "eye": self.eye,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.rows, self.looks = _signs(state["rows"]), _signs(state["looks"])
        self.active = {str(name): int(quiet) for name, quiet in state["active"].items()}
        self.looked, self.scorings = int(state["looked"]), int(state["scorings"])
        self.eye = str(state["eye"])
        self.forget_best()
        if state["best"]:
            score, samples = state["best"]
            self.best_score, self.best_samples = float(score), int(samples)


def _signs(stored: Sequence[Mapping[str, Any]]) -> list[Signs]:
    return [{str(name): float(value) for name, value in each.items()} for each in stored]
