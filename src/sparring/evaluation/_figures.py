"""Curves of a training, drawn so that they can be read on light and on dark paper."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK = "#7a8699"  # legible on white and on black
COLOURS = ("#3b82d6", "#e0782f", "#3aa76d", "#b565c9")
SIZE = (9.0, 2.6)  # inches
SMOOTH = 0.02  # share of all rows that a curve is a mean over
PANELS = (
    ("Losses", ("loss_generator", "loss_discriminator")),
    ("What the discriminator believes: probability of real", ("d_real", "d_fake")),
    ("The judge's score in training", ("score",)),
)
NAMES = {
    "loss_generator": "generator",
    "loss_discriminator": "discriminator",
    "d_real": "D(real)",
    "d_fake": "D(fake)",
    "score": "score",
}

Rows = Sequence[Mapping[str, Any]]


def curves(rows: Rows) -> list[tuple[str, bytes]]:
    """An SVG with its title for every panel that the rows of `metrics.jsonl` have numbers for."""
    drawn = []
    for title, keys in PANELS:
        lines = {key: _points(rows, key) for key in keys}
        lines = {key: points for key, points in lines.items() if len(points) > 1}
        if lines:
            drawn.append((title, _panel(lines)))
    return drawn


def _points(rows: Rows, key: str) -> list[tuple[float, float]]:
    return [
        (float(row["samples"]), float(row[key]))
        for row in rows
        if _is_number(row.get("samples")) and _is_number(row.get(key))
    ]


def _is_number(value: object) -> bool:
    # Rows come from a file, where anything may stand.
    return type(value) in (int, float) and math.isfinite(float(str(value)))


def blank(size: tuple[float, float] = SIZE, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty drawing of so many inches, with panels side by side."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasSVG(figure)
    return figure, [figure.add_subplot(1, panels, number + 1) for number in range(panels)]


def svg(figure: Figure) -> bytes:
    """It as a file, with nothing behind it."""
    content = io.BytesIO()
    # A fixed salt and no date: equal numbers make equal files.
    with rc_context({"svg.hashsalt": "sparring"}):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    return content.getvalue()


def dress(axes: Axes) -> None:
    """Quiet lines and letters that light and dark paper bear."""
    axes.tick_params(colors=INK, labelsize=8)
    axes.grid(color=INK, alpha=0.25, linewidth=0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)


def _panel(lines: Mapping[str, Sequence[tuple[float, float]]]) -> bytes:
    figure, (axes,) = blank()
    for colour, (key, points) in zip(COLOURS, lines.items(), strict=False):
        shown = [point[0] for point in points]
        values = [point[1] for point in points]
        if key == "score":
            axes.plot(shown, values, color=colour, marker="o", markersize=3, label=NAMES[key])
            continue
        axes.plot(shown, values, color=colour, linewidth=0.6, alpha=0.35)
        axes.plot(shown, _smoothed(values), color=colour, linewidth=1.6, label=NAMES[key])
    axes.set_xlabel("real samples shown", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    dress(axes)
    return svg(figure)


def _smoothed(values: Sequence[float]) -> list[float]:
    reach = max(round(len(values) * SMOOTH), 1)
    means = []
    for i in range(len(values)):
        near = values[max(0, i - reach) : i + reach + 1]
        means.append(sum(near) / len(near))
    return means
