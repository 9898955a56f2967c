"""The verbs that judge: evaluate, compare."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli._printing import Device, Json, Quiet, show, table
from sparring.core.errors import UserError

if TYPE_CHECKING:
    from sparring.evaluation.report import Report
    from sparring.evaluation.subjects import Subject

Models = Annotated[
    list[str],
    typer.Argument(
        help="Runs, model folders or files, names of shipped models, or folders of samples "
        "made by anything."
    ),
]
Data = Annotated[
    str, typer.Option(help="The data set to compare with; left out = what a model learned from.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting of the data set, e.g. path=PICTURES; may be repeated."),
]
Count = Annotated[
    int, typer.Option("--count", "-n", help="Samples; 0 = 10,000, or 26 for every class.")
]
Seed = Annotated[int, typer.Option(help="Of all draws.")]
Fast = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="Where no count is given 5,000 samples; as many of the training part, not all; no "
        "memorisation, no classifier trained on samples, no pairs closest to training samples.",
    ),
]
Look = Annotated[
    str,
    typer.Option(
        help="inception, to compare with published figures, or a .safetensors file that "
        "`extractors train` wrote; left out = the two for the data."
    ),
]
Trusted = Annotated[
    bool, typer.Option(help="The models are my own: components they name are imported and run.")
]
COLUMNS = ("figure", "value", "95 % interval", "floor", "better")


def evaluate(
    models: Models,
    data: Data = "",
    settings: Settings = None,
    count: Count = 0,
    seed: Seed = 0,
    quick: Fast = False,
    out: Annotated[
        str, typer.Option(help="Where reports go; left out = RUN/report for runs, else report.")
    ] = "",
    extractor: Look = "",
    trusted: Trusted = False,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Judge models: figures with intervals and floors, by two extractors, and a report each."""
    from sparring.core.places import require_writable
    from sparring.evaluation import seeds
    from sparring.evaluation.session import Terms, judged, opened

    terms = Terms(
        data, _settings(settings), count, seed, quick, extractor, device, trusted, _listener(quiet)
    )
    subjects = opened(models, terms)
    folders = _folders(subjects, out)
    for folder in [*folders, *_place_of_seeds(subjects, out)]:
        require_writable(folder)
    reports: list[Report] = []
    pages: list[str] = []
    for report, folder in zip(judged(subjects, terms), folders, strict=True):
        pages.append(str(report.save(folder)))  # at once, as the next one may fail
        reports.append(report)
    groups = seeds.groups(reports)
    if groups:
        pages += [str(seeds.save(reports, place)) for place in _place_of_seeds(subjects, out)]
    if as_json:
        documents = [report.to_json() for report in reports]
        many = {"reports": documents, "seeds": seeds.facts(reports)}
        show(documents[0] if len(documents) == 1 else many)
        return
    lines = [line for report in reports for line in _read_out(report)]
    for group in groups:
        names = ", ".join(report.name for report in group)
        lines += [f"{names}:", *(f"  {each.sentence()}" for each in seeds.summaries(group)), ""]
    show([*lines, *(f"report: {page}" for page in pages)])


def _read_out(report: Report) -> list[str]:
    """What a person reads of a report without opening it."""
    return [
        report.sentence,
        "",
        *_rows(COLUMNS, report.table()),
        "",
        _looked(report.basis),
        *(f"Not computed: {o.title}, by {o.extractor}. {o.reason}" for o in report.verdict.omitted),
        *(f"Limit: {limit}" for limit in report.limits),
    ]


def _looked(basis: Mapping[str, Any]) -> str:
    """Which extractors looked; the name of each ends with the first digits of its hash."""
    first, *others = [look["name"] for look in basis["extractors"]]
    confirmed = f", confirmed by {', '.join(others)}" if others else ""
    return f"Measured by {first}{confirmed}."


def compare(
    models: Models,
    data: Data = "",
    settings: Settings = None,
    count: Count = 0,
    seed: Seed = 0,
    quick: Fast = False,
    out: Annotated[str, typer.Option(help="Where the comparison goes.")] = "report",
    extractor: Look = "",
    trusted: Trusted = False,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Judge two models or more by the same real samples, and say what really differs."""
    from sparring.core.places import require_writable
    from sparring.evaluation.session import Terms, compared, opened

    terms = Terms(
        data, _settings(settings), count, seed, quick, extractor, device, trusted, _listener(quiet)
    )
    require_writable(Path(out))
    comparison = compared(opened(models, terms), terms)
    page = comparison.save(out)
    if as_json:
        show(comparison.to_json())
        return
    header, rows = comparison.table()
    show(
        [
            *comparison.sentences,
            "",
            *_rows(("figure", *header[1:]), rows),
            "",
            *comparison.claims,
            "",
            comparison.note,
            _looked(comparison.reports[0].basis),
            *(f"Limit: {limit}" for limit in comparison.limits),
            f"report: {page}",
        ]
    )


def _settings(given: list[str] | None) -> dict[str, Any]:
    from sparring.core.recipe import parse_override

    return dict(parse_override(each.removeprefix("data.")) for each in given or [])


def _listener(quiet: bool) -> Any:
    def hear(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    return hear


def _folders(subjects: Sequence[Subject], out: str) -> list[Path]:
    """Where each report goes; several never go to the same place."""
    if len(subjects) == 1:
        run = subjects[0].run
        return [Path(out or (Path(run) / "report" if run else "report"))]
    folders = [
        Path(each.run) / "report"
        if each.run and not out
        else Path(out or "report") / _plain(each.name)
        for each in subjects
    ]
    if len(set(folders)) < len(folders):
        raise UserError("The same model is named twice.")
    return folders


def _place_of_seeds(subjects: Sequence[Subject], out: str) -> list[Path]:
    """Where several trainings of one recipe are summed up; empty where there are no such."""
    facts = [each.facts for each in subjects]
    recipes = [own[key] for own in facts if (key := "recipe_sha256_of_any_seed") in own]
    return [Path(out or "report")] if len(set(recipes)) < len(recipes) else []


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "model"


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    named = [dict(zip(columns, row, strict=True)) for row in [columns, *rows]]
    return table(named, tuple(columns))
