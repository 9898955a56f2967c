"""What was measured: figures by every extractor, their floors, and what they tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sparring.metrics import Better, Figure

LEADING = ("frechet", "kernel")
"""The metrics that a verdict in one sentence goes by, in this order; else the first there is."""


@dataclass(frozen=True)
class Reading:
    """A figure as one extractor gives it.

    Attributes:
        extractor: its name.
        figure: of the subject.
        floor: of real samples in the subject's place; None where it could not be measured.
    """

    extractor: str
    figure: Figure
    floor: Figure | None

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of its floor, where that is surely above 0."""
        if self.floor is None or self.floor.low <= 0:
            return None
        return _finite(self.figure.value / self.floor.value)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; what is no number becomes null."""
        return {
            "extractor": self.extractor,
            **_plain(self.figure),
            "floor": None if self.floor is None else _plain(self.floor),
            "times_floor": self.ratio,
        }


@dataclass(frozen=True)
class Score:
    """One figure of one metric.

    Attributes:
        metric: its file's name.
        label: what a table calls the figure.
        name: of the figure.
        better: where it is better.
        source: paper and equation.
        readings: one for each extractor, the measuring one first; at least one.
    """

    metric: str
    label: str
    name: str
    better: Better
    source: str
    readings: tuple[Reading, ...]

    @property
    def figure(self) -> Figure:
        """By the extractor that measures."""
        return self.readings[0].figure

    @property
    def floor(self) -> Figure | None:
        """By the extractor that measures."""
        return self.readings[0].floor

    @property
    def apart(self) -> bool | None:
        """Whether all extractors tell the subject from real data by this figure.

        None where they disagree or there is no floor.
        """
        told = [
            difference(reading.floor, reading.figure).sign
            for reading in self.readings
            if reading.floor is not None
        ]
        return bool(told[0]) if told and len(set(told)) == 1 else None

    def to_json(self) -> dict[str, Any]:
        """Everything, plainly."""
        return {
            "metric": self.metric,
            "label": self.label,
            "figure": self.name,
            "better": self.better,
            "source": self.source,
            "readings": [reading.to_json() for reading in self.readings],
            "apart_from_real": self.apart,
        }


@dataclass(frozen=True)
class Omitted:
    """A metric that gave no number, and why."""

    metric: str
    title: str
    extractor: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """Second minus first, with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval leaves no doubt, else 0."""
        return (self.low > 0) - (self.high < 0)

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    def to_json(self) -> dict[str, float | None]:
        """Plain numbers."""
        return {name: _finite(value) for name, value in asdict(self).items()}


def difference(first: Figure, second: Figure) -> Difference:
    """Second minus first, from the intervals of both.

    Zou and Donner 2008, "Construction of confidence limits about effect measures", equation 3: it
    keeps intervals that are longer on one side. Both are taken as independent, which is on the safe
    side where the same real samples stand behind them.
    """
    value = second.value - first.value
    low = math.hypot(second.value - second.low, first.high - first.value)
    high = math.hypot(second.high - second.value, first.value - first.low)
    return Difference(value, value - low, value + high)


def nearer(first: Reading, second: Reading, better: Better) -> int:
    """1 where the second is surely nearer to what real samples score, -1 where the first is, or 0.

    What lies beyond the floor is no better than the floor; of a figure that is best at it, such as
    precision, it is as bad as what lies as far on the other side. The floor is that of the first:
    equal counts have equal floors, of what is compared at all. Without one, figures of that kind
    tell nothing.
    """
    ours, theirs, floor = first.figure, second.figure, first.floor
    if floor is None:
        sign = difference(ours, theirs).sign
        return {"higher": sign, "lower": -sign, "real": 0}[better]
    if better == "higher" or (better == "real" and max(ours.value, theirs.value) <= floor.value):
        ours, theirs, floor = _negative(ours), _negative(theirs), _negative(floor)
    beyond = _mirrored if better == "real" else _floor
    # From here on, more is worse.
    ours, theirs = (
        figure if figure.value >= floor.value else beyond(figure, floor)
        for figure in (ours, theirs)
    )
    return -difference(ours, theirs).sign


def _negative(figure: Figure) -> Figure:
    return Figure(-figure.value, -figure.high, -figure.low)


def _mirrored(figure: Figure, floor: Figure) -> Figure:
    """As far on the other side of the floor, whose own error then counts twice."""
    value = 2 * floor.value - figure.value
    low = math.hypot(figure.high - figure.value, 2 * (floor.value - floor.low))
    high = math.hypot(figure.value - figure.low, 2 * (floor.high - floor.value))
    return Figure(value, value - low, value + high)


def _floor(_figure: Figure, floor: Figure) -> Figure:
    return floor


def leading(scores: Sequence[Score]) -> Score:
    """The score that a sentence goes by."""
    assert scores, "a verdict has at least one score"
    for metric in LEADING:
        for score in scores:
            if score.metric == metric:
                return score
    return scores[0]


def shown(value: float | None) -> str:
    """A number as tables show it: four digits, thousands with commas, three digits below 0.001."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return f"{value:#.3g}"  # four decimals would make zeros of them
    if abs(value) < 0.1:
        return f"{value:.4f}"
    return f"{value:#.4g}" if abs(value) < 1 else f"{value:.4g}"


def shown_figure(figure: Figure | None) -> str:
    """A figure and its interval."""
    return "-" if figure is None else f"{shown(figure.value)} [{shown_interval(figure)}]"


def shown_interval(figure: Figure) -> str:
    """The bounds of a figure."""
    return f"{shown(figure.low)}, {shown(figure.high)}"


def label(title: str, figure: str, alone: bool) -> str:
    """What a table calls a figure: the metric's title, or its own name where there are several."""
    figure, of, part = figure.partition(PART)
    if alone:
        return title + of + part
    words = [word.upper() if word in SHORT else word for word in figure.split("_")]
    return words[0][:1].upper() + " ".join(words)[1:] + of + part


PART = " of "  # between a figure and the part of the samples that it is a detail of
SHORT = ("kl", "tv", "bleu")  # names that are abbreviations
ARROWS: Mapping[Better, str] = {"lower": "↓", "higher": "↑", "real": "≈"}


def _plain(figure: Figure) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in asdict(figure).items()}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
