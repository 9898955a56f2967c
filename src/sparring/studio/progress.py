"""How a run is doing, read from its folder alone, so that any process may train it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.training.advice import ABSENT, DETECTORS
from sparring.training.run import Run

POINTS = 400  # of a curve, which is more than a screen shows
NEEDS: Mapping[str, tuple[str, ...]] = {
    "pinned": ("d_real", "d_fake", "slope_generator"),
    "saturated": ("told_apart", "score_relative"),
    "vanishing": ("slope_generator",),
    "collapsed": ("diversity",),
    "lost_classes": ("classes",),
    "diverging": ("score",),
    "blind": ("d_real", "d_fake", "score_relative"),
    "overfitting": ("told_apart_held_out",),
    "memorising": ("copies",),
    "oscillating": ("score",),
    "ignored_labels": ("heeded",),
    "wrong_labels": ("label_accuracy_real",),
    "starved": ("waiting",),
}
"""What rows must have told before the silence of a detector means that nothing is wrong."""
LAMPS = (*(detector.name for detector in DETECTORS), ABSENT[0], "not_finite")


@dataclass(frozen=True)
class Curve:
    """One line of a chart: samples shown, and the value then."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Progress:
    """What there is to say of a run.

    Attributes:
        name: of its folder.
        recipe: as it was when the run began.
        samples: shown so far, as the newest row has it.
        speed: samples a second.
        rows: of `metrics.jsonl`.
        previews: pictures by the samples shown before them.
        lit: what went wrong, with the samples at which it was last said.
        measured: lamps for which there were numbers to go by.
        sentences: what the run itself said of that, where its manifest has it.
    """

    name: str
    recipe: Recipe
    samples: int
    speed: float
    rows: Sequence[Mapping[str, Any]]
    previews: Sequence[tuple[int, Path]]
    lit: Mapping[str, int]
    measured: Set[str]
    sentences: Mapping[str, str]

    @property
    def share(self) -> float:
        """How much of the training has passed, in [0, 1]."""
        return min(self.samples / self.recipe.samples, 1.0)

    @property
    def seconds_left(self) -> float:
        """At the present speed; NaN where there is none yet."""
        left = max(self.recipe.samples - self.samples, 0)
        return left / self.speed if self.speed > 0 else math.nan

    def curve(self, name: str) -> Curve:
        """One number of all rows, thinned to what a screen shows."""
        values = [
            (float(row["samples"]), float(row[name]))
            for row in self.rows
            if type(row.get(name)) in (int, float)
        ]
        step = max(len(values) // POINTS, 1)
        return Curve(name, values[:-1][::step] + values[-1:])

    def losses(self) -> list[Curve]:
        """The loss of every player, where rows have them."""
        names = sorted({key for row in self.rows for key in row if key.startswith("loss")})
        return [self.curve(name) for name in names]


def progress(folder: Path) -> Progress:
    """How the run in a folder is doing.

    Raises:
        BadData: it is no run, or damaged.
    """
    run = Run(folder)
    rows = run.metrics
    last = rows[-1] if rows else {}
    return Progress(
        name=folder.name,
        recipe=run.recipe,
        samples=int(last.get("samples", run.samples)),
        speed=_speed(rows),
        rows=rows,
        previews=[(int(p.stem), p) for p in run.previews if p.stem.isdigit()],
        lit={str(name): int(row["samples"]) for row in rows for name in row.get("findings", ())},
        measured=_measured(run.recipe, rows),
        sentences=_sentences(run),
    )


def runs_in(folder: Path) -> list[Path]:
    """The runs in a folder, the one that changed last first."""
    found = [path.parent for path in folder.glob("*/recipe.json")]
    return sorted(found, key=_changed, reverse=True)


def _changed(folder: Path) -> float:
    files = [folder / name for name in ("metrics.jsonl", "manifest.json")]
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)


def _speed(rows: Sequence[Mapping[str, Any]]) -> float:
    """Over the last rows, as a machine is not equally free at all times."""
    some = [row for row in rows[-10:] if "seconds" in row]
    if len(some) < 2:
        return float(some[0].get("samples_per_second", 0.0)) if some else 0.0
    seconds = float(some[-1]["seconds"]) - float(some[0]["seconds"])
    return (some[-1]["samples"] - some[0]["samples"]) / seconds if seconds > 0 else 0.0


def _measured(recipe: Recipe, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Lamps that would have been lit if something were wrong."""
    told = {key for row in rows for key in row}
    found = {name for name, needs in NEEDS.items() if told.issuperset(needs)}
    if rows:
        found.add("not_finite")
    if "label_accuracy_real" in told:  # there are labels, whose counts were looked at first of all
        found.add(ABSENT[0])
    return found if recipe.conditional else found - {"ignored_labels"}


def _sentences(run: Run) -> dict[str, str]:
    try:
        told = run.manifest.get("health", [])
    except BadData:
        return {}  # it is written anew at this moment
    return {str(each["name"]): str(each["sentence"]) for each in told}
