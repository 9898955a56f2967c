"""From what people name to reports: open it, find its data and extractors, judge, compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from sparring.core import components, memory
from sparring.core import device as devices
from sparring.core.errors import UserError
from sparring.evaluation.comparison import Comparison
from sparring.evaluation.course import Course
from sparring.evaluation.judge import Judge, fewest, require_enough, require_held_out
from sparring.evaluation.limits import limits_of
from sparring.evaluation.reference import Reference, reference
from sparring.evaluation.report import Report
from sparring.evaluation.subjects import Heard, Subject, subject
from sparring.extractors._choosing import asked_for, have_learned_held_out, looks_for
from sparring.extractors.inception import COUNT
from sparring.generation.sampler import Sampler
from sparring.provenance.manifest import now

PUBLISHED = (
    "Compared with the training part, as published figures are: copies of it would score best."
)
MOST_COUNT = 1_000_000
DEFAULT_COUNTS = {"inception": COUNT}  # what published tables rest on

Given = str | Path | Sampler
Table = Mapping[str, Any]


def silent(_line: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Terms:
    """Under which terms everything in one call is judged.

    Attributes:
        data: the data set to compare with, with its defaults and `settings`; empty = what each
            model learned from.
        settings: of that data set, such as `{"path": "photos"}`.
        count: samples, from 100 on; 0 = 10,000, or 26 for every class that the extractor tells
            apart.
        seed: of all draws.
        quick: 5,000 samples where no count is given, compared with as many of the training part
            and not with all, and neither slow metrics nor the pairs closest to training samples.
        extractor: what looks; empty = the two that are made for the data. A file of
            `sparring extractors train` looks alone, without a second one to confirm. "inception"
            gives figures that compare with published ones: 50,000 samples by default, against the
            training part as in published tables, and no slow metrics.
        device: "auto", "cpu", "cuda" or "cuda:1".
        trusted: whether models may name components outside of Sparring, which are then run.
        hear: gets lines of progress.

    Raises:
        UserError: a number is out of range.
    """

    data: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    count: int = 0
    seed: int = 0
    quick: bool = False
    extractor: str = ""
    device: str = "auto"
    trusted: bool = False
    hear: Heard = silent

    def __post_init__(self) -> None:
        least = fewest(self.quick)
        if self.count and not least <= self.count <= MOST_COUNT:
            raise UserError(
                f"count = {self.count}: a number from {least} to {MOST_COUNT:,} is needed, or 0 "
                "for as many as figures usually rest on."
            )
        if not 0 <= self.seed < 2**62:
            raise UserError(f"seed = {self.seed}: a whole number from 0 to 2^62 - 1 is needed.")


def evaluate(
    model: Given,
    data: str = "",
    *,
    settings: Mapping[str, Any] | None = None,
    count: int = 0,
    seed: int = 0,
    quick: bool = False,
    extractor: str = "",
    device: str = "auto",
    trusted: bool = False,
    hear: Heard = silent,
) -> Report:
    """Judge a model, or a folder of samples, against real data that it never saw.

    Args:
        model: a run folder, a model folder or file, the name of a shipped model, a folder of
            samples made by anything, or a sampler.
        data: as all that follows, told in `Terms`.
        settings: of the data.
        count: samples.
        seed: of all draws.
        quick: less, in less time.
        extractor: what looks.
        device: where.
        trusted: whether the model is your own.
        hear: gets lines of progress.

    Raises:
        BadData: the model, the samples or the data cannot be used, or are too few.
        UserError: it is not known what to compare with, or a number is out of range.
    """
    given = settings or {}
    terms = Terms(data, given, count, seed, quick, extractor, device, trusted, hear)
    (report,) = judged(opened([model], terms), terms)
    return report


def compare(
    *models: Given,
    data: str = "",
    settings: Mapping[str, Any] | None = None,
    count: int = 0,
    seed: int = 0,
    quick: bool = False,
    extractor: str = "",
    device: str = "auto",
    trusted: bool = False,
    hear: Heard = silent,
) -> Comparison:
    """Judge two or more with the same seeds, real samples and counts; say what really differs.

    Where no data are named, all must have learned from the same. Arguments and errors are those of
    `evaluate`.

    Raises:
        UserError: fewer than two, or they learned from different data and none was named.
    """
    given = settings or {}
    terms = Terms(data, given, count, seed, quick, extractor, device, trusted, hear)
    return compared(opened(models, terms), terms)


def opened(models: Sequence[Given], terms: Terms) -> list[Subject]:
    """What is judged; those of equal names are numbered."""
    subjects = [subject(model, terms.device, trusted=terms.trusted) for model in models]
    seen: dict[str, int] = {}
    for each in subjects:
        seen[each.name] = seen.get(each.name, 0) + 1
        if seen[each.name] > 1:
            each.name = f"{each.name} ({seen[each.name]})"
    return subjects


def judged(subjects: Sequence[Subject], terms: Terms) -> Iterator[Report]:
    """One report after the other, each ready as soon as it is made; errors as `evaluate`."""
    tables = [_table(each, terms) for each in subjects]
    judges: dict[str, Judge] = {}
    for each, table in zip(subjects, tables, strict=True):
        key = json.dumps(table, sort_keys=True)
        with memory.enough():
            if key not in judges:
                judges[key] = _judge(reference(table), terms)
            report = _report(judges[key], each, terms)
        yield report


def compared(subjects: Sequence[Subject], terms: Terms) -> Comparison:
    """All before one judge, on as many samples each as the one with the fewest has."""
    if len(subjects) < 2:
        raise UserError("A comparison needs two models or more.")
    with memory.enough():
        real = reference(_common_table(subjects, terms))
        most = [each.most(real.spec, real.modality) for each in subjects]
        poorest = subjects[most.index(min(most))].name
        require_enough(min(most), f"samples of {poorest}", terms.quick)
        judge = _judge(real, terms)
        count = min(judge.count, *most)
        note = f"Each is judged by {count:,} samples"
        if count < judge.count:
            note += f", as {poorest} has no more and figures change with the number of samples"
        reports = [_report(judge, each, terms, count) for each in subjects]
    return Comparison(tuple(reports), f"{note}.")


def _judge(real: Reference, terms: Terms) -> Judge:
    place = devices.choose(terms.device)
    require_held_out(real, terms.quick)
    if terms.extractor:
        looks = [asked_for(terms.extractor, real.spec, place)]
    else:
        looks = looks_for(real.table, real.dataset, real.modality, device=place, hear=terms.hear)
    count = terms.count or (0 if terms.quick else DEFAULT_COUNTS.get(terms.extractor, 0))
    return Judge(
        real, looks, count=count, seed=terms.seed, quick=terms.quick, hear=terms.hear,
        published=terms.extractor == "inception",
    )  # fmt: skip


def _report(judge: Judge, each: Subject, terms: Terms, count: int = 0) -> Report:
    verdict = judge.examine(each, count)
    place = devices.named(devices.choose(terms.device))
    counts = {**judge.facts["counts"], "generated": len(verdict.drawn.raw)}
    basis = {**judge.facts, "counts": counts, "device": place, "torch": torch.__version__}
    course = Course.of(Path(each.run)) if each.run else Course()
    limit = PUBLISHED if judge.published else each.limit(judge.reference.table)
    learned = have_learned_held_out(judge.looks, judge.reference.table)
    limits = (limit, learned, *limits_of(judge, verdict))
    told = tuple(filter(None, limits))
    return Report(verdict, basis, judge.reference.modality, course, now(), told)


def _table(each: Subject, terms: Terms) -> Table:
    """What a subject is compared with, every default filled in.

    Data that are named are taken as they are, also where it learned from the same with other
    settings: so they are the same for all.

    Raises:
        UserError: nobody says what it is compared with, or an unknown name or setting.
    """
    table: Table = {"name": terms.data} if terms.data else each.data
    if not table:
        raise UserError(
            f"Say what {each.name} is compared with: --data NAME, and for data of your own "
            "--data image_folder --set path=FOLDER."
        )
    name = table["name"]
    settings = {k: v for k, v in table.items() if k not in ("name", "batch")} | dict(terms.settings)
    dataset = components.find(components.DATASET, name)
    filled = components.arguments(dataset, settings, "data").model_dump(mode="json")
    return {"name": name, **filled}


def _common_table(subjects: Sequence[Subject], terms: Terms) -> Table:
    """What all are compared with; who knows of no data takes those of the others."""
    knowing = [each for each in subjects if terms.data or each.data] or subjects
    tables = [_table(each, terms) for each in knowing]
    for other, table in zip(knowing, tables, strict=True):
        if table != tables[0]:
            raise UserError(
                f"{knowing[0].name} learned from {tables[0]['name']} and {other.name} from "
                f"{table['name']}, or with other settings; name the data: --data NAME."
            )
    return tables[0]
