"""The command line: verbs only. Torch is imported inside a verb, never for --help."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.core import memory
from sparring.core.errors import UserError
from sparring.core.version import VERSION

app = typer.Typer(
    help="Learn from examples, then make new ones: a generator and a discriminator spar.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Data sets: what there is, fetch it, look your own over.",
                       no_args_is_help=True)  # fmt: skip
recipes_app = typer.Typer(help="Recipes: what there is, and what is in it.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(recipes_app, name="recipes")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def _version(asked: bool) -> bool:
    if asked:
        print(VERSION)
        raise typer.Exit
    return asked  # what a callback returns becomes the option's value


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", is_eager=True, callback=_version
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    # `version` is read by its callback, `debug` by `main`, which outlives this context.
    pass


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or a TOML file of your own.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Settings to change, e.g. objective.gamma=0.5")
    ] = None,
    out: Annotated[str, typer.Option(help="The run's folder; else the next free runs/NAME.")] = "",
    dry_run: Annotated[
        bool, typer.Option(help="Show the whole recipe and its measured cost, then stop.")
    ] = False,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train a recipe: sparring train digits samples=100_000 objective.gamma=0.5."""
    from sparring.core.recipe import Recipe, parse_override
    from sparring.training import session

    chosen = Recipe.read(recipe, dict(parse_override(o) for o in overrides or []))
    if dry_run:
        _show_plan(chosen, session.plan(chosen, device=device), as_json)
        return
    _show_run(session.train(chosen, out=out, device=device, quiet=quiet or as_json), as_json)


@app.command()
def resume(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    inexact: Annotated[
        bool, typer.Option(help="Go on even where the same bits cannot be promised.")
    ] = False,
    device: Annotated[str, typer.Option(help="Empty = where it was trained before.")] = "",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go on with a run that was stopped, to the same bits as without the stop."""
    from sparring.training import session

    finished = session.resume(run, device=device, inexact=inexact, quiet=quiet or as_json)
    _show_run(finished, as_json)


@app.command()
def generate(
    model: Annotated[str, typer.Argument(help="A run folder, a model folder or a model file.")],
    count: Annotated[int | None, typer.Option("--count", "-n", help="How many; else 16.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the first, else 0; number i has seed + i.")
    ] = None,
    label: Annotated[str, typer.Option(help="7, or digit=7,speaker=theo; else all in turn.")] = "",
    truncation: Annotated[float, typer.Option(help="Below 1: more typical, less varied.")] = 1.0,
    between: Annotated[
        str,
        typer.Option(help="Seeds to walk through, e.g. 0,5,9, instead: a strip and a GIF."),
    ] = "",
    steps: Annotated[int, typer.Option(help="Samples from one seed of --between to the next.")] = 8,
    out: Annotated[Path, typer.Option(help="Where the files go.")] = Path("samples"),
    trusted: Annotated[
        bool, typer.Option(help="The model is my own: components it names are imported and run.")
    ] = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Make new samples: one file each, and a contact sheet of them all."""
    if between and (count is not None or seed is not None):
        raise UserError("--between names all its seeds; leave --count and --seed out with it.")
    from sparring.generation import explore
    from sparring.generation.sampler import load

    sampler = load(model, device, trusted=trusted)
    if between:
        paths = explore.save_walk(
            sampler, _seeds(between), out, steps=steps, labels=label, truncation=truncation
        )
        made = {"files": [str(path) for path in paths]}
    else:
        generated = sampler.generate(
            16 if count is None else count, seed=seed or 0, labels=label, truncation=truncation
        )
        paths = generated.save(out)
        samples = zip(paths, generated.seeds, generated.labels, strict=False)
        made = {
            "sheet": str(paths[-1]),
            "samples": [{"file": str(p), "seed": s, "labels": dict(n)} for p, s, n in samples],
        }
    _print(made if as_json else [str(path) for path in paths])


@data_app.command("list")
def data_list(as_json: Json = False) -> None:
    """The data sets by name, with their licences and sources."""
    from dataclasses import asdict

    from sparring.data import _catalogue

    rows = [asdict(line) for line in _catalogue.catalogue()]
    _print(rows if as_json else _table(rows, ("name", "summary", "licence")))


@data_app.command("get")
def data_get(
    name: Annotated[str, typer.Argument(help="A data set's name.")], as_json: Json = False
) -> None:
    """Fetch a data set once; what is there already is not fetched again."""
    from sparring.core import components

    dataset = components.build(components.DATASET, {"name": name}, where="data")
    counts = {part: len(dataset.split(part)) for part in ("train", "test")}
    facts = {"name": name, **counts, "licence": dataset.licence, "source": dataset.source}
    _print(facts if as_json else [f"{key}: {value}" for key, value in facts.items()])


@data_app.command("check")
def data_check(
    path: Annotated[Path, typer.Argument(help="A folder or zip of your own examples.")],
    sheet: Annotated[
        str, typer.Option(help="A PNG to make with some of them; not among the examples.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Look your own examples over: counts, sizes, labels, duplicates, broken files."""
    from sparring.core.errors import CheckFailed
    from sparring.core.files import atomic_write
    from sparring.data._inspect import inspect

    if sheet and Path(sheet).resolve().is_relative_to(path.resolve()):
        raise UserError(f"--sheet {sheet} lies in {path}, where it would become an example itself.")
    report = inspect(path)
    lines = [report.text()]
    if sheet and report.contact_sheet:
        atomic_write(Path(sheet), report.contact_sheet)
        lines.append(f"contact sheet: {sheet}")
    _print(report.to_json() if as_json else lines)
    if report.problems:
        raise CheckFailed(f"{path}: {len(report.problems)} things to look at.")


@recipes_app.command("list")
def recipes_list(as_json: Json = False) -> None:
    """The recipes that come with Sparring."""
    from sparring.core.recipe import summaries

    rows = summaries()
    _print(rows if as_json else _table(rows, ("name", "summary")))


@recipes_app.command("show")
def recipes_show(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="Settings to change.")] = None,
    as_json: Json = False,
) -> None:
    """The whole recipe with every default filled in, as TOML (or JSON)."""
    from sparring.core.recipe import Recipe, parse_override, to_toml

    chosen = Recipe.read(recipe, dict(parse_override(o) for o in overrides or []))
    _print(chosen.to_json() if as_json else [to_toml(chosen)])


@app.command()
def doctor(as_json: Json = False) -> None:
    """What this machine is and has: versions, cores, memory, disk, devices, optional parts."""
    from sparring.core import device, files

    facts = {**device.describe(), "cache": str(files.cache_dir())}
    _print(facts if as_json else [f"{key}: {_text(value)}" for key, value in facts.items()])


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(f"{text!r} is not a list of seeds; write numbers, e.g. 0,5,9.") from error


def _show_plan(recipe: Any, plan: Any, as_json: bool) -> None:
    from dataclasses import asdict

    from sparring.core.recipe import to_toml

    if as_json:
        _print({"recipe": recipe.to_json(), "estimate": asdict(plan)})
        return
    players = ", ".join(f"{player} {n:,}" for player, n in plan.parameters.items())
    _print(
        [
            to_toml(recipe),
            f"# parameters: {players}",
            f"# memory: {plan.memory_bytes / 1e6:,.1f} MB of weights, moments and data",
            f"# time: {plan.seconds_per_thousand:.2f} s per thousand samples in "
            f"{plan.precision}, about {plan.seconds / 60:,.1f} minutes in all",
            f"# disk: {plan.disk_bytes / 1e6:,.1f} MB of checkpoints",
        ]
    )


def _show_run(run: Any, as_json: bool) -> None:
    previews = [str(path) for path in run.previews[-1:]]
    if as_json:
        rows = run.metrics[-1:]
        _print({"run": str(run.folder), "previews": previews, "metrics": rows[0] if rows else {}})
    else:
        _print([str(run.folder)])
        if _leads():
            print(f"Make some: sparring generate {shlex.quote(str(run.folder))}", file=sys.stderr)


def _leads() -> bool:
    """Whether this is the one process of several (torchrun starts them) that prints results."""
    return os.environ.get("RANK", "0") == "0"


def _print(result: Any) -> None:
    """Stdout is data: lines, or one JSON document."""
    if not _leads():
        return
    if isinstance(result, list) and all(isinstance(line, str) for line in result):
        print("\n".join(result))
    else:
        print(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False))


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    widths = [max(len(str(row[column])) for row in rows) for column in columns]
    return [
        "  ".join(str(row[c]).ljust(w) for c, w in zip(columns, widths, strict=True)).rstrip()
        for row in rows
    ]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {'yes' if v else 'no'}" for k, v in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def main() -> None:
    """The entry point of the `sparring` command: people's errors become a sentence and a code."""
    before_verb = itertools.takewhile(lambda word: word.startswith("-"), sys.argv[1:])
    try:
        with memory.enough():
            app()
    except UserError as error:
        if "--debug" in before_verb:
            raise
        print(f"sparring: {error}", file=sys.stderr)
        sys.exit(error.code)
