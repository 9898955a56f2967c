"""Makes a file again by the recipe that it carries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from sparring.core.errors import BadData, UserError
from sparring.generation.batch import LATENT, Ask, rows, together
from sparring.generation.explore import interpolate
from sparring.generation.generated import Generated
from sparring.generation.model_file import SHIPPED, shipped_names
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.provenance.carriers import Unreadable
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.facts import ENGINE, Facts
from sparring.provenance.labelling import Labelled, Labelling, digest

RUNS = Path("runs")
CONFIG = "config.json"


@dataclass(frozen=True)
class Likeness:
    """A file that was made again.

    Attributes:
        labelled: the new one.
        generated: its samples.
        is_same: whether its content is the same, bit for bit.
        differences: what is not as it was when the other was made: versions, threads, devices.
    """

    labelled: Labelled
    generated: Generated
    is_same: bool
    differences: Sequence[str]


def find_model(facts: Facts, runs: Path = RUNS) -> Path:
    """The shipped model, or the run in `runs`, that made something.

    Raises:
        BadData: none of them did; the message says what to do.
    """
    shipped = [SHIPPED / name for name in shipped_names()]
    own = [folder for run in sorted(runs.glob("*")) for folder in (run, run / "model")]
    for folder in [*shipped, *own]:
        try:
            config = json.loads((folder / CONFIG).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(config, dict) and config.get("model_hash") == facts.origin.model:
            return folder
    raise BadData(
        f"The model {facts.model_name} that made it is not among the shipped ones and not in "
        f"{runs}; name it: sparring generate MODEL --like FILE."
    )


def again(
    facts: Facts,
    content: bytes,
    name: str,
    sampler: Sampler,
    labelling: Labelling,
) -> Likeness:
    """What the facts describe, made anew by the model that made it.

    Args:
        facts: of the file, as `verify` reads them.
        content: the file.
        name: what it is called; its ending tells its form.
        sampler: that model.
        labelling: the labels of the new file; whether one is visible, the file decides.

    Raises:
        BadData: another model made it, or its recipe cannot be followed.
        UserError: what its recipe asks for is not possible.
    """
    if sampler.model_hash != facts.origin.model:
        raise BadData(
            f"{name} was made by the model {facts.model_name}, and this is "
            f"{sampler.model_hash[:12]}; name the model that made it."
        )
    sampler = _in_the_same_way(sampler, facts)
    sampler = sampler.labelled(replace(labelling, visible=facts.visible))
    generated = _samples(sampler, facts)
    made = _file(generated, facts, carrier_of(content, name).suffixes[0])
    return Likeness(
        made, generated, essence(made.content, name) == essence(content, name),
        _differences(facts, generated),
    )  # fmt: skip


def _in_the_same_way(sampler: Sampler, facts: Facts) -> Sampler:
    """The sampler asked in the ways of the facts; their latent, which is no way, comes later."""
    ways = {k: value for k, value in facts.origin.ways.items() if k not in (ENGINE, LATENT)}
    if not ways:
        return sampler
    usual = vars(Wording())
    for key, value in ways.items():
        if key not in usual or not isinstance(value, type(usual[key])):
            raise BadData(f"Its recipe cannot be followed: it has {key!r:.60} = {value!r:.60}.")
    return worded(sampler, Wording(**ways))[0]


def _samples(sampler: Sampler, facts: Facts) -> Generated:
    truncation = facts.origin.truncation
    if LATENT in facts.origin.ways:
        return _of_latent(sampler, facts, facts.origin.ways[LATENT])
    if not facts.walk:
        return sampler.each(facts.seeds, facts.labels, truncation)
    walk = interpolate(
        sampler,
        facts.walk["between"],
        steps=facts.walk["steps"],
        labels=facts.labels[0],
        truncation=truncation,
        closed=facts.walk["closed"],
    )
    if facts.made == "sample" and facts.walk.get("place", len(walk)) >= len(walk):
        raise BadData("Its recipe cannot be followed: its walk is shorter than its place on it.")
    return walk


def _of_latent(sampler: Sampler, facts: Facts, given: object) -> Generated:
    if not isinstance(given, list) or not all(isinstance(z, float | int) for z in given):
        raise BadData("Its recipe cannot be followed: its latent is no list of numbers.")
    try:
        latent = tuple(map(float, given))
    except OverflowError as error:
        raise BadData("Its recipe cannot be followed: its latent is out of range.") from error
    ask = Ask(
        seed=facts.seeds[0], labels=facts.labels[0], truncation=facts.origin.truncation,
        latent=latent,
    )  # fmt: skip
    (made,) = together([rows(sampler, ask)])
    if isinstance(made, UserError):
        raise made
    return made


def _file(generated: Generated, facts: Facts, suffix: str) -> Labelled:
    form = suffix.removeprefix(".")
    match facts.made:
        case "sample":
            return generated.one(facts.walk.get("place", 0), form)
        case "row":
            return generated.row(form)
        case "strip":
            return generated.strip()
        case "walk":
            return generated.film()[1]
        case "all":
            sheets = generated.sheets()
            for name, labelled in sheets.items():
                if PurePath(name).suffix == suffix:
                    return labelled
            raise UserError(
                f"Of all samples together there are {', '.join(sheets)}, and no {suffix} file."
            )


def essence(content: bytes, name: str) -> str:
    """A hash of what a file holds without its labels.

    Raises:
        BadData: it is of no known kind, or damaged.
    """
    try:
        return digest(carrier_of(content, name).essence(content))
    except Unreadable as error:
        raise BadData(f"{name} cannot be read: {error}.") from error


def _differences(facts: Facts, generated: Generated) -> list[str]:
    """What rounds differently than it did then."""
    then, now = facts.origin, generated.origin
    pairs = {
        "PyTorch": (then.torch, now.torch),
        "engine": (then.ways.get(ENGINE, "torch"), now.ways.get(ENGINE, "torch")),
        "device": (then.device, now.device),
        "threads": (then.threads, now.threads),
        "recipe": (then.recipe, now.recipe),
    }
    return [f"{name} {a} then, {b} now" for name, (a, b) in pairs.items() if a != b]
