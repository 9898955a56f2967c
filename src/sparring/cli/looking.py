"""The verbs that look: data, recipes, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli._printing import Json, in_words, show, table
from sparring.core.errors import UserError

data_app = typer.Typer(help="Data sets: what there is, fetch it, look your own over.",
                       no_args_is_help=True)  # fmt: skip
recipes_app = typer.Typer(help="Recipes: what there is, and what is in it.", no_args_is_help=True)


@data_app.command("list")
def data_list(as_json: Json = False) -> None:
    """The data sets by name, with their licences and sources."""
    from dataclasses import asdict

    from sparring.data import _catalogue

    rows = [asdict(line) for line in _catalogue.catalogue()]
    show(rows if as_json else table(rows, ("name", "summary", "licence")))


@data_app.command("get")
def data_get(
    name: Annotated[str, typer.Argument(help="A data set's name.")], as_json: Json = False
) -> None:
    """Fetch a data set once; what is there already is not fetched again."""
    from sparring.core import components

    dataset = components.build(components.DATASET, {"name": name}, where="data")
    counts = {part: len(dataset.split(part)) for part in ("train", "test")}
    facts = {"name": name, **counts, "licence": dataset.licence, "source": dataset.source}
    show(facts if as_json else [f"{key}: {value}" for key, value in facts.items()])


@data_app.command("check")
def data_check(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder or zip of your own, a file of texts or points, or the name of a data "
            "set of texts."
        ),
    ],
    against: Annotated[
        Path | None,
        typer.Option(
            help="A file of texts, such as a published test part: how many of its texts are in "
            "yours too, exactly or nearly."
        ),
    ] = None,
    sheet: Annotated[
        str, typer.Option(help="A PNG to make with some of them; not among the examples.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Look your own pictures, recordings, texts or points over: counts, copies, broken files.

    Of texts, also how many of the held-out part stand in the part to train on.
    """
    from sparring.core.errors import CheckFailed
    from sparring.core.files import atomic_write
    from sparring.data._inspect import inspect, inspect_named, is_name

    if sheet and Path(sheet).resolve().is_relative_to(path.resolve()):
        raise UserError(f"--sheet {sheet} lies in {path}, where it would become an example itself.")
    report = inspect_named(str(path), against) if is_name(path) else inspect(path, against)
    lines = [report.text()]
    if sheet and report.contact_sheet:
        atomic_write(Path(sheet), report.contact_sheet)
        lines.append(f"contact sheet: {sheet}")
    show(report.to_json() if as_json else lines)
    if report.problems:
        raise CheckFailed(f"{path}: {len(report.problems)} things to look at.")


@recipes_app.command("list")
def recipes_list(as_json: Json = False) -> None:
    """The recipes that come with Sparring."""
    from sparring.core.recipe import summaries

    rows = summaries()
    show(rows if as_json else table(rows, ("name", "summary")))


@recipes_app.command("show")
def recipes_show(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="Settings to change.")] = None,
    as_json: Json = False,
) -> None:
    """The whole recipe with every default filled in, as TOML (or JSON)."""
    from sparring.core.recipe import Recipe, parse_override, to_toml

    chosen = Recipe.read(recipe, dict(parse_override(o) for o in overrides or []))
    show(chosen.to_json() if as_json else [to_toml(chosen)])


def doctor(as_json: Json = False) -> None:
    """What this machine is and has: versions, cores, memory, disk, devices, optional parts."""
    from sparring.core import device, files

    facts = {**device.describe(), "cache": str(files.cache_dir())}
    show(facts if as_json else [f"{key}: {in_words(value)}" for key, value in facts.items()])
