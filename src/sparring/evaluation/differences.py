"""Several subjects before the same judge: what differs from the first, and whether it is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparring.evaluation.judge import Verdict
from sparring.evaluation.scores import (
    Difference,
    Score,
    difference,
    leading,
    shown,
)


@dataclass(frozen=True)
class Row:
    """One figure of all subjects.

    Attributes:
        scores: one for each subject.
        differences: of every subject but the first to the first, by extractor.
    """

    scores: tuple[Score, ...]
    differences: tuple[tuple[Difference, ...], ...]

    def winner(self, other: int) -> int:
        """1 where subject `other` is better than the first by every extractor, -1 where worse.

        0 where an interval holds 0, or where the extractors disagree.
        """
        signs = {each.sign for each in self.differences[other - 1]}
        sign = signs.pop() if len(signs) == 1 else 0
        return sign if self.scores[0].better == "higher" else -sign

    def agree(self, other: int) -> bool | None:
        """Whether all extractors say the same; None where there is but one."""
        signs = [each.sign for each in self.differences[other - 1]]
        return None if len(signs) < 2 else len(set(signs)) == 1

    def sentence(self, names: Sequence[str], other: int) -> str:
        """Whether this figure tells subject `other` from the first."""
        first, second = self.scores[0].figure, self.scores[other].figure
        gap = self.differences[other - 1][0]
        numbers = f"{self.scores[0].label} {shown(second.value)} against {shown(first.value)}"
        won = self.winner(other)
        if won:
            better = names[other] if won > 0 else names[0]
            both = ", and both extractors agree" if self.agree(other) else ""
            return (
                f"{better} is better: {numbers}, a difference of {shown(abs(gap.value))} "
                f"± {shown(gap.half)}{both}."
            )
        if self.agree(other) is False:
            return f"No claim: {numbers}, and the extractors disagree about it."
        return f"No real difference: {numbers} (± {shown(gap.half)})."

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
    """The figures that all subjects have, by the extractors that gave them for all."""
    found = []
    for first in verdicts[0].scores:
        same = [_like(first, verdict) for verdict in verdicts]
        scores = [score for score in same if score is not None]
        if len(scores) < len(verdicts):
            continue
        looks = [
            reading.extractor
            for reading in first.readings
            if all(reading.extractor in _by_look(score) for score in scores)
        ]
        if looks:
            tables = [_by_look(score) for score in scores]
            gaps = tuple(
                tuple(difference(tables[0][look], table[look]) for look in looks)
                for table in tables[1:]
            )
            found.append(Row(tuple(scores), gaps))
    return found


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
        parts = [f"{ahead[side]} on {tally.count(side)}" for side in (1, -1) if tally.count(side)]
        others = f" Of the other figures, {' and '.join(parts)} is better." if parts else ""
        return row.sentence(names, other) + others
    nearer, farther = (names[other], names[0]) if won > 0 else (names[0], names[other])
    rest = row.sentence(names, other).partition(": ")[2]
    more = f" Other figures: {with_it} of {len(tally)} say the same, {against} the opposite."
    return f"{nearer} is nearer to real than {farther}: {rest}{more if tally else ''}"


def _like(score: Score, verdict: Verdict) -> Score | None:
    return next(
        (each for each in verdict.scores if (each.metric, each.name) == (score.metric, score.name)),
        None,
    )


def _by_look(score: Score) -> dict[str, Any]:
    return {reading.extractor: reading.figure for reading in score.readings}
