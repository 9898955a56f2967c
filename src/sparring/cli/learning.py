"""The verbs that learn: train, resume."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli._printing import Device, Json, Quiet, leads, show


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


def resume(
    run: Annotated[Path, typer.Argument(help="The run's folder.")],
    inexact: Annotated[
        bool, typer.Option(help="Go on even where the same bits cannot be promised.")
    ] = False,
    device: Annotated[str, typer.Option(help="Left out = where it was trained before.")] = "",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go on with a run that was stopped, to the same bits as without the stop."""
    from sparring.training import session

    finished = session.resume(run, device=device, inexact=inexact, quiet=quiet or as_json)
    _show_run(finished, as_json)


def _show_plan(recipe: Any, plan: Any, as_json: bool) -> None:
    from dataclasses import asdict

    from sparring.core.recipe import to_toml

    if as_json:
        show({"recipe": recipe.to_json(), "estimate": asdict(plan)})
        return
    players = ", ".join(f"{player} {n:,}" for player, n in plan.parameters.items())
    show(
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
        show({"run": str(run.folder), "previews": previews, "metrics": rows[0] if rows else {}})
    else:
        show([str(run.folder)])
        if leads():
            print(f"Make some: sparring generate {shlex.quote(str(run.folder))}", file=sys.stderr)
