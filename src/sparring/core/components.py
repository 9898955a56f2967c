"""A file is a registration, and a constructor signature is the schema.

`objectives/hinge.py` holds one final subclass of `Objective`; its name in a recipe is `hinge`.
Packages of other people join by an entry point in the group `sparring.objectives`, and a local
recipe may say `my.module:Class`. This is the one place that looks upward in the house, by name
and at run time only.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from sparring.core.complaints import sentence
from sparring.core.errors import UserError, WrongSetting, nearest, quoted

ALSO_CALLED = {
    "batch_size": "batch",
    "beta1": "betas",
    "beta2": "betas",
    "latent_dim": "latent",
    "loss": "objective",
    "lr": "learning_rate",
}
"""Names that settings have in other tools."""

LENGTHS = ("epochs", "iterations", "steps")
"""How other tools say how long a training is; none of them counts in samples."""

OPTIONS = ("device", "out")
"""What a training is told beside its recipe: where it happens, not what."""


class Slot(NamedTuple):
    """Where in a recipe a component stands, and what it must be."""

    folder: str
    interface: str


DATASET = Slot("data", "Dataset")
MODALITY = Slot("modalities", "Modality")
GENERATOR = Slot("networks", "Generator")
DISCRIMINATOR = Slot("networks", "Discriminator")
OBJECTIVE = Slot("objectives", "Objective")
AUGMENT = Slot("augment", "Augment")
METRIC = Slot("metrics", "Metric")
TARGET = Slot("exporting", "Target")


def names(folder: str) -> list[str]:
    """The names one may write in a recipe for `folder`: built in, then from other packages."""
    built_in = _built_in(folder)
    plugins = {plugin.name for plugin in entry_points(group=f"sparring.{folder}")}
    return built_in + sorted(plugins.difference(built_in))


def find(slot: Slot, name: str, *, built_in_only: bool = False) -> type[Any]:
    """The one final class that `name` stands for in `slot`; no other package takes a built-in name.

    `built_in_only` refuses everything that could run foreign code, for names that come from a
    weights file or over a network.

    Raises:
        UserError: there is no such component; the message lists what there is.
    """
    interface = getattr(importlib.import_module(f"sparring.{slot.folder}"), slot.interface)
    if name in _built_in(slot.folder):
        return _of_file(slot, name, interface)
    plugins = entry_points(group=f"sparring.{slot.folder}", name=name)
    if built_in_only and (":" in name or plugins):
        raise UserError(
            f"{quoted(name)} in {slot.folder} comes from outside Sparring and would be run; "
            "if the model is your own, load it with --trusted."
        )
    if ":" in name:
        return _from_module(name, interface)
    if plugins:
        return _checked(next(iter(plugins)).load(), name, interface)
    hint = nearest(name, names(slot.folder))
    raise UserError(f"There is no {quoted(name)} in {slot.folder}. {hint}")


def _built_in(folder: str) -> list[str]:
    package = importlib.import_module(f"sparring.{folder}")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")


def _of_file(slot: Slot, name: str, interface: type) -> type:
    module = importlib.import_module(f"sparring.{slot.folder}.{name}")
    classes = [
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, interface)
        and member.__module__ == module.__name__
    ]
    if not classes:
        raise UserError(f"{name!r} has no {slot.interface.lower()}; choose another one for it.")
    assert len(classes) == 1, f"{module.__name__} must hold exactly one {slot.interface}"
    return classes[0]


def _from_module(name: str, interface: type) -> type:
    module_name, _, attribute = name.partition(":")
    try:
        member = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"{name!r} cannot be imported: {error}.") from error
    return _checked(member, name, interface)


def _checked(member: object, name: str, interface: type) -> type:
    if not (inspect.isclass(member) and issubclass(member, interface)):
        raise UserError(f"{name!r} is not a subclass of {interface.__name__}.")
    return member


def schema(cls: type[Any]) -> type[BaseModel]:
    """What a recipe may set on `cls`: its keyword-only constructor arguments."""
    parameters = inspect.signature(cls, eval_str=True).parameters.values()
    fields: dict[str, Any] = {
        p.name: (p.annotation, ... if p.default is p.empty else p.default)
        for p in parameters
        if p.kind is p.KEYWORD_ONLY
    }
    config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        validate_default=True,
        coerce_numbers_to_str=True,  # a folder may be called 2024
    )
    return create_model(cls.__name__, __config__=config, **fields)


def arguments(
    cls: type[Any], given: dict[str, Any], where: str, known: Sequence[str] = ()
) -> BaseModel:
    """The checked constructor arguments of `cls`, defaults filled in; `known` as in `wrong`.

    Raises:
        WrongSetting: an unknown key or a value out of range; `where` names its table.
    """
    model = schema(cls)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise wrong(error, model, where, known) from error


def build(
    slot: Slot,
    given: Mapping[str, Any],
    *facts: object,
    where: str,
    built_in_only: bool = False,
) -> Any:
    """The component that a recipe's table describes, made from `facts` (such as the Spec).

    `built_in_only` as in `find`.

    Raises:
        UserError: an unknown name or setting, or facts that the component cannot serve.
    """
    settings = {key: value for key, value in given.items() if key not in ("name", "batch")}
    cls = find(slot, given["name"], built_in_only=built_in_only)
    checked = arguments(cls, settings, where)
    values = {key: getattr(checked, key) for key in type(checked).model_fields}
    try:
        return cls(*facts, **values)
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error


def wrong(
    error: ValidationError, model: type[BaseModel], where: str, known: Sequence[str] = ()
) -> WrongSetting:
    """The complaints of pydantic in our own words; its key is that of the first.

    Of an unknown setting it is said which of the `known` ones it may be, in whatever table.
    """
    sentences: list[str] = []
    keys: list[str] = []
    for problem in error.errors(include_url=False):
        path = [str(part) for part in problem["loc"]]
        key = ".".join([where, *path] if where else path)
        keys.append(key)
        if problem["type"] == "extra_forbidden":
            allowed = model.model_fields if len(path) == 1 else _fields_at(model, path[:-1])
            meant = _elsewhere(key, known) or nearest(path[-1], allowed)
            sentences.append(f"There is no setting {quoted(key)}. {meant}")
        elif problem["type"] == "missing":
            sentences.append(f"{key!r} is missing.")
        else:
            reason = sentence(problem, told=True)
            if f"{key}.name" in known and isinstance(problem["input"], str):
                reason += f"; the name goes to {key}.name"
            sentences.append(f"{key} = {quoted(problem['input'])}: {reason}.")
    return WrongSetting(" ".join(sentences), keys[0])


def _elsewhere(key: str, known: Sequence[str]) -> str:
    setting = key.rpartition(".")[2]
    if setting in LENGTHS and "samples" in known:
        return "How long a training is, 'samples' says, in real samples shown."
    if key in OPTIONS and "samples" in known:
        return f"It is no part of a recipe but an option: --{setting}."
    name = ALSO_CALLED.get(setting, setting)
    places = [place for place in known if place.split(".")[-1] == name != "name"]
    meant = [repr(f"{place}.name" if f"{place}.name" in known else place) for place in places]
    return f"Did you mean {' or '.join(meant)}?" if meant else ""


def _fields_at(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (inspect.isclass(inner) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
