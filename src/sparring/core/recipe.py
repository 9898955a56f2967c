"""A recipe: one short TOML file that says everything a training needs."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import inspect
import json
import re
import tomllib
from collections.abc import Mapping, Set
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from sparring.core import components
from sparring.core.components import Slot
from sparring.core.errors import UserError, WrongSetting, nearest, quoted
from sparring.core.settings import STRICT, Care, Judging, Optimiser, Training

LARGEST_BATCH = 16_384  # a slip of the keyboard must not take all of a machine's memory
TABLES = ("data", "networks", "objective", "augment")  # what names components
DESCRIBING = {"name", "summary", "source", "expected", "profile"}  # what decides no bit
WATCHING = {"judge", "health"}  # what decides none either, unless it may roll back
LATER = {"discriminator_factor": 1.0, "placed": False, "start": 0}
"""Settings that came later, with the value that changes nothing: such hashes stay as they were."""
PLACES = ("path", "tokeniser")  # settings that say where something lies
PLAYERS = 8  # whose settings are looked up for a hint; a recipe from afar may name thousands
FAILING = "failures"  # the folder of recipes that are made to fail
LOCAL = re.compile(r"[/~]|\\\\|[A-Za-z]:[/\\]")  # how a path of one machine begins


class Recipe(BaseModel):
    """Everything that decides a training; equal recipes on one machine give equal bits.

    `data`, `networks.*`, `objective` and `augment` name a component (`name`) and hold its
    constructor's keyword arguments; `data.batch` is the number of real samples in a step.
    """

    model_config = STRICT

    # It names a folder beneath runs/, so it must not lead out of it.
    name: str = Field("unnamed", pattern=r"^[^./\\\x00][^/\\\x00]*$")
    summary: str = ""
    source: str = ""
    expected: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(0, ge=0, lt=2**63)
    samples: int = Field(
        gt=0, le=10**12, description="length of the training, in real samples shown"
    )
    profile: bool = Field(False, description="trace a few steps and list the costliest operations")
    data: dict[str, Any]
    networks: dict[str, dict[str, Any]]
    objective: dict[str, Any]
    augment: dict[str, Any] = Field(default_factory=dict, description="empty = none")
    optimiser: Optimiser = Optimiser()
    training: Training = Training()
    judge: Judging = Judging()
    health: Care = Care()

    @property
    def batch(self) -> int:
        """Real samples in one step, over all processes and micro-batches."""
        return self.data["batch"]

    @property
    def steps(self) -> int:
        """Optimisation steps in the whole training."""
        return -(-self.samples // self.batch)

    @property
    def conditional(self) -> bool:
        """Whether the generator heeds the labels of the data; one without a choice does."""
        return bool(self.networks["generator"].get("conditional", True))

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of what decides a training.

        Words about the recipe do not count, nor where the data lie: their own hash stands in a
        run's manifest. Neither do judging and warnings, which change no weight.
        """
        return self.hash_without(set() if self.health.policy == "rollback" else WATCHING)

    def hash_without(self, tables: Set[str]) -> str:
        """SHA-256 of what decides a training and of all else, but for these `tables` and words."""
        table = self.without_paths().model_dump(mode="json", exclude=DESCRIBING | tables)
        for settings in (table["optimiser"], table.get("judge", {}), *table["networks"].values()):
            for key, neutral in LATER.items():
                if settings.get(key) == neutral:
                    del settings[key]
        text = json.dumps(table, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary from which `from_json` makes an equal recipe."""
        return self.model_dump(mode="json")

    def without_paths(self) -> Recipe:
        """The recipe as others may see it: of paths on this machine only the last part is left."""
        return self.model_copy(update={table: _bare(getattr(self, table)) for table in TABLES})

    @staticmethod
    def from_json(stored: Mapping[str, Any], *, trusted: bool = False) -> Recipe:
        """The recipe in a run or a weights file.

        Only built-in components are accepted there, unless the file is `trusted`: what is written
        in it is then imported and run.
        """
        return _checked(stored, built_in_only=not trusted)

    @staticmethod
    def read(
        name: str | Path, overrides: Mapping[str, Any] | None = None, *, trusted: bool = True
    ) -> Recipe:
        """A shipped recipe by name, or a TOML file by path, with every default filled in.

        `overrides` are settings to change, as in `replace`; they come before the check, so they
        may add what a recipe has to leave open, such as where someone's pictures are. Components
        from outside Sparring that are named are imported, unless it is not `trusted`.

        Raises:
            UserError: no such recipe, not TOML, an unknown key or a value out of range.
        """
        path = _locate(str(name))
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is not a TOML file: {error}.") from error
        table = {"name": path.stem, **table}
        _put_all(table, overrides or {})
        return _checked(table, built_in_only=not trusted)

    def replace(self, overrides: Mapping[str, Any] | None = None, **top: Any) -> Recipe:
        """The recipe with some settings changed: `replace({"objective.gamma": 0.5}, seed=1)`."""
        table = self.to_json()
        if self.judge == Judging(budget=self.judge.budget).resolved(self.samples):
            for key in ("every", "count"):  # nobody gave them, so they follow the length
                del table["judge"][key]
        _put_all(table, {**(overrides or {}), **top})
        return _checked(table)


def parse_override(text: str) -> tuple[str, Any]:
    """`table.key=value` from a command line; the value is TOML, or a bare word as a string."""
    key, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*", key):
        raise UserError(
            f"{quoted(text)} is not a setting; write table.key=value, e.g. objective.gamma=1"
        )
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value
    # Nothing in a recipe is a date, but folders are often named by one.
    return key, value if isinstance(parsed, datetime.date | datetime.time) else parsed


def shipped() -> dict[str, Path]:
    """The recipes that come with Sparring to be used, by name."""
    return {name: path for name, path in _all().items() if path.parent.name != FAILING}


def failing() -> dict[str, Path]:
    """The recipes that come with Sparring to show how trainings fail, by name."""
    return {name: path for name, path in _all().items() if path.parent.name == FAILING}


def _all() -> dict[str, Path]:
    root = Path(str(resources.files("sparring") / "recipes"))
    return {path.stem: path for path in sorted(root.glob("*/*.toml"))}


def summaries() -> list[dict[str, str]]:
    """Name, summary and source of every shipped recipe, read without checking the rest.

    Those that are made to fail come last.
    """
    rows = []
    for name, path in (shipped() | failing()).items():
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        rows.append({"name": name, "summary": table["summary"], "source": table["source"]})
    return rows


def to_toml(recipe: Recipe) -> str:
    """The recipe as a TOML file that `Recipe.read` reads again to an equal recipe."""
    lines: list[str] = []
    tables: list[tuple[str, dict[str, Any]]] = []
    for key, value in recipe.to_json().items():
        if isinstance(value, dict) and key != "expected":
            tables.append((key, value))
        elif value or not isinstance(value, dict):
            lines.append(f"{key} = {_toml(value)}")
    while tables:
        name, table = tables.pop(0)
        inner = {k: v for k, v in table.items() if name == "networks"}
        plain = {k: v for k, v in table.items() if k not in inner}
        if plain:
            lines += ["", f"[{name}]", *(f"{k} = {_toml(v)}" for k, v in plain.items())]
        tables = [(f"{name}.{k}", v) for k, v in inner.items()] + tables
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    # JSON strings, numbers and booleans are TOML too.
    return json.dumps(value, ensure_ascii=False)


def _bare(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _bare(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_bare(v) for v in value]
    if isinstance(value, str) and (key in PLACES or LOCAL.match(value)):
        return last_part(value)
    return value


def last_part(path: str) -> str:
    """The last component of a path of any system."""
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] or "."


def _locate(name: str) -> Path:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            kind = "is a folder, not a recipe" if path.is_dir() else "does not exist"
            raise UserError(f"There is no recipe file {name}: it {kind}.")
        return path
    recipes = _all()
    if name not in recipes:
        hint = nearest(name, shipped())
        raise UserError(
            f"There is no recipe {quoted(name)}. {hint} A file of your own ends in .toml."
        )
    return recipes[name]


def _put_all(table: dict[str, Any], overrides: Mapping[str, Any]) -> None:
    # A name empties its table, so it comes before the settings of the component that it names.
    for key in sorted(overrides, key=lambda key: not key.endswith(".name")):
        _put(table, key, overrides[key])


def _put(table: dict[str, Any], dotted: str, value: Any) -> None:
    *path, last = dotted.split(".")
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise WrongSetting(f"{quoted(dotted)}: {quoted(part)} is a value, not a table.", dotted)
    # Another component has other settings: the old one's must not linger.
    if last == "name" and path and table.get("name") != value:
        batch = {"batch": table["batch"]} if "batch" in table else {}
        table.clear()
        table.update(batch)
    table[last] = value


def _checked(table: Mapping[str, Any], *, built_in_only: bool = False) -> Recipe:
    try:
        recipe = Recipe.model_validate(table)
    except ValidationError as error:
        raise components.wrong(error, Recipe, "", _known(table)) from error
    filled: dict[str, Any] = {
        "data": _fill(recipe.data, components.DATASET, "data", built_in_only),
        "objective": _fill(recipe.objective, components.OBJECTIVE, "objective", built_in_only),
        "networks": {
            player: _fill(given, network_slot(player), f"networks.{player}", built_in_only)
            for player, given in recipe.networks.items()
        },
    }
    if "generator" not in recipe.networks:
        raise UserError("'networks.generator' is missing.")
    if recipe.augment:
        filled["augment"] = _fill(recipe.augment, components.AUGMENT, "augment", built_in_only)
    if recipe.health.augment_step and not recipe.augment:
        raise WrongSetting(
            "health.augment_step needs an augmentation; name one in [augment].",
            "health.augment_step",
        )
    filled["judge"] = recipe.judge.resolved(recipe.samples)
    accumulate = recipe.training.accumulate
    if filled["data"]["batch"] % accumulate:
        raise WrongSetting(
            f"data.batch = {filled['data']['batch']} cannot be cut into "
            f"training.accumulate = {accumulate} equal micro-batches.",
            "data.batch",
        )
    return recipe.model_copy(update=filled)


def _everywhere() -> list[str]:
    """The settings that every recipe has, as one writes them."""
    keys = [*Recipe.model_fields, "data.batch", "objective.name"]
    for table, field in Recipe.model_fields.items():
        inner = field.annotation
        if inspect.isclass(inner) and issubclass(inner, BaseModel):
            keys += [f"{table}.{key}" for key in inner.model_fields]
    return keys


def _known(table: Mapping[str, Any]) -> list[str]:
    """The settings of a recipe that is not valid, with those of built-in components it names."""
    keys = _everywhere()
    tables: list[tuple[str, Slot, object]] = [
        ("data", components.DATASET, table.get("data")),
        ("objective", components.OBJECTIVE, table.get("objective")),
        ("augment", components.AUGMENT, table.get("augment")),
    ]
    networks = table.get("networks")
    players = list(networks.items()) if isinstance(networks, Mapping) else []
    for player, given in players[:PLAYERS]:
        tables.append((f"networks.{player}", network_slot(player), given))
    for where, slot, given in tables:
        keys += [where, f"{where}.name"]
        if isinstance(given, Mapping) and isinstance(given.get("name"), str):
            with contextlib.suppress(UserError):
                found = components.find(slot, given["name"], built_in_only=True)
                keys += [f"{where}.{key}" for key in components.schema(found).model_fields]
    return list(dict.fromkeys(keys))


def network_slot(player: str) -> Slot:
    """What kind of network stands in `networks.<player>`: everyone else judges the generator."""
    return components.GENERATOR if player == "generator" else components.DISCRIMINATOR


def _fill(given: dict[str, Any], slot: Slot, where: str, built_in_only: bool) -> dict[str, Any]:
    settings = dict(given)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise WrongSetting(
            f"'{where}.name' is missing. There are: {', '.join(components.names(slot.folder))}.",
            f"{where}.name",
        )
    head: dict[str, Any] = {"name": name}
    if slot is components.DATASET:
        batch = settings.pop("batch", 64)
        whole = isinstance(batch, int) and not isinstance(batch, bool)
        if not whole or not 1 <= batch <= LARGEST_BATCH:
            raise WrongSetting(
                f"{where}.batch = {batch!r}: a whole number from 1 to {LARGEST_BATCH:,} is needed.",
                f"{where}.batch",
            )
        head["batch"] = batch
    try:
        cls = components.find(slot, name, built_in_only=built_in_only)
    except UserError as error:
        raise WrongSetting(str(error), f"{where}.name") from error
    checked = components.arguments(cls, settings, where, _everywhere())
    return head | checked.model_dump(mode="json")
