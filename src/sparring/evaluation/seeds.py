"""Runs that differ by their seed alone: what the recipe gives, whatever the seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy import stats

from sparring.evaluation import _paper
from sparring.evaluation._paper import Paper
from sparring.evaluation.report import Report
from sparring.evaluation.scores import ARROWS, Reading, Score, leading, shown

FORMAT = "sparring seeds 2"
SURE = 0.95


@dataclass(frozen=True)
class Summary:
    """A figure over several trainings, by one extractor.

    Attributes:
        score: of the first, for its names.
        first: by the extractor that looked, of the first training.
        values: one for each training.
        mean: of the values.
        low: bound of Student's 95 % interval of the mean.
        high: the other bound.
    """

    score: Score
    first: Reading
    values: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def measures(self) -> bool:
        """Whether it is by the extractor that measures; others confirm."""
        return self.first is self.score.readings[0]

    @property
    def extent(self) -> str:
        """Mean and half of the interval."""
        return f"{shown(self.mean)} ± {shown((self.high - self.low) / 2)}"

    def sentence(self) -> str:
        """In words."""
        by = "" if self.measures else f" by {self.first.extractor}"
        return f"{self.score.label}{by} {self.extent} over {len(self.values)} seeds."

    def to_json(self) -> dict[str, Any]:
        """Plainly."""
        return {
            "metric": self.score.metric,
            "figure": self.score.name,
            "extractor": self.first.extractor,
            "better": self.score.better,
            "values": list(self.values),
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
        }


def groups(reports: Sequence[Report]) -> list[list[Report]]:
    """Those that were trained by one recipe with several seeds and judged by the same data."""
    found: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        subject, data = report.verdict.subject, report.basis["data"]
        if subject["kind"] == "model":
            key = subject["recipe_sha256_of_any_seed"], data["held_out_sha256"]
            found.setdefault(key, []).append(report)
    return [
        group
        for group in found.values()
        if len({report.verdict.subject["training_seed"] for report in group}) > 1
    ]


def summaries(reports: Sequence[Report]) -> list[Summary]:
    """Mean and interval (Student 1908, "The probable error of a mean") of what all have."""
    assert len(reports) > 1, "one training says nothing about seeds"
    found = []
    tables = [{(s.metric, s.name): s for s in report.verdict.scores} for report in reports]
    for key, score in tables[0].items():
        if not all(key in table for table in tables):
            continue
        by_look = [{r.extractor: r.figure.value for r in table[key].readings} for table in tables]
        for first in score.readings:
            if all(first.extractor in values for values in by_look):
                values = [values[first.extractor] for values in by_look]
                found.append(_summary(score, first, values))
    return found


def _summary(score: Score, first: Reading, values: Sequence[float]) -> Summary:
    count, mean = len(values), statistics.mean(values)
    reach = stats.t.ppf((1 + SURE) / 2, count - 1) * statistics.stdev(values) / math.sqrt(count)
    return Summary(score, first, tuple(values), mean, float(mean - reach), float(mean + reach))


def facts(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """A summary of every group, plainly."""
    return [
        {
            "recipe": group[0].verdict.subject["recipe"],
            "seeds": [report.verdict.subject["training_seed"] for report in group],
            "models": [report.name for report in group],
            "extractors": group[0].basis["extractors"],
            "figures": [each.to_json() for each in summaries(group)],
        }
        for group in groups(reports)
    ]


def save(reports: Sequence[Report], folder: Path) -> Path:
    """Write `seeds.json`, `seeds.md` and `seeds.html`; returns the last one.

    Raises:
        OutOfResources: the disk is full.
        UserError: the folder cannot be written.
    """
    paper = Paper("The same recipe with several seeds")
    for group in groups(reports):
        paper.heading(", ".join(report.name for report in group))
        paper.words(
            "Mean over the trainings, with Student's 95 % interval of that mean, by every "
            "extractor that gave the figure."
        )
        found = summaries(group)
        paper.verdict(leading_sentence(found))
        header = ["", "by", *(f"seed {r.verdict.subject['training_seed']}" for r in group)]
        rows = [
            [
                f"{each.score.label} {ARROWS[each.score.better]}",
                each.first.extractor,
                *(shown(value) for value in each.values),
                each.extent,
                shown(each.first.floor.value) if each.first.floor else "-",
            ]
            for each in found
        ]
        paper.table([*header, "mean", "floor"], rows)
    return _paper.save(folder, "seeds", paper, {"format": FORMAT, "groups": facts(reports)})


def leading_sentence(found: Sequence[Summary]) -> str:
    """The summary of the figure that matters most."""
    chief = leading([each.score for each in found])
    told = [each.sentence() for each in found if each.score is chief]
    return " ".join(told)
