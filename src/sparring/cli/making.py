"""The verb that makes: generate."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli import remaking
from sparring.cli._labels import (
    NoCredentials,
    NoLabels,
    Producer,
    TimeStamp,
    Visible,
    labelling,
)
from sparring.cli._printing import Device, Json, Quiet, show
from sparring.core.errors import BadData, UserError

if TYPE_CHECKING:  # they take a while to import, which --help need not wait for
    from sparring.core.bar import Bar
    from sparring.generation.generated import Generated
    from sparring.generation.sampler import Sampler


Model = Annotated[
    str,
    typer.Argument(
        help="A run or model folder or file, or a name; with --like it may be left out.",
        show_default=False,
    ),
]
Many = Annotated[int | None, typer.Option("--count", "-n", help="How many; else 16.")]
Seed = Annotated[int | None, typer.Option(help="Of the first, else 0; number i has seed + i.")]
Label = Annotated[str, typer.Option(help="7, or digit=7,speaker=theo; else all in turn.")]
Truncation = Annotated[float, typer.Option(help="Below 1: more typical, less varied.")]
Between = Annotated[
    str, typer.Option(help="Seeds to walk through, e.g. 0,5,9, instead: a strip and a walk.")
]
Steps = Annotated[
    int | None, typer.Option(help="Samples from one seed of --between to the next; else 8.")
]
Say = Annotated[
    str, typer.Option(help="Words to put into one file instead, e.g. '4 0 7 1' for digits.")
]
Like = Annotated[str, typer.Option(help="A file to make again, by the recipe that it carries.")]
Form = Annotated[str, typer.Option(help="Of files: png or jpeg; wav, flac or ogg; txt, md, json.")]
Out = Annotated[Path, typer.Option(help="Where the files go.")]
PLACE = Path("samples")
Trusted = Annotated[
    bool, typer.Option(help="The model is my own: components it names are imported and run.")
]
TEXTS = "Texts"
PATIENCE = 2.0  # seconds after which somebody who waits is told how long it takes
STEPS = 8
READ_OUT = 16  # texts that are shown besides
Temperature = Annotated[
    float,
    typer.Option(
        help="Below 1 tamer, 0 always the likeliest, above 1 bolder.", rich_help_panel=TEXTS
    ),
]
TopP = Annotated[
    float, typer.Option(help="Draw from the likeliest symbols alone.", rich_help_panel=TEXTS)
]
Candidates = Annotated[
    int, typer.Option(help="Write so many, keep the most real one.", rich_help_panel=TEXTS)
]
By = Annotated[
    str,
    typer.Option(
        help="Who chooses: discriminator or likelihood; else the first, but the second to mend.",
        rich_help_panel=TEXTS,
    ),
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
    model: Model = "",
    count: Many = None,
    seed: Seed = None,
    label: Label = "",
    truncation: Truncation = 1.0,
    between: Between = "",
    say: Say = "",
    steps: Steps = None,
    like: Like = "",
    form: Form = "",
    out: Out = PLACE,
    trusted: Trusted = False,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    candidates: Candidates = 1,
    by: By = "",
    prefix: Prefix = "",
    repair: Repair = "",
    verse: Verse = "",
    stream: Stream = False,
    producer: Producer = "",
    visible: Visible = False,
    no_labels: NoLabels = False,
    no_credentials: NoCredentials = False,
    time_stamp: TimeStamp = "",
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make new samples: one file each, and a contact sheet of them all."""
    _require_one_way(between, steps, say, count, seed, stream, as_json)
    if stream and (form or out != PLACE):
        raise UserError("--stream writes no file; leave --out and --form out with it.")
    labels = labelling(producer, visible, no_labels, no_credentials, time_stamp)
    wording = (temperature, top_p, candidates, by, prefix, repair, verse)
    if like:
        usual = wording == (1.0, 1.0, 1, "", "", "", "") and truncation == 1.0
        _require_nothing_else(usual, count, seed, between, say, stream, label, form)
        remaking.remake(model, Path(like), labels, out, device, trusted, as_json)
        return
    sampler, asked = _asked(model, device, trusted, wording, label, stream, out)
    sampler, how = sampler.labelled(labels), {"labels": asked, "truncation": truncation}
    if stream:
        _show_stream(sampler, seed or 0, how)
    elif between or say:
        seeds = _seeds(between) if between else [seed or 0]
        _make_one(sampler, seeds, say, STEPS if steps is None else steps, out, how, form, as_json)
    else:
        _make_each(sampler, count, seed or 0, out, how, form, quiet, as_json)


def _asked(
    model: str,
    device: str,
    trusted: bool,
    wording: tuple[float, float, int, str, str, str, str],
    label: str,
    stream: bool,
    out: Path,
) -> tuple[Sampler, Mapping[str, str] | str]:
    """The model in the way that is asked for, and the labels that it is asked for."""
    from sparring.core.places import require_writable
    from sparring.generation.loading import load
    from sparring.generation.wording import Wording, worded

    if not model:
        raise UserError("A model is missing: sparring generate MODEL, such as digits.")
    words = Wording(*wording)
    if not stream:
        require_writable(out)
    sampler = load(model, device, trusted=trusted)
    return worded(sampler, words, label) if words.ways or stream else (sampler, label)


def _bar(count: int, unit: str, quiet: bool) -> Bar:
    from sparring.core.bar import Bar

    return Bar(count, unit, quiet=quiet, patience=PATIENCE)


def _make_each(
    sampler: Sampler,
    count: int | None,
    seed: int,
    out: Path,
    how: Mapping[str, Any],
    form: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """One file a sample, which takes a while where there are many."""
    from sparring.modalities import SHEET

    count, hushed = 16 if count is None else count, quiet or as_json
    with _bar(count, "samples made", hushed) as bar:
        bar.more = "and then they are written"
        generated = sampler.generate(count, seed=seed, progress=bar.advance, **how)
    there = _names_in(out)
    before, sheet = _contents(generated.paths(out, form)), _contents([out / SHEET])
    with _bar(count, "files written", hushed) as bar:
        try:
            paths = generated.save(out, form, bar.advance)
        except KeyboardInterrupt:
            print(f"Stopped: {bar.done:,} of {count:,} files are in {out}.", file=sys.stderr)
            raise
    _tell_of_others(before, out)
    _tell_of_earlier(sheet, [path for path in paths[len(generated) :] if path.name in there])
    if not as_json:
        _read_out(generated)
    show(_told(paths, generated) if as_json else [str(path) for path in paths])


def _contents(paths: list[Path]) -> dict[Path, str]:
    """A hash of what each file holds that is there; "" where it is nothing known."""
    from sparring.generation.likeness import essence

    found: dict[Path, str] = {}
    for path in filter(Path.is_file, paths):
        try:
            found[path] = essence(path.read_bytes(), path.name)
        except (BadData, OSError):
            found[path] = ""
    return found


def _tell_of_others(before: Mapping[Path, str], out: Path) -> None:
    """Say which files are no longer the samples that they were."""
    now = _contents(list(before))
    others = [path.name for path in before if before[path] != now[path]]
    if others:
        files = "1 file" if len(others) == 1 else f"{len(others):,} files"
        print(
            f"{files} in {out} took the place of other samples of the same names, such as "
            f"{others[0]}; --out FOLDER keeps them apart.",
            file=sys.stderr,
        )


def _names_in(folder: Path) -> set[str]:
    """What lies there already."""
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


def _tell_of_earlier(before: Mapping[Path, str], paths: list[Path]) -> None:
    """Say that files which show all samples of a call show those of an earlier call no longer.

    Args:
        before: a hash of what the first of them held. It alone is looked at, as the others show
            the same samples, and some of them tell the time besides.
        paths: those that were there.
    """
    if before and before != _contents(list(before)):
        names = [path.name for path in paths]
        listed, show = names[0], "shows"
        if len(names) > 1:
            listed, show = f"{', '.join(names[:-1])} and {names[-1]}", "show"
        print(
            f"{listed} in {paths[0].parent} {show} what was made now, and no longer what an "
            "earlier call made; --out FOLDER keeps them apart.",
            file=sys.stderr,
        )


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
    form: str,
    as_json: bool,
) -> None:
    """A walk through seeds, or words in a row."""
    from sparring.generation import explore, row

    if say:
        sampler.modality.form(form)
        paths = [row.save_row(row.spell(sampler, say, seed=seeds[0], **how), say, out, form)]
    elif form:
        raise UserError("--form is for samples and words in a row; leave it out with --between.")
    else:
        there, before = _names_in(out), _contents([out / explore.STRIP])
        paths = explore.save_walk(sampler, seeds, out, steps=steps, **how)
        _tell_of_earlier(before, [path for path in paths if path.name in there])
    files = [str(path) for path in paths]
    show({"files": files} if as_json else files)


def _show_stream(sampler: Sampler, seed: int, how: Mapping[str, Any]) -> None:
    from sparring.core import mark
    from sparring.generation.wording import stream
    from sparring.provenance import unlabelled

    labelling = sampler.labelling
    for number, piece in enumerate(stream(sampler, seed=seed, **how)):
        if number == 0 and not labelling.implicit:
            unlabelled.note([], sampler.origin(how["truncation"]), [seed], sent=1)
        print(_showable(piece), end="", flush=True)
    is_labelled = labelling.implicit or labelling.visible
    print(_showable(mark.VISIBLE) if is_labelled else "")  # as below the same text in a file


def _showable(text: str) -> str:
    """A text with codes for what stdout cannot show, as stderr has them by itself."""
    return text.encode(sys.stdout.encoding, "backslashreplace").decode(sys.stdout.encoding)


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


def _require_one_way(
    between: str,
    steps: int | None,
    say: str,
    count: int | None,
    seed: int | None,
    stream: bool,
    as_json: bool,
) -> None:
    if steps is not None and not between:
        raise UserError("--steps is for a walk; name its seeds, as in --between 0,5,9.")
    if between and (count is not None or seed is not None):
        raise UserError("--between names all its seeds; leave --count and --seed out with it.")
    if say and (between or count is not None):
        raise UserError("--say makes one sample a word; leave --count and --between out with it.")
    if stream and (between or say or count is not None or as_json):
        raise UserError(
            "--stream shows one text; leave --between, --say, --count and --json out with it."
        )


def _require_nothing_else(usual: bool, *told: object) -> None:
    """With --like a file says everything itself."""
    if not usual or any(each not in (None, "", False) for each in told):
        raise UserError(
            "--like FILE makes that file again as its recipe says; leave out what asks for "
            "something else: counts, seeds, labels, forms and ways of writing."
        )


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(f"{text!r} is not a list of seeds; write numbers, e.g. 0,5,9.") from error
