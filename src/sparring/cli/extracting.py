"""The group `sparring extractors`: the networks behind every score, and how to train one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli._printing import Device, Json, Quiet, show, table

if TYPE_CHECKING:  # the module itself brings torch with it
    from sparring.extractors._trained import Card

extractors_app = typer.Typer(
    help="Extractors: the networks whose features scores are measured on.", no_args_is_help=True
)


@extractors_app.command("list")
def extractors_list(as_json: Json = False) -> None:
    """The extractors that come with Sparring: data, accuracy on held-out real samples, hash."""
    from dataclasses import asdict

    from sparring.extractors._choosing import shipped_cards

    cards = shipped_cards()
    columns = ("data", "architecture", "accuracy", "test_samples", "sha256", "licence")
    show([asdict(c) for c in cards] if as_json else table([_row(c) for c in cards], columns))


@extractors_app.command("train")
def extractors_train(
    data: Annotated[str, typer.Argument(help="A data set's name, e.g. mnist.")],
    settings: Annotated[
        list[str] | None,
        typer.Argument(help="Of data and architecture, e.g. data.path=PICTURES channels=64"),
    ] = None,
    architecture: Annotated[
        str, typer.Option(help="plain or residual for pictures, temporal or spectral for sounds.")
    ] = "",
    passes: Annotated[int, typer.Option(min=1, help="Over the training part.")] = 16,
    augment: Annotated[float, typer.Option(min=0, max=1, help="Share of changed samples.")] = 0.5,
    mirror: Annotated[bool, typer.Option(help="Left and right may change places.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and changes.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of weights and card.")] = Path("extractors"),
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train an extractor on real data alone; weights and card land in OUT."""
    from dataclasses import asdict

    from sparring.core import components, memory, places
    from sparring.core import device as devices
    from sparring.core.recipe import parse_override
    from sparring.extractors._choosing import learn
    from sparring.extractors._fitting import Fitting
    from sparring.extractors._trained import write
    from sparring.generation.model_file import modality_of

    places.require_writable(out)
    given = dict(parse_override(text) for text in settings or [])
    own = {key: value for key, value in given.items() if not key.startswith("data.")}
    of_data = {key.removeprefix("data."): v for key, v in given.items() if key not in own}
    with memory.enough(), devices.threads(0):
        dataset = components.build(components.DATASET, {"name": data, **of_data}, where="data")
        modality = modality_of(dataset.spec)
        network, card = learn(
            dataset,
            data,
            architecture or modality.looks[0],
            modality,
            Fitting(passes=passes, augment=augment, mirror=mirror, seed=seed),
            settings=own,
            device=devices.choose(device),
            hear=_hush if quiet or as_json else _tell,
        )
        trained = write(out, network, card)
    lines = [f"{key}: {value}" for key, value in _row(trained.card).items()]
    show(asdict(trained.card) if as_json else lines)


def _row(card: Card) -> dict[str, Any]:
    """What a person reads of the papers."""
    shares = [f"{name} {share:.2%}" for name, share in card.accuracy.items()]
    return {
        "data": card.data,
        "architecture": card.architecture,
        "accuracy": ", ".join(shares) or "no labels",
        "test_samples": card.test_samples,
        "sha256": card.sha256[:12],
        "licence": card.licence,
    }


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _hush(_line: str) -> None:
    pass
