"""Quality against diversity as reports show it: one drawing, one table, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from sparring.evaluation import _figures, sweep
from sparring.evaluation._figures import COLOURS, INK
from sparring.evaluation._paper import Paper
from sparring.evaluation.scores import shown_figure
from sparring.evaluation.sweep import Curve, Floor
from sparring.metrics import Figure

SIZE = (9.0, 4.8)  # inches
LOOKS = (("-", "o"), ("--", "s"), (":", "^"))  # line and mark of each way of one model
TITLE = "Quality against diversity"


def to_json(curves: Sequence[Curve], floor: Floor) -> dict[str, Any]:
    """What was measured, and what it tells."""
    return {
        "verdict": sweep.sentence(curves),
        "real_texts": floor.to_json(),
        "curves": [curve.to_json() for curve in curves],
    }


def write(paper: Paper, curves: Sequence[Curve], floor: Floor) -> None:
    """The section of a report."""
    paper.heading(TITLE)
    paper.words(
        "A tamer way of writing looks better and is less varied, so that one temperature proves "
        "nothing. Quality: nats a symbol of generated texts by a model of held-out ones. Quality "
        "and diversity together: nats a symbol of held-out texts by a model of generated ones. "
        f"The models count runs of symbols; every point rests on {floor.count:,} texts, and so "
        "does that of real ones, with 95 % intervals. Lower left is better, but what is tamer than "
        "real texts is no better than they are. A text that is chosen among several costs as many "
        "written ones."
    )
    paper.drawing(drawing(curves, floor), f"{TITLE}, with the temperature at every point")
    paper.table(
        ["way of writing", "texts for each", "temperature", "quality ↓", "with diversity ↓"],
        rows(curves, floor),
    )


def rows(curves: Sequence[Curve], floor: Floor) -> list[list[str]]:
    """A line for every point, real texts last."""
    found = [
        [
            curve.title,
            str(curve.cost),
            f"{point.temperature:g}",
            shown_figure(point.forward),
            shown_figure(point.reverse),
        ]
        for curve in curves
        for point in curve.points
    ]
    real = ["real training texts", "-", "-", shown_figure(floor.forward)]
    return [*found, [*real, shown_figure(floor.reverse)]]


def drawing(curves: Sequence[Curve], floor: Floor) -> bytes:
    """One panel as SVG."""
    figure, (axes,) = _figures.blank(SIZE)
    panel(axes, curves, floor)
    return _figures.svg(figure)


def panel(axes: Axes, curves: Sequence[Curve], floor: Floor) -> None:
    """All curves of all models, a colour for each model and a stroke for each way."""
    for curve, (colour, line, mark) in zip(curves, _strokes(curves), strict=True):
        axes.errorbar(
            [point.forward.value for point in curve.points],
            [point.reverse.value for point in curve.points],
            xerr=_reach([point.forward for point in curve.points]),
            yerr=_reach([point.reverse for point in curve.points]),
            color=colour, linestyle=line, marker=mark, markersize=4, linewidth=1.4,
            elinewidth=0.6, label=curve.title,
        )  # fmt: skip
        for point in curve.points:
            axes.annotate(
                f"{point.temperature:g}", (point.forward.value, point.reverse.value),
                xytext=(4, 4), textcoords="offset points", fontsize=7, color=colour,
            )  # fmt: skip
    axes.errorbar(
        [floor.forward.value], [floor.reverse.value],
        xerr=_reach([floor.forward]), yerr=_reach([floor.reverse]),
        color=INK, linestyle="", marker="*", markersize=11, elinewidth=0.6,
        label="real training texts", zorder=1,
    )  # fmt: skip
    axes.set_xlabel("nats a symbol by a model of real texts: quality", color=INK, fontsize=8)
    axes.set_ylabel("nats a symbol of real texts: quality and diversity", color=INK, fontsize=8)
    _figures.dress(axes)


def _strokes(curves: Sequence[Curve]) -> list[tuple[str, str, str]]:
    """Colour, line and mark of every curve."""
    models = list(dict.fromkeys(curve.model for curve in curves))
    ways = list(dict.fromkeys(curve.way for curve in curves))
    of_model: Mapping[str, str] = {
        name: COLOURS[number % len(COLOURS)] for number, name in enumerate(models)
    }
    looks = {way: LOOKS[number % len(LOOKS)] for number, way in enumerate(ways)}
    return [(of_model[curve.model], *looks[curve.way]) for curve in curves]


def _reach(figures: Sequence[Figure]) -> list[list[float]]:
    """How far the intervals go to both sides."""
    below = [figure.value - figure.low for figure in figures]
    return [below, [figure.high - figure.value for figure in figures]]
