"""What may be judged: a model wherever it lies, or a folder of samples made by anything else."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Condition, Spec
from sparring.evaluation import _folder
from sparring.evaluation.sweep import COUNT, Curve, sweep
from sparring.extractors._choosing import may_share
from sparring.generation.asking import conditions
from sparring.generation.loading import load
from sparring.generation.model_file import MODEL_FILE
from sparring.generation.sampler import Sampler
from sparring.modalities import Modality

BLOCK = 1_000  # samples made between two lines of progress
MAY_HAVE_SEEN = (
    "it may have seen in training what is held out here, and then looks better than it is."
)

Heard = Callable[[str], None]


@dataclass(frozen=True)
class Drawn:
    """Samples as people would get them.

    Attributes:
        raw: clipped and rounded to whole numbers, as they would lie in a file.
        labels: by label set, the class that every sample was asked to be of; empty where the
            subject knows of none.
        names: what each sample can be found again by: a seed, or a file.
    """

    raw: Tensor
    labels: Mapping[str, Int[Tensor, " n"]] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is asked of a subject.

    Attributes:
        count: samples.
        labels: the class of each by label set, as frequent as in the training data: with classes
            in equal shares even real samples would lie farther from real ones.
    """

    count: int
    labels: Mapping[str, Int[Tensor, " n"]] = field(default_factory=dict)


class Subject(ABC):
    """One thing to judge.

    Args:
        name: what reports call it.
        data: the `[data]` table of what it learned from; empty where nobody knows.
        run: the folder of its run; empty where it has none.
    """

    def __init__(self, name: str, data: Mapping[str, Any], run: str) -> None:
        self.name = name
        self.data = data
        self.run = run

    @property
    @abstractmethod
    def facts(self) -> Mapping[str, Any]:
        """Where it came from, for the report."""

    @abstractmethod
    def limit(self, table: Mapping[str, Any]) -> str:
        """What keeps a verdict against the data of `table` from being sure; "" where nothing."""

    @abstractmethod
    def most(self, spec: Spec, modality: Modality) -> int:
        """How many samples it can give to be compared with data of `spec` and `modality`.

        Raises:
            BadData: its samples are known beforehand to be of another kind.
        """

    @abstractmethod
    def draw(self, seed: int, wanted: Wanted, spec: Spec, modality: Modality, hear: Heard) -> Drawn:
        """At most as many samples as are wanted, of the wanted classes.

        Args:
            seed: of the first sample, or of the choice among files.
            wanted: how many, and of which classes; a folder may have fewer and has its own.
            spec: of the data that they are compared with.
            modality: of those data.
            hear: gets a line now and then.

        Raises:
            BadData: the samples are of another shape than the data, or not all numbers.
        """

    def curves(
        self, seed: int, wanted: Wanted, real: Tensor, spec: Spec, hear: Heard
    ) -> tuple[Curve, ...]:
        """Its quality against its diversity, where it writes tamely or boldly as one likes.

        Args:
            seed: of the first sample.
            wanted: how many at most at every point, and of which classes.
            real: held-out samples, as networks see them.
            spec: of the data that they are from.
            hear: gets a line now and then.
        """
        return ()


class Model(Subject):
    """A trained generator.

    Args:
        name: what reports call it.
        sampler: it, loaded.
        data: the `[data]` table to compare with where no other is asked for.
        run: the folder of its run; empty where it has none.
    """

    def __init__(self, name: str, sampler: Sampler, data: Mapping[str, Any], run: str = "") -> None:
        super().__init__(name, data, run)
        self.sampler = sampler

    @property
    def recipe(self) -> Recipe:
        """What it was trained by."""
        return self.sampler.recipe

    @property
    def facts(self) -> Mapping[str, Any]:
        """Hashes, recipe, seed and length of the training."""
        return {
            "kind": "model",
            "name": self.name,
            "run": self.run,
            "model_sha256": self.sampler.model_hash,
            "recipe": self.recipe.name,
            "recipe_sha256": self.recipe.hash,
            "recipe_sha256_of_any_seed": self.recipe.model_copy(update={"seed": 0}).hash,
            "training_seed": self.recipe.seed,
            "samples_shown": self.sampler.facts.get("samples", 0),
            "follows_labels": sorted(self.heeded()),
        }

    def limit(self, table: Mapping[str, Any]) -> str:
        """Where it learned from other data of the same origin, that may hold what is held out."""
        own = {k: v for k, v in (self.data or self.recipe.data).items() if k != "batch"}
        if own == table or not may_share(own, table):
            return ""
        other = f"not from {table['name']}"
        if own["name"] == table["name"]:
            other = "but with other settings or from another place"
        return f"{self.name} learned from {own['name']}, {other}: {MAY_HAVE_SEEN}"

    def most(self, spec: Spec, modality: Modality) -> int:
        """As many as one wants."""
        self._require_fit(spec)
        return sys.maxsize

    def draw(self, seed: int, wanted: Wanted, spec: Spec, modality: Modality, hear: Heard) -> Drawn:
        """The samples of the seeds from `seed` on, rounded as in the files that people get."""
        self._require_fit(spec)
        own = self.sampler.spec
        seeds = range(seed, seed + wanted.count)
        asked = self.asked(seeds, wanted, spec)
        rows = []
        for start in range(0, wanted.count, BLOCK):
            piece = slice(start, min(start + BLOCK, wanted.count))
            labels = Condition({name: index[piece] for name, index in asked.items()})
            made = self.sampler(self.sampler.latents(seeds[piece]), labels)
            _require_numbers(made, self.name)
            rows.append(modality.to_raw(made))
            hear(f"{self.name}: {piece.stop:,} of {wanted.count:,} samples")
        heeded = self.heeded()
        told = {n: asked[n] for n in asked if n in heeded and own.labels[n] == spec.labels.get(n)}
        return Drawn(torch.cat(rows), told, tuple(f"seed {i}" for i in seeds))

    def curves(
        self, seed: int, wanted: Wanted, real: Tensor, spec: Spec, hear: Heard
    ) -> tuple[Curve, ...]:
        """Those of a generator that can choose, with the vocabulary of the data."""
        own = self.sampler.spec
        if not self.sampler.generator.is_choosy or own.tokeniser != spec.tokeniser:
            return ()
        count = min(COUNT, wanted.count)
        labels = self.asked(range(seed, seed + wanted.count), wanted, spec)
        found = sweep(self.name, self.sampler, real, labels, seed=seed, hear=hear, count=count)
        return tuple(found)

    def asked(self, seeds: range, wanted: Wanted, spec: Spec) -> dict[str, Int[Tensor, " n"]]:
        """The class of every sample: the wanted one where it is known, else as its seed has it."""
        own = self.sampler.spec
        known = {n: i for n, i in wanted.labels.items() if own.labels.get(n) == spec.labels[n]}
        return {**conditions(own, seeds, {}).labels, **known}

    def heeded(self) -> set[str]:
        """The label sets that make a difference; a network may have been told to ignore them."""
        latents = self.sampler.latents([0, 1])
        first = {name: torch.zeros(2, dtype=torch.int64) for name in self.sampler.spec.labels}
        plain = self.sampler(latents, Condition(first))
        return {
            name
            for name, index in first.items()
            if len(self.sampler.spec.labels[name]) > 1
            and not self.sampler(latents, Condition({**first, name: index + 1})).equal(plain)
        }

    def _require_fit(self, spec: Spec) -> None:
        own = self.sampler.spec
        if len({own.modality, spec.modality}) > 1 or own.shape != spec.shape:
            raise BadData(
                f"{self.name} makes {own.modality} samples of shape {own.shape}; the data are "
                f"{spec.modality} of shape {spec.shape}."
            )
        if own.tokeniser != spec.tokeniser:
            raise BadData(
                f"{self.name} has another vocabulary than these data, so its symbols stand for "
                "other words; judge the texts that it saved as a folder instead."
            )


class Folder(Subject):
    """Samples in files, made by anything.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.resolve().name, {}, "")
        self.path = path

    @property
    def facts(self) -> Mapping[str, Any]:
        """Where they lie."""
        return {"kind": "folder", "name": self.name, "path": str(self.path)}

    def limit(self, table: Mapping[str, Any]) -> str:
        """Nobody knows who made them."""
        return f"What made {self.name}, and from what it learned, is not known: {MAY_HAVE_SEEN}"

    def most(self, spec: Spec, modality: Modality) -> int:
        """All files; what is in them is seen when they are read."""
        return len(_folder.found(self.path, modality))

    def draw(self, seed: int, wanted: Wanted, spec: Spec, modality: Modality, hear: Heard) -> Drawn:
        """All files, or a random draw where there are more than are wanted."""
        files = _folder.chosen(_folder.found(self.path, modality), wanted.count, seed)
        hear(f"{self.name}: reading {len(files):,} files")
        raw = torch.stack([modality.read_as_is(path) for path in files])
        names = tuple(path.relative_to(self.path).as_posix() for path in files)
        return Drawn(raw, _folder.labels(files, self.path, spec), names)


def subject(given: str | Path | Sampler, device: str = "auto", *, trusted: bool = False) -> Subject:
    """What `given` stands for.

    Args:
        given: a run folder, a model folder or file, the name of a shipped model, a folder of
            samples, or a sampler.
        device: where a model computes.
        trusted: whether a model may name components outside of Sparring, which are then run.

    Raises:
        BadData: it is none of these, or damaged.
    """
    match given:
        case Sampler():
            return Model(
                given.recipe.name, given, _open_table(given.recipe.data, given.recipe.name)
            )
        case Path() | str():
            path = Path(given)
    if _folder.holds_samples(path):
        return Folder(path)
    sampler = load(given, device, trusted=trusted)
    recipe_file = path / "recipe.json"
    if path.is_dir() and recipe_file.is_file():
        return Model(path.resolve().name, sampler, _stored(recipe_file, trusted).data, str(path))
    name = path.parent.name if path.name == MODEL_FILE else path.name
    return Model(name or "model", sampler, _open_table(sampler.recipe.data, str(given)))


def _open_table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table of data that anyone can have; those of one machine are not in a model."""
    return {} if "path" in data else data


def _stored(path: Path, trusted: bool) -> Recipe:
    try:
        return Recipe.from_json(json.loads(path.read_text(encoding="utf-8")), trusted=trusted)
    except (OSError, ValueError, TypeError, UserError) as error:
        raise BadData(f"{path} cannot be used: {error}") from error


def _require_numbers(samples: Tensor, name: str) -> None:
    bad = int((~torch.isfinite(samples.flatten(1))).any(1).sum())
    if bad:
        raise BadData(f"{bad:,} of {len(samples):,} samples of {name} are not all numbers.")
