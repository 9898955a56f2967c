"""Several models side by side, as JSON, text and a page."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sparring.core.errors import BadData
from sparring.core.version import VERSION
from sparring.evaluation import _sweep_paper, sweep
from sparring.evaluation._paper import Paper, save
from sparring.evaluation.differences import Row, asked_alike, overall, rows
from sparring.evaluation.report import Report, basis_facts, captions, labelled, write_limits
from sparring.evaluation.scores import ARROWS, shown, shown_figure

FORMAT = "sparring comparison 1"
EACH = 10  # samples in a row of the picture
LINES = 3  # rows of it for each model
UNLIKE = (
    "Whether all labels are right is left out, by extractors and by a classifier that learned "
    "from the samples: not all were asked for the same label sets."
)


@dataclass(frozen=True)
class Comparison:
    """Models under equal conditions; a notebook shows it as its page.

    Attributes:
        reports: one for each, the one that the others are measured against first; all judged by
            the same judge.
        note: by how many samples each, and why.
    """

    reports: tuple[Report, ...]
    note: str = ""

    @property
    def names(self) -> list[str]:
        """Of the models."""
        return [report.name for report in self.reports]

    @functools.cached_property
    def rows(self) -> list[Row]:
        """The figures that all have, with their differences."""
        found = rows([report.verdict for report in self.reports])
        if not found:
            raise BadData("The models have no figure in common that could be compared.")
        return found

    @property
    def sentences(self) -> list[str]:
        """For every model but the first whether it differs from the first."""
        return [
            self._same(i) + overall(self.rows, self.names, i) for i in range(1, len(self.reports))
        ]

    def _same(self, other: int) -> str:
        """Says so where a model is compared with itself."""
        first, second = (self.reports[i].verdict.subject for i in (0, other))
        both = f"{self.names[0]} and {self.names[other]} are the same"
        for fact, what in (("model_sha256", "model"), ("path", "samples")):
            if fact in first and first[fact] == second.get(fact):
                return f"{both} {what}. "
        return ""

    @property
    def claims(self) -> list[str]:
        """For every model but the first and every figure whether they differ."""
        return [
            row.sentence(self.names, other)
            for other in range(1, len(self.names))
            for row in self.rows
        ]

    @property
    def curves(self) -> list[sweep.Curve]:
        """Quality against diversity of all that was measured so."""
        return [curve for report in self.reports for curve in report.verdict.curves]

    @property
    def sparring(self) -> str:
        """Whether sparring helps, by the curves of all; "" where they do not tell."""
        return sweep.sentence(self.curves)

    @property
    def limits(self) -> list[str]:
        """What keeps the verdicts from being sure, a sentence each."""
        limits = [limit for report in self.reports for limit in report.limits]
        if not asked_alike([report.verdict for report in self.reports]):
            limits.append(UNLIKE)
        return list(dict.fromkeys(limits))

    def to_json(self) -> dict[str, Any]:
        """Everything that was measured and what it rests on."""
        return {
            "format": FORMAT,
            "sparring": VERSION,
            "created": self.reports[-1].created,
            "verdicts": self.sentences,
            **({"sparring_helps": self.sparring} if self.sparring else {}),
            "note": self.note,
            "limits": self.limits,
            "differences": [row.to_json(self.names) for row in self.rows],
            "models": [report.to_json() for report in self.reports],
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows: metrics down, models across, the floor last."""
        body = [
            [
                f"{row.scores[0].label} {ARROWS[row.scores[0].better]}",
                *(shown_figure(score.figure) for score in row.scores),
                shown_figure(row.scores[0].floor),
            ]
            for row in self.rows
        ]
        return ["", *self.names, "floor"], body

    def sheet(self) -> bytes:
        """The same number of samples of each, of equal seeds and labels, one block below another.

        Folders of samples have no seeds; theirs are in order of name.
        """
        modality = self.reports[0].modality
        blocks = [report.verdict.drawn.raw for report in self.reports]
        many = min(EACH * LINES, *(len(raw) for raw in blocks))
        many -= many % EACH if many > EACH else 0
        samples = torch.cat([modality.to_samples(raw[:many]) for raw in blocks])
        png = modality.preview(samples, columns=min(EACH, many))
        for report in self.reports:
            png = labelled(png, report.verdict.subject)
        return png

    def paper(self) -> Paper:
        """The whole comparison, to be read."""
        paper = Paper(" against ".join(self.names))
        for text in (*self.sentences, self.sparring):
            if text:
                paper.verdict(text)
        write_limits(paper, self.limits)
        words = " and then ".join(self.names)
        paper.sheet(self.sheet(), f"From top to bottom as many samples of each: {words}")
        for report in self.reports:
            drawn = report.verdict.drawn
            words = captions(drawn, report.modality.spec) or drawn.names
            paper.players(report.modality, drawn.raw[:EACH], [f"{report.name}: {w}" for w in words])
        paper.heading("Figures")
        paper.words(
            "By the extractor that measures, with 95 % intervals over draws of samples. All were "
            f"compared with the same real samples. {self.note}"
        )
        header, body = self.table()
        paper.table(header, body)
        floors = [report.verdict.floor for report in self.reports]
        # One judge, one count: all floors are the same.
        for floor in [each for each in floors if each is not None][:1]:
            _sweep_paper.write(paper, self.curves, floor)
        looks = [look["architecture"] for look in self.reports[0].basis["extractors"]]
        _differences(paper, self.rows, self.names, looks)
        paper.heading("What this rests on")
        paper.facts(basis_facts(self.reports[0].basis))
        for report in self.reports:
            counts = f"{len(report.verdict.drawn.raw):,} samples"
            model = report.verdict.subject.get("model_sha256", "")
            paper.words(f"{report.name}: {counts}{f', SHA-256 {model}' if model else ''}.")
        return paper

    def save(self, folder: str | Path) -> Path:
        """Write `compare.json`, `compare.md` and `compare.html`; returns the last one.

        Raises:
            OutOfResources: the disk is full.
            UserError: the folder cannot be written.
        """
        return save(Path(folder), "compare", self.paper(), self.to_json())

    def _repr_html_(self) -> str:
        return self.paper().html.decode()


def _differences(
    paper: Paper, found: Sequence[Row], names: Sequence[str], looks: Sequence[str]
) -> None:
    paper.heading(f"Differences to {names[0]}")
    paper.words(
        "A difference is real where its 95 % interval leaves 0 out by every extractor, and better "
        "is what lies nearer to the floor: nothing is better than real samples. No claim is made "
        "where extractors disagree, or where nobody can tell which is nearer. It speaks of these "
        "very models; whether one recipe is better than another, runs with several seeds tell."
    )
    for other in range(1, len(names)):
        body = []
        for row in found:
            gaps = [f"{shown(g.value)} ± {shown(g.half)}" for g in row.differences[other - 1]]
            gaps += ["-"] * (len(looks) - len(gaps))
            neither = "no claim" if row.differs(other) else "no real difference"
            better = {1: names[other], 0: neither, -1: names[0]}[row.winner(other)]
            body.append([row.scores[0].label, *gaps, better])
        paper.table([names[other], *(f"by {look}" for look in looks), "better"], body)
