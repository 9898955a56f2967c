"""From what people name to reports: open it, find its data and extractors, judge, compare."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sparring.core import device as devices
from sparring.core import files, memory
from sparring.core.errors import UserError
from sparring.evaluation.comparison import Comparison
from sparring.evaluation.judge import Judge, require_enough
from sparring.evaluation.reference import reference
from sparring.evaluation.report import Report
from sparring.evaluation.subjects import Heard, Subject, subject
from sparring.extractors._choosing import looks_for, untrained_here
from sparring.extractors.inception import COUNT
from sparring.generation.sampler import Sampler
from sparring.provenance.manifest import now

MOST_COUNT = 1_000_000
DEFAULT_COUNTS = {"inception": COUNT}  # what published tables rest on


@dataclass(frozen=True)
class Terms:
    """Under which terms everything in one call is judged; see `evaluate`."""

    count: int
    seed: int
    quick: bool
    extractor: str
    device: str


def silent(_line: str) -> None:
    """Nobody listens."""


def evaluate(
    model: str | Path | Sampler,
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
        data: the data set to compare with; empty = what the model learned from.
        settings: of that data set, such as `{"path": "photos"}`.
        count: samples; 0 = 10,000, or 26 for every class that the extractor tells apart.
        seed: of all draws.
        quick: whether to leave slow metrics out.
        extractor: what looks, such as "inception" for figures that compare with published ones
            (50,000 samples by default); empty = the two that are made for the data.
        device: "auto", "cpu", "cuda" or "cuda:1".
        trusted: whether the model may name components outside of Sparring, which are then run.
        hear: gets lines of progress.

    Raises:
        BadData: the model, the samples or the data cannot be used, or are too few.
        UserError: it is not known what to compare with, or a number is out of range.
    """
    return evaluate_all(
        [model], data, settings=settings, count=count, seed=seed, quick=quick,
        extractor=extractor, device=device, trusted=trusted, hear=hear,
    )[0]  # fmt: skip


def evaluate_all(
    models: Sequence[str | Path | Sampler],
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
) -> list[Report]:
    """Judge several, each against its own data unless `data` says otherwise; as `evaluate`."""
    subjects, tables = _opened(models, data, settings or {}, device, trusted)
    return _judged(subjects, tables, Terms(count, seed, quick, extractor, device), hear)


def compare(
    *models: str | Path | Sampler,
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
    """Judge two or more with the same seeds and real samples, and say what really differs.

    Arguments and errors are those of `evaluate`.

    Raises:
        UserError: fewer than two, or they learned from different data and none was named.
    """
    if len(models) < 2:
        raise UserError("A comparison needs two models or more.")
    subjects, tables = _opened(models, data, settings or {}, device, trusted)
    for other, table in zip(subjects, tables, strict=True):
        if table != tables[0]:
            raise UserError(
                f"{subjects[0].name} learned from {tables[0]['name']} and {other.name} from "
                f"{table['name']}, or with other settings; name the data: --data NAME."
            )
    terms = Terms(count, seed, quick, extractor, device)
    return Comparison(tuple(_judged(subjects, tables, terms, hear)))


def named(subjects: Sequence[Subject]) -> list[Subject]:
    """The same subjects, those of equal names numbered."""
    seen: dict[str, int] = {}
    for each in subjects:
        seen[each.name] = seen.get(each.name, 0) + 1
        if seen[each.name] > 1:
            each.name = f"{each.name} ({seen[each.name]})"
    return list(subjects)


def _opened(
    models: Sequence[str | Path | Sampler],
    data: str,
    settings: Mapping[str, Any],
    device: str,
    trusted: bool,
) -> tuple[list[Subject], list[dict[str, Any]]]:
    """What is judged, and the data that each is compared with."""
    subjects = named([subject(model, device, trusted=trusted) for model in models])
    return subjects, [_table(each, data, settings) for each in subjects]


def _judged(
    subjects: Sequence[Subject],
    tables: Sequence[Mapping[str, Any]],
    terms: Terms,
    hear: Heard,
) -> list[Report]:
    _require_numbers(terms.count, terms.seed)
    place = devices.choose(terms.device)
    judges: dict[str, Judge] = {}
    reports = []
    with memory.enough():
        for each, table in zip(subjects, tables, strict=True):
            key = json.dumps(table, sort_keys=True)
            if key not in judges:
                judges[key] = _judge(table, terms, place, hear)
            reports.append(_report(judges[key], each, place))
    return reports


def _judge(table: Mapping[str, Any], terms: Terms, place: torch.device, hear: Heard) -> Judge:
    real = reference(table)
    kept = f"held-out samples of {table['name']}"
    require_enough(len(real.held_out), kept, terms.quick)  # before extractors are trained
    if terms.extractor:
        looks = [untrained_here(terms.extractor, real.spec, place)]
    else:
        looks = looks_for(table, real.dataset, real.modality, device=place, hear=hear)
    count = terms.count or DEFAULT_COUNTS.get(terms.extractor, 0)
    return Judge(real, looks, count=count, seed=terms.seed, quick=terms.quick, hear=hear)


def _report(judge: Judge, each: Subject, place: torch.device) -> Report:
    verdict = judge.examine(each)
    counts = {**judge.facts["counts"], "generated": len(verdict.drawn.raw)}
    basis = {**judge.facts, "counts": counts, "device": _device(place), "torch": torch.__version__}
    rows = files.read_rows(Path(each.run, "metrics.jsonl")) if each.run else ()
    return Report(verdict, basis, judge.reference.modality, tuple(rows), now())


def _table(each: Subject, data: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a subject is compared with, without what decides no sample."""
    own = {key: value for key, value in each.data.items() if key != "batch"}
    if data and data != own.get("name"):
        own = {"name": data}
    if not own:
        raise UserError(
            f"Say what {each.name} is compared with: --data NAME, and for data of your own "
            "--data image_folder --set path=FOLDER."
        )
    return {**own, **settings}


def _device(place: torch.device) -> str:
    if place.type == "cuda":
        return f"{place} ({torch.cuda.get_device_name(place)})"
    return f"{place} ({platform.machine()})"


def _require_numbers(count: int, seed: int) -> None:
    if not 0 <= count <= MOST_COUNT:
        raise UserError(f"count = {count}: a number up to {MOST_COUNT:,} is needed; 0 = enough.")
    if not 0 <= seed < 2**62:
        raise UserError(f"seed = {seed}: a whole number from 0 to 2^62 - 1 is needed.")
