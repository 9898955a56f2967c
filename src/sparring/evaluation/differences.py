"""Several subjects before the same judge: what differs from the first, and whether it is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparring.core import components
from sparring.evaluation.judge import Verdict
from sparring.evaluation.scores import (
    PART,
    Difference,
    Reading,
    Score,
    difference,
    leading,
    nearer,
    shown,
)
from sparring.metrics import Metric


@dataclass(frozen=True)
class Row:
    """One figure of all subjects.

    Attributes:
        scores: one for each subject.
        differences: of every subject but the first to the first, by extractor.
        nearer: the same as 1 where that subject is surely nearer to real samples than the first,
            -1 where it is farther from them, else 0.
        by_samples: whether the metric looks at samples, so that no second extractor could confirm.
    """

    scores: tuple[Score, ...]
    differences: tuple[tuple[Difference, ...], ...]
    nearer: tuple[tuple[int, ...], ...]
    by_samples: bool

    def winner(self, other: int) -> int:
        """1 where subject `other` is nearer to real than the first by every extractor, -1 farther.

        0 where an interval holds 0, where the extractors disagree, or where the difference is one
        beyond what real samples score.
        """
        signs = set(self.nearer[other - 1])
        return signs.pop() if len(signs) == 1 else 0

    def differs(self, other: int) -> bool:
        """Whether any extractor sees a difference, or which of the two is nearer to real."""
        return any(self.nearer[other - 1]) or any(g.sign for g in self.differences[other - 1])

    def agree(self, other: int) -> bool | None:
        """Whether all extractors say the same; None where there is but one."""
        signs = self.nearer[other - 1]
        return None if len(signs) < 2 else len(set(signs)) == 1

    def sentence(self, names: Sequence[str], other: int) -> str:
        """Whether this figure tells subject `other` from the first."""
        first, second = self.scores[0].figure, self.scores[other].figure
        floor, gaps = self.scores[0].floor, self.differences[other - 1]
        won = self.winner(other)
        named, against = (first, second) if won < 0 else (second, first)
        numbers = f"{self.scores[0].label} {shown(named.value)} against {shown(against.value)}"
        real = f"real samples score {shown(floor.value)}" if floor else "there is no floor"
        if won:
            better = names[other] if won > 0 else names[0]
            by = ", and both extractors agree" if self.agree(other) else ""
            if len(gaps) == 1 and not self.by_samples:
                by = ", by one extractor; no second one confirms it"
            best = f" where {real}" if self.scores[0].better == "real" else ""
            return (
                f"{better} is better: {numbers}{best}, a difference of {shown(abs(gaps[0].value))} "
                f"± {shown(gaps[0].half)}{by}."
            )
        if self.agree(other) is False or len({gap.sign for gap in gaps}) > 1:
            return f"No claim: {numbers}, and the extractors do not say the same."
        if self.differs(other):
            return f"No claim: {numbers} differ, but {real}, so that neither is surely nearer."
        return f"No real difference: {numbers} (± {shown(gaps[0].half)})."

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Plainly."""
        return {
            "metric": self.scores[0].metric,
            "figure": self.scores[0].name,
            "better": self.scores[0].better,
            "models": {
                name: score.to_json()["readings"]
                for name, score in zip(names, self.scores, strict=True)
            },
            "differences": [
                {
                    "from": names[0],
                    "to": names[other],
                    "by_extractor": [each.to_json() for each in self.differences[other - 1]],
                    "extractors_agree": self.agree(other),
                    "better": {1: names[other], 0: "", -1: names[0]}[self.winner(other)],
                    "sentence": self.sentence(names, other),
                }
                for other in range(1, len(names))
            ],
        }


def rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """The figures that all subjects have, by the extractors that gave them for all.

    Where subjects were asked for different label sets, those of all sets together are left out,
    as they tell other things of each.
    """
    alike = asked_alike(verdicts)
    found = []
    for first in verdicts[0].scores:
        same = [_like(first, verdict) for verdict in verdicts]
        scores = [score for score in same if score is not None]
        if len(scores) < len(verdicts) or not (alike or _is_of_any_sets(first)):
            continue
        looks = [
            reading.extractor
            for reading in first.readings
            if all(reading.extractor in _by_look(score) for score in scores)
        ]
        if looks:
            found.append(row(scores, looks))
    return found


def asked_alike(verdicts: Sequence[Verdict]) -> bool:
    """Whether all subjects were asked for the same label sets, or for none."""
    return len({frozenset(verdict.evidence.generated.labels) for verdict in verdicts}) == 1


def row(scores: Sequence[Score], looks: Sequence[str]) -> Row:
    """One figure of all subjects by the extractors in `looks`, which all have."""
    first, *others = [[_by_look(score)[look] for look in looks] for score in scores]
    pairs = [list(zip(first, readings, strict=True)) for readings in others]
    return Row(
        tuple(scores),
        tuple(tuple(difference(a.figure, b.figure) for a, b in each) for each in pairs),
        tuple(tuple(nearer(a, b, scores[0].better) for a, b in each) for each in pairs),
        _metric(scores[0]).by_samples,
    )


def overall(found: Sequence[Row], names: Sequence[str], other: int) -> str:
    """One sentence on whether subject `other` is nearer to real data than the first.

    It goes by the leading figure, and says how the other figures stand to it.
    """
    chief = leading([row.scores[0] for row in found])
    row = next(each for each in found if each.scores[0] is chief)
    won = row.winner(other)
    tally = [each.winner(other) for each in found if each is not row]
    with_it, against = tally.count(won), tally.count(-won)
    if not won:
        ahead = {1: names[other], -1: names[0]}
        parts: list[str] = []
        for side in (1, -1):
            if count := tally.count(side):
                verb = "" if parts else " is better"  # said once
                parts.append(f"{ahead[side]}{verb} on {count}")
        others = f" Of the other figures, {' and '.join(parts)}." if parts else ""
        return row.sentence(names, other) + others
    nearer, farther = (names[other], names[0]) if won > 0 else (names[0], names[other])
    rest = row.sentence(names, other).partition(": ")[2]
    more = f" Other figures: {with_it} of {len(tally)} say the same, {against} the opposite."
    return f"{nearer} is nearer to real than {farther}: {rest}{more if tally else ''}"


def _metric(score: Score) -> type[Metric]:
    found: type[Metric] = components.find(components.METRIC, score.metric)
    return found


def _is_of_any_sets(score: Score) -> bool:
    """Whether a figure tells the same whichever label sets were asked for."""
    return PART in score.name or not _metric(score).by_labels


def _like(score: Score, verdict: Verdict) -> Score | None:
    return next(
        (each for each in verdict.scores if (each.metric, each.name) == (score.metric, score.name)),
        None,
    )


def _by_look(score: Score) -> dict[str, Reading]:
    return {reading.extractor: reading for reading in score.readings}
