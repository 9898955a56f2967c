"""What a finished run becomes: `generate(count, seed, labels)` and the files it saves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core import components, device, files, weights
from sparring.core.errors import BadData, UserError, nearest
from sparring.core.recipe import Recipe
from sparring.core.rng import seed_for
from sparring.core.spec import Condition, Spec
from sparring.modalities import Modality
from sparring.networks import Generator
from sparring.provenance import manifest
from sparring.provenance.card import card

MODEL_FILE = "model.safetensors"
BLOCK = 16  # samples computed together; fixed, so that a sample's bits never depend on the count
MOST = 100_000  # samples in one call


@dataclass(frozen=True)
class Generated:
    """Samples with what is needed to make each of them again.

    Attributes:
        samples: what the generator made, on the CPU, in [-1, 1].
        seeds: each sample's own seed.
        labels: each sample's class name in every label set.
        modality: how they are shown and written.
        origin: model and recipe hash and truncation, for the stamp.
    """

    samples: Tensor
    seeds: Sequence[int]
    labels: Sequence[Mapping[str, str]]
    modality: Modality
    origin: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.seeds)

    @property
    def captions(self) -> list[str]:
        """The class names of each sample, joined."""
        return [" ".join(labels.values()) for labels in self.labels]

    def sheet(self) -> bytes:
        """All samples as one PNG with their labels."""
        captions = self.captions
        shown = captions if any(captions) else ()
        return self.modality.preview(self.samples, shown, stamp=self.stamp())

    def stamp(self) -> dict[str, str]:
        """The text that a file with all samples carries."""
        return manifest.stamp(seeds=list(self.seeds), labels=list(self.labels), **self.origin)

    def save(self, folder: str | Path) -> list[Path]:
        """Write one file a sample, named by its seed and labels, and `sheet.png`.

        Every file says inside that it is AI-generated, and by what it can be made again.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for sample, seed, labels in zip(self.samples, self.seeds, self.labels, strict=True):
            name = "-".join([f"{seed:06d}", *(_plain(label) for label in labels.values())])
            path = folder / f"{name}{self.modality.suffix}"
            text = manifest.stamp(seeds=[seed], labels=[labels], **self.origin)
            self.modality.write(sample, path, text)
            paths.append(path)
        files.atomic_write(folder / "sheet.png", self.sheet())
        return [*paths, folder / "sheet.png"]

    def _repr_png_(self) -> bytes:
        return self.sheet()


class Sampler:
    """A trained generator, ready to make samples.

    Args:
        generator: in evaluation mode.
        recipe: what it was trained by.
        spec: what it makes.
        facts: "samples" shown in training and the "licence" of the data.
    """

    def __init__(
        self, generator: Generator, recipe: Recipe, spec: Spec, facts: Mapping[str, Any]
    ) -> None:
        self.generator = generator.eval().requires_grad_(False)
        self.recipe = recipe
        self.spec = spec
        self.facts = facts
        self.model_hash = manifest.tensors_hash(generator.state_dict())
        self.modality = modality_of(spec)

    @torch.inference_mode()
    def __call__(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b ..."]:
        """Samples from given latents, computed in blocks of fixed size; on the CPU."""
        target = next(self.generator.parameters()).device
        made = []
        for start in range(0, len(latents), BLOCK):
            piece = slice(start, start + BLOCK)
            missing = BLOCK - len(latents[piece])
            z = _padded(latents[piece], missing).to(target)
            c = condition.map(lambda t, p=piece, m=missing: _padded(t[p], m)).to(target)
            made.append(self.generator(z, c)[: BLOCK - missing].float().cpu())
        return torch.cat(made)

    def generate(
        self,
        count: int = 16,
        *,
        seed: int = 0,
        labels: Mapping[str, str] | str = "",
        truncation: float = 1.0,
    ) -> Generated:
        """Make `count` samples; number i has the seed `seed + i` and is the same in any batch.

        Args:
            count: how many, 1 to 100,000.
            seed: of the first sample, 0 to 2^63 - count.
            labels: a class for each label set, `{"digit": "7"}`, "digit=7" or just "7"; sets left
                out take all their classes in turn.
            truncation: the share by which latents are drawn to their mean, in (0, 1]; less is
                more typical and less varied (in the spirit of Brock et al. 2019, "truncation").

        Raises:
            UserError: a number out of range, or a label that the model does not know.
        """
        if not 1 <= count <= MOST:
            raise UserError(f"count = {count}: between 1 and {MOST:,} samples can be made at once.")
        if not 0 <= seed <= 2**63 - count:
            raise UserError(f"seed = {seed}: a whole number from 0 to 2^63 - count is needed.")
        if not 0 < truncation <= 1:
            raise UserError(f"truncation = {truncation}: a number above 0 and up to 1 is needed.")
        chosen = parse_labels(labels, self.spec)
        condition = conditions(self.spec, count, chosen)
        seeds = range(seed, seed + count)
        samples = self(self.latents(seeds) * truncation, condition)
        named = [
            {name: classes[condition.labels[name][i]] for name, classes in self.spec.labels.items()}
            for i in range(count)
        ]
        return Generated(samples, seeds, named, self.modality, self.origin(truncation))

    def latents(self, seeds: Sequence[int]) -> Float[Tensor, "b latent"]:
        """The latent of each seed."""
        rows = [
            torch.randn(
                self.generator.latent,
                generator=torch.Generator().manual_seed(seed_for(seed, "sample")),
            )
            for seed in seeds
        ]
        return torch.stack(rows)

    def origin(self, truncation: float = 1.0) -> dict[str, Any]:
        """What the stamp of every sample says about this sampler."""
        return {
            "model_hash": self.model_hash,
            "recipe_hash": self.recipe.hash,
            "truncation": truncation,
        }

    def save(self, folder: str | Path) -> Path:
        """Write a model folder that `load` reads."""
        return write_model(Path(folder), self.generator, self.recipe, self.spec, self.facts)

    def _repr_png_(self) -> bytes:
        return self.generate().sheet()


def load(model: str | Path, device_name: str = "auto", *, trusted: bool = False) -> Sampler:
    """The sampler in a run folder, a model folder or a model file.

    Args:
        model: its path.
        device_name: "auto", "cpu", "cuda" or "cuda:1".
        trusted: whether the model may name components outside of Sparring, which are then
            imported and run; for models of your own alone.

    Raises:
        BadData: no model there, a pickle, or weights that do not fit the recipe in them.
    """
    path = _model_file(Path(model))
    tensors, header = weights.read(path)
    try:
        recipe = Recipe.from_json(header["recipe"], trusted=trusted)
        spec = Spec.from_json(header["spec"])
        facts = dict(header["facts"])
    except (KeyError, TypeError) as error:
        raise BadData(f"{path} was not written by Sparring: no {error} in it.") from error
    generator = build_generator(recipe, spec)
    weights.fill(generator, tensors, str(path))
    generator.to(device.choose(device_name))
    return Sampler(generator, recipe, spec, facts)


def build_generator(recipe: Recipe, spec: Spec) -> Generator:
    """The generator that a recipe describes, with fresh weights."""
    return components.build(
        components.GENERATOR, recipe.networks["generator"], spec, where="networks.generator"
    )


def modality_of(spec: Spec) -> Modality:
    """How data of this Spec are read, written and shown."""
    return components.build(components.MODALITY, {"name": spec.modality}, spec, where="modality")


def write_model(
    folder: Path, generator: Generator, recipe: Recipe, spec: Spec, facts: Mapping[str, Any]
) -> Path:
    """Write `model.safetensors` (recipe and Spec in its header), `config.json` and the card."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = generator.state_dict()
    model_hash = manifest.tensors_hash(tensors)
    header = {"recipe": recipe.to_json(), "spec": spec.to_json(), "facts": dict(facts)}
    weights.write(folder / MODEL_FILE, tensors, header)
    config = json.dumps({**header, "model_hash": model_hash}, indent=1)
    files.atomic_write(folder / "config.json", config.encode())
    text = card(recipe, spec, model_hash=model_hash, **facts)
    files.atomic_write(folder / "README.md", text.encode())
    return folder


def parse_labels(given: Mapping[str, str] | str, spec: Spec) -> dict[str, str]:
    """The class asked for in each label set, checked against the Spec.

    Raises:
        UserError: no such label set or class; the message lists what there is.
    """
    if isinstance(given, str):
        parts = [part.strip() for part in given.split(",") if part.strip()]
        pairs = [part.partition("=") for part in parts]
        given = {name: value for name, equals, value in pairs if equals}
        for name, equals, _ in pairs:
            if not equals:
                if len(spec.labels) != 1:
                    sets = ", ".join(spec.labels) or "none"
                    raise UserError(
                        f"The label {name!r} needs the name of its set, set={name}; "
                        f"the label sets of this model are: {sets}."
                    )
                given = {next(iter(spec.labels)): name}
    for name, value in given.items():
        if name not in spec.labels:
            raise UserError(f"This model has no label set {name!r}. {nearest(name, spec.labels)}")
        if value not in spec.labels[name]:
            classes = spec.labels[name]
            raise UserError(f"There is no {name} {value!r}. {nearest(value, classes)}")
    return dict(given)


def conditions(spec: Spec, count: int, chosen: Mapping[str, str]) -> Condition:
    """Conditions for `count` samples: the chosen classes, and every class in turn elsewhere."""
    labels: dict[str, Tensor] = {}
    stride = 1
    for name, classes in spec.labels.items():
        if name in chosen:
            labels[name] = torch.full((count,), classes.index(chosen[name]))
        else:
            labels[name] = torch.arange(count) // stride % len(classes)
            stride *= len(classes)
    return Condition(labels)


def _padded(rows: Tensor, missing: int) -> Tensor:
    return torch.cat([rows, rows[-1:].expand(missing, *rows.shape[1:])]) if missing else rows


def _plain(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


def _model_file(path: Path) -> Path:
    if path.is_dir():
        for candidate in (path / MODEL_FILE, path / "model" / MODEL_FILE):
            if candidate.is_file():
                return candidate
        raise BadData(f"There is no model in {path}; it has no {MODEL_FILE} yet.")
    if not path.exists():
        raise BadData(f"There is no run, model folder or model file {path}.")
    return path
