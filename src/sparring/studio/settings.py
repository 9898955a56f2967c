"""Every setting of a recipe as a field: name, kind, bounds and words, drawn from the schema."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sparring.core import components
from sparring.core.recipe import Recipe, network_slot, parse_override

CHOICE, NUMBER, WHOLE, SWITCH, WORDS = "choice", "number", "whole", "switch", "words"
HIDDEN = {"name", "summary", "source", "expected", "profile"}  # of no use in a form
BATCH = 16_384  # the largest; see Recipe


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        key: dotted, as on the command line.
        kind: how it is entered: one of the constants above.
        value: what it is now; lists and tables as TOML.
        choices: what can be chosen, where it is a choice.
        low: smallest number; None = no bound.
        high: largest number.
        help: what the schema says of it.
    """

    key: str
    kind: str
    value: Any
    choices: Sequence[str] = ()
    low: int | float | None = None
    high: int | float | None = None
    help: str = ""

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition(".")[2]


def groups(recipe: Recipe) -> dict[str, list[Field]]:
    """All settings by table, the most wanted ones first."""
    found = {"": [*_of_model(Recipe, recipe.to_json(), "", {"seed", "samples"})]}
    found["data"] = _of_component(components.DATASET, recipe.data, "data")
    for player, table in sorted(recipe.networks.items(), reverse=True):
        where = f"networks.{player}"
        found[where] = _of_component(network_slot(player), table, where)
    found["objective"] = _of_component(components.OBJECTIVE, recipe.objective, "objective")
    if recipe.augment:
        found["augment"] = _of_component(components.AUGMENT, recipe.augment, "augment")
    for name in ("optimiser", "training", "judge", "health"):
        part: BaseModel = getattr(recipe, name)
        found[name] = _of_model(type(part), part.model_dump(mode="json"), name)
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a person has changed, by dotted key, as `Recipe.read` takes them.

    Raises:
        UserError: a list or table is not TOML.
    """
    overrides = {}
    for key, value in after.items():
        if value is not None and value != before.get(key):
            overrides[key] = value
    return {
        key: parse_override(f"{key}={value}")[1] if type(value) is str else value
        for key, value in overrides.items()
    }


def _of_component(slot: components.Slot, table: Mapping[str, Any], where: str) -> list[Field]:
    cls = components.find(slot, table["name"])
    fields = [Field(f"{where}.name", CHOICE, table["name"], _named(slot, table["name"]))]
    if "batch" in table:
        fields.append(Field(f"{where}.batch", WHOLE, table["batch"], low=1, high=BATCH))
    return fields + _of_model(components.schema(cls), table, where)


def _named(slot: components.Slot, now: str) -> list[str]:
    """What may stand there: built-in ones of that kind, and the one that does."""
    names = components.names(slot.folder)
    return names if now in names else [now, *names]


def _of_model(
    model: type[BaseModel], table: Mapping[str, Any], where: str, only: set[str] | None = None
) -> list[Field]:
    fields = []
    for name, info in model.model_fields.items():
        if name in HIDDEN or (only is not None and name not in only):
            continue
        key = f"{where}.{name}" if where else name
        fields.append(_field(key, info, table.get(name)))
    return fields


def _field(key: str, info: FieldInfo, value: Any) -> Field:
    low: Any = None
    high: Any = None
    kind, choices = _kind(info.annotation)
    step = int(kind == WHOLE)  # the first number beyond a bound that is not included
    for each in info.metadata:
        match each:
            case Ge(ge=bound):
                low = bound
            case Gt(gt=int() | float() as bound):
                low = bound + step
            case Le(le=bound):
                high = bound
            case Lt(lt=int() | float() as bound):
                high = bound - step
    if kind == WORDS and type(value) is not str:
        value = _short(value)
    return Field(key, kind, value, choices, low, high, info.description or "")


def _kind(annotation: Any) -> tuple[str, Sequence[str]]:
    if get_origin(annotation) is Literal and all(type(v) is str for v in get_args(annotation)):
        return CHOICE, get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return WORDS, ()
    return {bool: SWITCH, int: WHOLE, float: NUMBER}.get(annotation, WORDS), ()


def _short(value: Any) -> str:
    """A list, a ramp or a table as one writes it in a recipe."""
    if isinstance(value, dict) and set(value) == {"start", "end", "begin", "finish", "shape"}:
        plain = (value["begin"], value["finish"], value["shape"]) == (0.0, 1.0, "linear")
        if plain and value["start"] == value["end"]:
            return json.dumps(value["start"])
        if plain:
            return json.dumps([value["start"], value["end"]])
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_short(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_short(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
