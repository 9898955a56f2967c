"""benchmarks/texts.md and its picture, from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import marked
from sparring.core.files import atomic_write
from sparring.evaluation import _figures, _sweep_paper
from sparring.evaluation.sweep import Curve, Floor, Point, sentence
from sparring.metrics import Figure

PAGE = Path(__file__).with_name("texts.md")
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "texts-curve.svg"
PANEL = (6.5, 5.2)  # inches
REAL = "real texts"
BLEU = tuple(f"{kind}_{n}" for kind in ("bleu", "self_bleu") for n in range(2, 6))
OTHERS = (
    *("copied_texts", "copied_runs"),
    *(f"distinct_{n}" for n in range(1, 5)),
    "told_apart",
)
RULES = ("poem_form", "poem_rhyme", "poem_tones")
PUBLISHED: Mapping[str, tuple[float, ...]] = {
    "MLE, as published": (0.731, 0.497, 0.305, 0.189, 0.916, 0.769, 0.583, 0.408),
    "SeqGAN, as published": (0.745, 0.498, 0.294, 0.180, 0.950, 0.840, 0.670, 0.489),
    "LeakGAN, as published": (0.746, 0.528, 0.355, 0.230, 0.966, 0.913, 0.848, 0.780),
    "RankGAN, as published": (0.743, 0.467, 0.264, 0.156),
}
"""BLEU-2 to 5 and self-BLEU-2 to 5 by Texygen (Zhu et al. 2018), in its own repository's tables."""
PUBLISHED_OF = "captions"

Kept = Mapping[str, Any]


def publish(kept: Kept) -> None:
    """Write all tables and the picture."""
    for mark, rows in {
        "bleu": _bleu(kept),
        "copies": _copies(kept),
        "verse": _verse(kept),
        "mending": _mending(kept),
        "speed": _speed(kept),
    }.items():
        marked.store(PAGE, mark, marked.table(rows))
    lines: list[str] = []
    for data in _data(kept):
        curves, floor = curves_of(kept, data)
        if floor is not None:
            head = ["way of writing", "texts for each", "temperature", "quality", "with diversity"]
            table = marked.table([head, *_sweep_paper.rows(curves, floor)])
            lines += [f"### {data}", "", f"{sentence(curves)}\n".lstrip(), _learned(kept, data), ""]
            lines += [*table, ""]
    marked.store(PAGE, "curves", lines)
    _draw(kept)


def _learned(kept: Kept, data: str) -> str:
    """How long each model of these data has learned."""
    told = [
        f"`{name}` {model['samples_shown']:,}"
        for name, model in kept.items()
        if model["data"] == data
    ]
    return f"Samples shown in training: {', '.join(told)}."


def curves_of(kept: Kept, data: str) -> tuple[list[Curve], Floor | None]:
    """The curves of all models of these data, and where real texts lie among them."""
    found, floors = [], []
    for name, parts in _models(kept, data):
        at = [
            curve
            for part, each in parts.items()
            if part.startswith("sweep")
            for curve in each["curves"]
        ]
        for way in dict.fromkeys(curve["way"] for curve in at):
            same = [curve for curve in at if curve["way"] == way]
            points = sorted(map(_point, same), key=lambda point: point.temperature)
            found.append(Curve(name, way, same[0]["cost"], tuple(points), same[0]["sparred"]))
        if "real texts" in parts:
            here = parts["real texts"]
            forward, reverse = (Figure(**here[key]) for key in ("forward_nats", "reverse_nats"))
            floors.append(Floor(here["count"], forward, reverse))
    return found, floors[0] if floors and found else None


def _point(curve: Kept) -> Point:
    """The only one of a curve that was measured at one temperature."""
    (point,) = curve["points"]
    return Point(
        point["temperature"], Figure(**point["forward_nats"]), Figure(**point["reverse_nats"])
    )


def _bleu(kept: Kept) -> list[list[str]]:
    rows = [["data", "texts by", *(f"BLEU-{n}" for n in range(2, 6)),
             *(f"self-BLEU-{n}" for n in range(2, 6))]]  # fmt: skip
    for data in _data(kept):
        rows += _figures_of(kept, data, BLEU)
        if data == PUBLISHED_OF:
            for name, values in PUBLISHED.items():
                cells = [f"{value:.3f}" for value in values]
                rows.append([data, name, *cells, *["-"] * (len(BLEU) - len(cells))])
    return rows


def _copies(kept: Kept) -> list[list[str]]:
    rows = [["data", "texts by", "exact copies", "copied runs of 8",
             *(f"distinct-{n}" for n in range(1, 5)), "told from real"]]  # fmt: skip
    for data in _data(kept):
        rows += _figures_of(kept, data, OTHERS)
    return rows


def _figures_of(kept: Kept, data: str, names: Sequence[str]) -> Iterator[list[str]]:
    """A row for each model and temperature, and one for real texts in the place of the first."""
    real: list[str] = []
    for name, parts in _models(kept, data):
        for here in (each for part, each in parts.items() if part.startswith("figures at")):
            told = f"{name} at {here['settings']['temperature']:g} ({here['texts']:,})"
            yield [data, told, *_cells(here["generated"], names)]
            real = real or [data, f"{REAL} ({here['texts']:,})", *_cells(here["real"], names)]
    if real:
        yield real


def _verse(kept: Kept) -> list[list[str]]:
    titles = [
        f"{rule}, {form}" for form in ("five", "seven") for rule in ("form", "rhyme", "tones")
    ]
    rows, real = [["poems by", *titles]], []
    for name, parts in _models(kept):
        if "verse" in parts:
            verse = parts["verse"]
            ways = {"free": "as drawn", "by rule": "with `verse=form,rhyme,tones`"}
            if "chosen" in verse:
                ways["chosen"] = f"best of {verse['settings']['candidates']} by its {verse['by']}"
            rows += [[f"{name}, {words}", *_of_forms(verse[way])] for way, words in ways.items()]
            real = ["real test poems", *_of_forms(verse["real"])]
    return [*rows, real] if real else rows


def _of_forms(forms: Kept) -> list[str]:
    return [cell for form in ("five", "seven") for cell in _cells(forms[form], RULES)]


def _mending(kept: Kept) -> list[list[str]]:
    head = ["model", "texts", "shown the gap", "by likelihood", "5-gram, what is left of the gap",
            "5-gram, the whole text"]  # fmt: skip
    ways = ("given", "likelihood", "5-gram, left", "5-gram, whole")
    return [head] + [
        [name, f"{parts['mending']['texts']:,}", *_cells(parts["mending"], ways)]
        for name, parts in _models(kept)
        if "mending" in parts
    ]


def _speed(kept: Kept) -> list[list[str]]:
    return [["model", "characters a second", "first symbol after", "one thread of"]] + [
        [
            name,
            f"{parts['speed']['characters_per_second']:,.0f}",
            f"{parts['speed']['first_symbol_ms']:.1f} ms",
            f"{parts['speed']['processor']}; torch {parts['speed']['torch']}",
        ]
        for name, parts in _models(kept)
        if "speed" in parts
    ]


def _cells(figures: Kept, names: Sequence[str]) -> list[str]:
    """Figures with their intervals; "-" for those that are not there."""
    return [_shown(figures[name]) if name in figures else "-" for name in names]


def _shown(figure: Kept) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def _data(kept: Kept) -> list[str]:
    return list(dict.fromkeys(entry["data"] for entry in kept.values()))


def _models(kept: Kept, data: str = "") -> Iterator[tuple[str, Kept]]:
    """Names and parts of the models of these data, or of all."""
    for name, entry in kept.items():
        if data in ("", entry["data"]):
            yield name, entry["parts"]


def _draw(kept: Kept) -> None:
    """One panel for each data set."""
    drawn = [(data, *curves_of(kept, data)) for data in _data(kept)]
    there = [(data, curves, floor) for data, curves, floor in drawn if floor is not None]
    if not there:
        return
    figure, panels = _figures.blank((PANEL[0] * len(there), PANEL[1]), len(there))
    for axes, (data, curves, floor) in zip(panels, there, strict=True):
        _sweep_paper.panel(axes, curves, floor)
        axes.set_title(data, color=_figures.INK, fontsize=10)
    atomic_write(PICTURE, _figures.svg(figure))
