"""One model's report: what it is worth, shown and counted, as JSON, text and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.core.spec import Spec
from sparring.core.version import VERSION
from sparring.evaluation import _figures, _sweep_paper, sweep
from sparring.evaluation._paper import Paper, save
from sparring.evaluation.course import Course
from sparring.evaluation.judge import Verdict
from sparring.evaluation.scores import (
    ARROWS,
    Score,
    leading,
    shown,
    shown_figure,
    shown_interval,
)
from sparring.evaluation.subjects import Drawn
from sparring.metrics import Figure
from sparring.modalities import SHEET, Modality
from sparring.provenance.labelling import marked

FORMAT = "sparring report 1"
GRID = 100  # samples shown


@dataclass(frozen=True)
class Report:
    """What a model is worth; a notebook shows it as its page.

    Attributes:
        verdict: of the judge.
        basis: what it rests on: data, counts, seed, extractors, device.
        modality: how samples are shown.
        course: how it was trained; empty where there is no run.
        created: when, in UTC.
        limits: what keeps the verdict from being sure, a sentence each.
    """

    verdict: Verdict
    basis: Mapping[str, Any]
    modality: Modality
    course: Course
    created: str
    limits: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of what was judged."""
        return str(self.verdict.subject["name"])

    @property
    def scores(self) -> dict[str, Figure]:
        """Every figure by name, with its interval, by the extractor that measures."""
        return {score.name: score.figure for score in self.verdict.scores}

    @property
    def floors(self) -> dict[str, Figure]:
        """What real samples score in the model's place, where that could be measured."""
        return {s.name: s.floor for s in self.verdict.scores if s.floor is not None}

    @property
    def sentence(self) -> str:
        """The verdict in one or two sentences."""
        return sentence(self.name, self.verdict.scores)

    def to_json(self) -> dict[str, Any]:
        """Everything that was measured and what it rests on; no NaN, no pictures."""
        return {
            "format": FORMAT,
            "sparring": VERSION,
            "created": self.created,
            "seconds": round(self.verdict.seconds, 3),
            "subject": dict(self.verdict.subject),
            **self.basis,
            "verdict": self.sentence,
            "limits": list(self.limits),
            "scores": [score.to_json() for score in self.verdict.scores],
            "not_computed": [asdict(omitted) for omitted in self.verdict.omitted],
            "classes": [asdict(row) for row in self.verdict.classes],
            "findings": [dict(found) for found in self.course.findings],
            **_curves(self.verdict),
        }

    def table(self) -> list[tuple[str, ...]]:
        """Metric, value, interval, floor, better and whether the extractors agree, as text."""
        return [
            (
                score.label,
                shown(score.figure.value),
                shown_interval(score.figure),
                shown(score.floor.value) if score.floor else "-",
                ARROWS[score.better],
            )
            for score in self.verdict.scores
        ]

    def paper(self) -> Paper:
        """The whole report, to be read."""
        return _paper(self)

    def save(self, folder: str | Path) -> Path:
        """Write `report.json`, `report.md` and `report.html`; returns the last one.

        Raises:
            OutOfResources: the disk is full.
            UserError: the folder cannot be written.
        """
        return save(Path(folder), "report", self.paper(), self.to_json())

    def _repr_html_(self) -> str:
        return self.paper().html.decode()

    def __repr__(self) -> str:
        return f"Report({self.sentence!r})"


def sentence(name: str, scores: Sequence[Score]) -> str:
    """How far something is from real data, by its leading figure."""
    chief = leading(scores)
    figure = chief.figure
    words = f"{name}: {chief.label} {shown(figure.value)} ({shown_interval(figure)})"
    if chief.floor is None:
        return f"{words}; there is no floor to compare it with."
    ratio = chief.readings[0].ratio
    times = f", {shown(ratio)} times the floor" if ratio is not None else ""
    words = f"{words}, where real samples score {shown(chief.floor.value)}{times}."
    if len(chief.readings) == 1:
        return f"{words} One extractor looked; no second one confirms it."
    told = {
        True: "By this figure, both extractors tell it from real data.",
        False: "By this figure, neither extractor tells it from real data.",
        None: "By this figure, the extractors do not say the same of it.",
    }
    return f"{words} {told[chief.apart]}"


def _curves(verdict: Verdict) -> dict[str, Any]:
    """Quality against diversity; nothing where that was not measured."""
    if verdict.floor is None:
        return {}
    return {"quality_diversity": _sweep_paper.to_json(verdict.curves, verdict.floor)}


def grid(verdict: Verdict, modality: Modality, spec: Spec) -> bytes:
    """The first samples as one picture, with the labels that were asked for."""
    raw = verdict.drawn.raw[:GRID]
    words = captions(verdict.drawn, spec)
    return labelled(modality.preview(modality.to_samples(raw), words[: len(raw)]), verdict.subject)


def labelled(png: bytes, subject: Mapping[str, Any]) -> bytes:
    """A picture that says that it is AI-generated where a model of ours made it.

    Nobody knows who made the samples in a folder, so a picture of those says nothing.
    """
    return marked(png, SHEET) if subject["kind"] == "model" else png


def captions(drawn: Drawn, spec: Spec) -> list[str]:
    """The labels that were asked for, of every sample; none where nothing was asked."""
    if not drawn.labels:
        return []
    classes = [[spec.labels[name][i] for i in index] for name, index in drawn.labels.items()]
    return [" ".join(words) for words in zip(*classes, strict=True)]


def basis_facts(basis: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a verdict rests on, for people."""
    data, counts = basis["data"], basis["counts"]
    real, other = "held-out real", "of the training part"
    if basis["published_protocol"]:
        real, other = "of the training part, as in published tables", "held-out for the floor"
    pairs = [
        ("Real data", f"{data['name']}: {data['source']} ({data['licence']})"),
        ("SHA-256 of its parts", f"train {data['train_sha256']}, "
                                 f"held out {data['held_out_sha256']}"),
        ("Samples", f"{counts['generated']:,} generated against {counts['real']:,} {real}; "
                    f"{counts['train']:,} {other}"),
        ("Seed", str(basis["seed"])),
        ("Device", str(basis["device"])),
        ("Slow metrics", "left out" if basis["quick"] or basis["published_protocol"]
                         else "measured"),
    ]  # fmt: skip
    for place, look in enumerate(basis["extractors"]):
        role = "Extractor that measures" if not place else "Extractor that confirms"
        right = ", ".join(f"{share:.2%} of {name}" for name, share in look["accuracy"].items())
        recognises = f", recognises {right}" if right else ""
        pairs.append(
            (role, f"{look['architecture']}, learned from {look['learned_from']}{recognises}, "
                   f"SHA-256 {look['sha256']}")
        )  # fmt: skip
    return pairs


def _paper(report: Report) -> Paper:
    paper = Paper(f"What {report.name} is worth")
    paper.verdict(report.sentence)
    helps = sweep.sentence(report.verdict.curves)
    if helps:
        paper.verdict(helps)
    write_limits(paper, report.limits)
    picture = grid(report.verdict, report.modality, report.modality.spec)
    paper.sheet(picture, f"The first of {len(report.verdict.drawn.raw):,} samples, not chosen")
    drawn = report.verdict.drawn
    words = captions(drawn, report.modality.spec)
    paper.players(report.modality, drawn.raw, words or drawn.names)
    _numbers(paper, report)
    if report.verdict.floor is not None:
        _sweep_paper.write(paper, report.verdict.curves, report.verdict.floor)
    _classes(paper, report)
    _pairs(paper, report)
    _training(paper, report)
    paper.heading("What this rests on")
    paper.facts([*_origin(report.verdict.subject), *basis_facts(report.basis)])
    return paper


def write_limits(paper: Paper, limits: Sequence[str]) -> None:
    """What keeps a verdict from being sure, beside the verdict."""
    for limit in limits:
        paper.words(f"Limit: {limit}")


def _numbers(paper: Paper, report: Report) -> None:
    paper.heading("Figures")
    paper.words(
        "Each with its 95 % interval over draws of samples. The floor is what as many real samples "
        "score in the model's place: nothing can be told beyond it. ↓ lower is better, ↑ higher "
        "is, ≈ neither: best is what real samples score."
    )
    looks = [look["architecture"] for look in report.basis["extractors"]]
    header = ["", ""]
    for look in looks:
        header += [f"by {look}", "floor"]
    rows = []
    for score in report.verdict.scores:
        cells = [score.label, ARROWS[score.better]]
        by_look = {reading.extractor: reading for reading in score.readings}
        for look in report.basis["extractors"]:
            reading = by_look.get(look["name"])
            cells += (
                [shown_figure(reading.figure), shown_figure(reading.floor)]
                if reading
                else ["-", "-"]
            )
        told = {True: "differs", False: "does not differ", None: "no claim"}
        rows.append([*cells, told[score.apart]])
    paper.table([*header, "from real"], rows)
    for omitted in report.verdict.omitted:
        paper.words(f"Not computed: {omitted.title}, by {omitted.extractor}. {omitted.reason}")


def _classes(paper: Paper, report: Report) -> None:
    if not report.verdict.classes:
        return
    paper.heading("Class by class")
    paper.words("What the measuring extractor takes the samples for.")
    paper.table(
        ["class", "share", "share of real", "as asked for", "real ones recognised"],
        [
            [
                f"{row.label_set} {row.name}",
                f"{row.share:.1%}",
                f"{row.real_share:.1%}",
                "-" if row.accuracy is None else f"{row.accuracy:.1%}",
                "-" if row.real_accuracy is None else f"{row.real_accuracy:.1%}",
            ]
            for row in report.verdict.classes
        ],
    )


def _pairs(paper: Paper, report: Report) -> None:
    pairs = report.verdict.pairs
    if pairs is None:
        return
    paper.heading("Closest to the training data")
    paper.words(
        "The generated samples that lie nearest to a training sample, each with the training "
        "sample that it is nearest to. Copies would be alike in every detail."
    )
    both: Tensor = pairs
    half = len(both) // 2
    texts = report.modality.texts(both)
    if texts:
        rows = zip(texts[:half], texts[half:], strict=True)
        paper.table(["generated", "nearest training sample"], [*map(list, rows)])
        return
    paper.sheet(
        labelled(report.modality.preview(both, columns=half), report.verdict.subject),
        "Above generated, below the nearest training samples",
    )
    words = [f"generated {i + 1}" for i in range(half)] + [f"training {i + 1}" for i in range(half)]
    # In turns, so that a sample and what it is nearest to are heard one after the other.
    turns = torch.arange(len(both)).view(2, half).T.flatten()
    raw = report.modality.to_raw(both[turns])
    paper.players(report.modality, raw, [words[i] for i in turns])


def _training(paper: Paper, report: Report) -> None:
    drawn, found = _figures.curves(report.course.rows), report.course.findings
    if not drawn and not found:
        return
    paper.heading("How it was trained")
    for title, svg in drawn:
        paper.drawing(svg, title)
    for finding in found:
        words = finding["name"].replace("_", " ")
        paper.words(f"After {finding['samples']:,} samples the health check found: {words}.")
        if finding["sentence"]:
            paper.words(finding["sentence"])


def _origin(subject: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {
        "path": "Folder",
        "run": "Run",
        "model_sha256": "SHA-256 of the model",
        "recipe": "Recipe",
        "recipe_sha256": "SHA-256 of the recipe",
        "training_seed": "Seed of the training",
        "samples_shown": "Samples shown in training",
    }
    return [
        (words, f"{subject[key]:,}" if key == "samples_shown" else str(subject[key]))
        for key, words in names.items()
        if subject.get(key, "") != ""
    ]
