"""What may be asked of a model: how many samples, of which seeds, with which labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from sparring.core.errors import UserError, nearest, quoted
from sparring.core.spec import Condition, Spec

LabelSets = Mapping[str, tuple[str, ...]]
"""Classes by the name of their label set."""
Wanted = Mapping[str, str | int] | str | int
"""How people ask for classes: {"digit": "7"}, "digit=7", "7" or 7."""
MOST = 100_000  # samples in one call


def require_makeable(count: int, seeds: Sequence[int], truncation: float) -> None:
    """Make sure that so many samples can be asked for, of these seeds and with this truncation.

    Raises:
        UserError: a number is out of range.
    """
    if not 1 <= count <= MOST:
        raise UserError(f"count = {count}: between 1 and {MOST:,} samples can be made at once.")
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise UserError(
                f"seed = {seed}: a whole number from 0 to 2^63 - 1 is needed, of "
                "the last sample too."
            )
    if not 0 < truncation <= 1:
        raise UserError(f"truncation = {truncation}: a number above 0 and up to 1 is needed.")


def require_one_file(count: int, most: int) -> None:
    """Make sure that so many samples may follow each other in one file.

    Raises:
        UserError: they are more than `most`.
    """
    if count > most:
        raise UserError(
            f"{count:,} samples in a row are too long for one file: at most {most:,} of this model "
            "fit; give fewer words, fewer seeds or fewer steps."
        )


def parse_labels(given: Wanted, sets: LabelSets) -> dict[str, str]:
    """The class asked for in each label set, in the model's order, checked against its classes.

    Raises:
        UserError: no such label set or class; the message lists what there is.
    """
    if given not in ("", {}) and not sets:
        raise UserError(f"This model heeds no labels; leave out {quoted(given)}.")
    if isinstance(given, Mapping):
        asked = {name: str(value) for name, value in given.items()}
    else:
        asked = _read_labels(str(given), sets)
    for name, value in asked.items():
        if name not in sets:
            raise UserError(f"This model has no label set {quoted(name)}. {nearest(name, sets)}")
        if value not in sets[name]:
            raise UserError(f"There is no {name} {quoted(value)}. {nearest(value, sets[name])}")
    return {name: asked[name] for name in sets if name in asked}


def _read_labels(text: str, sets: LabelSets) -> dict[str, str]:
    asked: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            homes = [each for each, classes in sets.items() if name in classes or len(sets) == 1]
            if len(homes) != 1:
                raise UserError(
                    f"The label {quoted(name)} needs the name of its set before it, as in "
                    f"SET=CLASS; the label sets of this model are: {', '.join(sets)}."
                )
            name, value = homes[0], name
        if name in asked:
            raise UserError(
                f"{quoted(name)} is asked to be {quoted(asked[name])} and {quoted(value)}; "
                "give one class for each set."
            )
        asked[name] = value
    return asked


def conditions(spec: Spec, seeds: Sequence[int], chosen: Mapping[str, str]) -> Condition:
    """What each seed's sample must agree with: the chosen classes, elsewhere what its seed says.

    The first of the other label sets with n classes takes number seed % n, the second seed // n
    modulo its own, and so on: consecutive seeds meet every combination in turn.
    """
    labels: dict[str, Tensor] = {}
    stride = 1
    for name, classes in spec.labels.items():
        if name in chosen:
            labels[name] = torch.full((len(seeds),), classes.index(chosen[name]))
        else:
            labels[name] = torch.tensor([seed // stride % len(classes) for seed in seeds])
            stride *= len(classes)
    return Condition(labels)
