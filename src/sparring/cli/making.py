"""The verb that makes: generate."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli._printing import Device, Json, show
from sparring.core.errors import UserError

if TYPE_CHECKING:  # the module itself brings torch with it
    from sparring.generation.sampler import Generated, Sampler


Model = Annotated[str, typer.Argument(help="A run or model folder or file, or a name.")]
Many = Annotated[int | None, typer.Option("--count", "-n", help="How many; else 16.")]
Seed = Annotated[int | None, typer.Option(help="Of the first, else 0; number i has seed + i.")]
Label = Annotated[str, typer.Option(help="7, or digit=7,speaker=theo; else all in turn.")]
Truncation = Annotated[float, typer.Option(help="Below 1: more typical, less varied.")]
Between = Annotated[
    str, typer.Option(help="Seeds to walk through, e.g. 0,5,9, instead: a strip and a walk.")
]
Steps = Annotated[int, typer.Option(help="Samples from one seed of --between to the next.")]
Say = Annotated[
    str, typer.Option(help="Words to put into one file instead, e.g. '4 0 7 1' for digits.")
]
Out = Annotated[Path, typer.Option(help="Where the files go.")]
Trusted = Annotated[
    bool, typer.Option(help="The model is my own: components it names are imported and run.")
]
TEXTS = "Texts"
READ_OUT = 16  # texts that are shown besides
READ_OUT = 16  # texts that are shown besides
Temperature = Annotated[
    float, typer.Option(help="Below 1 tamer, above 1 bolder.", rich_help_panel=TEXTS)
]
TopP = Annotated[
    float, typer.Option(help="Draw from the likeliest symbols alone.", rich_help_panel=TEXTS)
]
Candidates = Annotated[
    int, typer.Option(help="Write so many, keep the most real one.", rich_help_panel=TEXTS)
]
By = Annotated[
    str, typer.Option(help="Who chooses: discriminator or likelihood.", rich_help_panel=TEXTS)
]
Prefix = Annotated[str, typer.Option(help="What texts begin with.", rich_help_panel=TEXTS)]
Repair = Annotated[
    str, typer.Option(help="A text with a gap □ for each lost symbol.", rich_help_panel=TEXTS)
]
Verse = Annotated[
    str, typer.Option(help="A form, e.g. five or seven,rhyme,tones.", rich_help_panel=TEXTS)
]
Stream = Annotated[
    bool, typer.Option("--stream", help="Show one text as it is written.", rich_help_panel=TEXTS)
]


def generate(
    model: Model,
    count: Many = None,
    seed: Seed = None,
    label: Label = "",
    truncation: Truncation = 1.0,
    between: Between = "",
    say: Say = "",
    steps: Steps = 8,
    out: Out = Path("samples"),
    trusted: Trusted = False,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    candidates: Candidates = 1,
    by: By = "discriminator",
    prefix: Prefix = "",
    repair: Repair = "",
    verse: Verse = "",
    stream: Stream = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Make new samples: one file each, and a contact sheet of them all."""
    _require_one_way(between, say, count, seed)
    if stream and (between or say or count is not None or as_json):
        raise UserError(
            "--stream shows one text; leave --between, --say, --count and --json out with it."
        )
    from sparring.core.places import require_writable
    from sparring.generation.loading import load
    from sparring.generation.wording import Wording, worded

    wording = Wording(temperature, top_p, candidates, by, prefix, repair, verse)
    if not stream:
        require_writable(out)
    sampler, labels = load(model, device, trusted=trusted), label
    if wording.ways or stream:
        sampler, labels = worded(sampler, wording, label)
    how = {"labels": labels, "truncation": truncation}
    if stream:
        _show_stream(sampler, seed or 0, how)
    elif between or say:
        _make_one(
            sampler, _seeds(between) if between else [seed or 0], say, steps, out, how, as_json
        )
    else:
        generated = sampler.generate(16 if count is None else count, seed=seed or 0, **how)
        paths = generated.save(out)
        if not as_json:
            _read_out(generated)
        show(_told(paths, generated) if as_json else [str(path) for path in paths])


def _read_out(generated: Generated) -> None:
    """What can be read, beside the names of the files."""
    for text in generated.modality.texts(generated.samples[:READ_OUT]):
        print(text, end="\n\n", file=sys.stderr)


def _make_one(
    sampler: Sampler,
    seeds: list[int],
    say: str,
    steps: int,
    out: Path,
    how: Mapping[str, Any],
    as_json: bool,
) -> None:
    """A walk through seeds, or words in a row."""
    from sparring.generation import explore, row

    if say:
        spelled = row.spell(sampler, say, seed=seeds[0], **how)
        paths = [row.save_row(spelled, say, out)]
    else:
        paths = list(explore.save_walk(sampler, seeds, out, steps=steps, **how))
    files = [str(path) for path in paths]
    show({"files": files} if as_json else files)


def _show_stream(sampler: Sampler, seed: int, how: Mapping[str, Any]) -> None:
    from sparring.generation.wording import stream

    for piece in stream(sampler, seed=seed, **how):
        print(piece, end="", flush=True)
    print()


def _told(paths: list[Path], generated: Generated) -> dict[str, Any]:
    """What was made, for machines."""
    samples = [
        {"file": str(path), "seed": seed, "labels": dict(labels)}
        for path, seed, labels in zip(paths, generated.seeds, generated.labels, strict=False)
    ]
    for sample, text in zip(samples, generated.modality.texts(generated.samples), strict=False):
        sample.update(text=text)
    return {
        "sheet": str(paths[len(generated)]),
        "pages": [str(path) for path in paths[len(generated) + 1 :]],
        "samples": samples,
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
