"""The verb that gives a model to other programs: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparring.cli._printing import Json, show
from sparring.cli.making import Trusted


def export(
    model: Annotated[str, typer.Argument(help="A run or model folder or file, or a name.")],
    target: Annotated[str, typer.Argument(help="onnx or torch_export.")],
    out: Annotated[
        Path | None, typer.Option(help="A new folder; else exports/NAME-TARGET.")
    ] = None,
    trusted: Trusted = False,
    as_json: Json = False,
) -> None:
    """Write a model for other programs, checked on 64 seeds, with a card and an example."""
    from sparring.exporting._session import export as written

    folder = written(model, target, out=out, trusted=trusted)
    paths = [str(path) for path in sorted(folder.iterdir())]
    show({"folder": str(folder), "files": paths} if as_json else paths)
