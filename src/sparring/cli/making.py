"""The verb that makes: generate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli._printing import Device, Json, show
from sparring.core.errors import UserError

if TYPE_CHECKING:  # the module itself brings torch with it
    from sparring.generation.sampler import Generated


def generate(
    model: Annotated[str, typer.Argument(help="A run or model folder or file, or a name.")],
    count: Annotated[int | None, typer.Option("--count", "-n", help="How many; else 16.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the first, else 0; number i has seed + i.")
    ] = None,
    label: Annotated[str, typer.Option(help="7, or digit=7,speaker=theo; else all in turn.")] = "",
    truncation: Annotated[float, typer.Option(help="Below 1: more typical, less varied.")] = 1.0,
    between: Annotated[
        str,
        typer.Option(help="Seeds to walk through, e.g. 0,5,9, instead: a strip and a walk."),
    ] = "",
    say: Annotated[
        str,
        typer.Option(help="Words to put into one file instead, e.g. '4 0 7 1' for digits."),
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
    _require_one_way(between, say, count, seed)
    from sparring.core.places import require_writable
    from sparring.generation import explore, row
    from sparring.generation.sampler import load

    require_writable(out)
    sampler = load(model, device, trusted=trusted)
    if between or say:
        if between:
            paths = explore.save_walk(
                sampler, _seeds(between), out, steps=steps, labels=label, truncation=truncation
            )
        else:
            spelled = row.spell(sampler, say, seed=seed or 0, labels=label, truncation=truncation)
            paths = [row.save_row(spelled, say, out)]
        made = {"files": [str(path) for path in paths]}
    else:
        many = 16 if count is None else count
        generated = sampler.generate(many, seed=seed or 0, labels=label, truncation=truncation)
        paths = generated.save(out)
        made = _told(paths, generated)
    show(made if as_json else [str(path) for path in paths])


def _told(paths: list[Path], generated: Generated) -> dict[str, Any]:
    """What was made, for machines."""
    samples = zip(paths, generated.seeds, generated.labels, strict=False)
    return {
        "sheet": str(paths[len(generated)]),
        "pages": [str(path) for path in paths[len(generated) + 1 :]],
        "samples": [{"file": str(p), "seed": s, "labels": dict(n)} for p, s, n in samples],
    }


def _require_one_way(between: str, say: str, count: int | None, seed: int | None) -> None:
    if between and (count is not None or seed is not None):
        raise UserError("--between names all its seeds; leave --count and --seed out with it.")
    if say and (between or count is not None):
        raise UserError("--say makes one sample a word; leave --count and --between out with it.")


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(f"{text!r} is not a list of seeds; write numbers, e.g. 0,5,9.") from error
