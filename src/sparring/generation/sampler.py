"""What a finished run becomes: `generate(count, seed, labels)` and the files it saves."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from sparring.core import components, device, files, memory, weights
from sparring.core.errors import BadData, UserError, nearest
from sparring.core.recipe import Recipe, last_part
from sparring.core.rng import seed_for
from sparring.core.spec import Condition, Spec
from sparring.generation.asking import LabelSets, conditions, parse_labels, require_makeable
from sparring.modalities import SHEET, Modality
from sparring.networks import Generator
from sparring.provenance import manifest
from sparring.provenance.card import card

MODEL_FILE = "model.safetensors"
BLOCK = 16  # samples computed together; fixed, so that a sample's bits never depend on the count
SHIPPED = Path(__file__).parents[1] / "weights"
"""Models that come with Sparring, one folder each."""
SPARE = 1_000  # parameters that a network may register beyond twice those in a file


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

    def documents(self) -> Mapping[str, bytes]:
        """Files by name in which the samples can be heard or read; none where a picture does."""
        facts = [
            {"seed": seed, "labels": dict(labels), **self._stamp_of(seed, labels)}
            for seed, labels in zip(self.seeds, self.labels, strict=True)
        ]
        return self.modality.documents(self.samples, self.captions, facts, self.stamp())

    def stamp(self) -> dict[str, str]:
        """The text that a file with all samples carries."""
        return manifest.stamp(seeds=list(self.seeds), labels=list(self.labels), **self.origin)

    def _stamp_of(self, seed: int, labels: Mapping[str, str]) -> dict[str, str]:
        return manifest.stamp(seeds=[seed], labels=[labels], **self.origin)

    def save(self, folder: str | Path) -> list[Path]:
        """Write one file a sample, named by its seed and labels, and `sheet.png` after them.

        Samples that must be heard or read get a page `sheet.html` besides, and texts get
        `samples.md` and `samples.jsonl`.

        Every file says inside that it is AI-generated, and by what it can be made again.

        Raises:
            OutOfResources: the disk is full.
            UserError: the folder cannot be written.
        """
        folder = Path(folder)
        paths = []
        for sample, seed, labels in zip(self.samples, self.seeds, self.labels, strict=True):
            name = "-".join([f"{seed:06d}", *(_plain(label) for label in labels.values())])
            path = folder / f"{name}{self.modality.suffix}"
            self.modality.write(sample, path, self._stamp_of(seed, labels))
            paths.append(path)
        for name, content in {SHEET: self.sheet(), **self.documents()}.items():
            files.atomic_write(folder / name, content)
            paths.append(folder / name)
        return paths

    def _repr_png_(self) -> bytes:
        return self.sheet()


class Sampler:
    """A trained generator, ready to make samples.

    Args:
        generator: in evaluation mode.
        recipe: what it was trained by.
        modality: how what it makes is shown and written.
        facts: "samples" shown in training, the "licence" of the data, and by what the model was
            "chosen" of all checkpoints.
    """

    def __init__(
        self, generator: Generator, recipe: Recipe, modality: Modality, facts: Mapping[str, Any]
    ) -> None:
        self.generator = generator.eval().requires_grad_(False)
        self.recipe = recipe
        self.modality = modality
        self.spec = modality.spec
        self.facts = facts
        self.model_hash = manifest.tensors_hash(generator.state_dict())

    @property
    def labels(self) -> LabelSets:
        """What one may ask for: the label sets of the data, where the training heeded them."""
        return self.spec.labels if self.recipe.conditional else {}

    @torch.inference_mode()
    def __call__(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b ..."]:
        """Samples from given latents, computed in blocks of fixed size; on the CPU.

        Raises:
            OutOfResources: the memory of the device or of the CPU does not suffice.
            UserError: the condition lacks what samples are made from.
        """
        if self.spec.given and condition.given is None:
            raise UserError(
                f"This model makes samples of shape {self.spec.shape} from something of shape "
                f"{self.spec.given} that it is given, and nothing by itself; it is asked with "
                "Sampler(latents, Condition(given=...))."
            )
        target = next(self.generator.parameters()).device
        made = []
        with memory.enough():
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
                out take all their classes in turn, as a sample's seed has it.
            truncation: the share by which latents are drawn to their mean, in (0, 1]; less is
                more typical and less varied (in the spirit of Brock et al. 2019, "truncation").

        Raises:
            BadData: what the model makes is not all numbers.
            UserError: a number out of range, or a label that the model does not know.
        """
        require_makeable(count, (seed, seed + count - 1), truncation)
        seeds = range(seed, seed + count)
        condition = conditions(self.spec, seeds, parse_labels(labels, self.labels))
        samples = self.finite(self.latents(seeds) * truncation, condition)
        named = [
            {name: classes[condition.labels[name][i]] for name, classes in self.labels.items()}
            for i in range(count)
        ]
        return Generated(samples, seeds, named, self.modality, self.origin(truncation))

    def finite(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b ..."]:
        """As a call, for samples that people get.

        Raises:
            BadData: not all of them are numbers.
        """
        samples = self(latents, condition)
        if not samples.isfinite().all():
            raise BadData(
                "The model makes samples that are not all numbers, so its weights are damaged or "
                "its training had failed; take another model or an earlier checkpoint."
            )
        return samples

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
    """The sampler in a run folder, a model folder or a model file, or a shipped one.

    Args:
        model: its path, or the name of a shipped one.
        device_name: "auto", "cpu", "cuda" or "cuda:1".
        trusted: whether the model may name components outside of Sparring, which are then
            imported and run; for models of your own alone.

    Raises:
        BadData: no model there, a pickle, a recipe that cannot be used, or weights that do not
            fit the recipe in them.
        OutOfResources: the memory does not suffice for the model.
        UserError: no such device.
    """
    path = _model_file(Path(model))
    with memory.enough():
        tensors, header = weights.read(path)
        recipe, modality, facts = _described(header, path, trusted=trusted)
        if not trusted:
            _require_outline(recipe, modality.spec, tensors, path)
        generator = build_generator(recipe, modality.spec)
        weights.fill(generator, tensors, str(path))
        generator.to(device.choose(device_name))
        return Sampler(generator, recipe, modality, facts)


def shipped_names() -> list[str]:
    """The models that come with Sparring; `load` takes their names."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{MODEL_FILE}"))


def _described(
    header: Mapping[str, Any], path: Path, *, trusted: bool
) -> tuple[Recipe, Modality, dict[str, Any]]:
    """Recipe, modality and facts that a header tells; nothing of it is believed unchecked."""
    try:
        recipe = Recipe.from_json(header["recipe"], trusted=trusted)
        spec = Spec.from_json(header["spec"])
        told = header["facts"]
        facts = {"samples": int(told["samples"]), "licence": str(told["licence"]),
                 "chosen": str(told["chosen"])}  # fmt: skip
        if not all(spec.labels.values()):
            raise BadData(f"{path} cannot be used: it has a label set without classes.")
        modality = modality_of(spec, built_in_only=not trusted)
    except KeyError as error:
        raise BadData(f"{path} was not written by Sparring: no {error} in it.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise BadData(f"{path} was not written by Sparring: {_one_line(error)}.") from error
    except UserError as error:
        raise BadData(f"{path} cannot be used: {error}") from error
    return recipe, modality, facts


def _require_outline(recipe: Recipe, spec: Spec, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Make sure that the generator fits its weights before any memory is taken for it.

    It is built on the device "meta", where tensors have shapes and no values. Building ends early
    where it makes many more parameters than the file holds, as each one takes time.

    Raises:
        BadData: it cannot be built, or its names or shapes are others.
    """
    made = itertools.count()
    me = threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        # The hook is torch's for all threads; others may well be building something else.
        if threading.get_ident() == me and next(made) > 2 * len(tensors) + SPARE:
            raise BadData(f"{path} does not fit this network: it has far fewer weights.")

    hook = register_module_parameter_registration_hook(count)
    try:
        with torch.device("meta"):
            outline = build_generator(recipe, spec)
    except BadData:
        raise
    except UserError as error:
        raise BadData(f"{path} cannot be used: {error}") from error
    except (RuntimeError, TypeError, ArithmeticError) as error:
        raise BadData(f"{path} has impossible sizes in it: {_one_line(error)}.") from error
    finally:
        hook.remove()
    weights.require_fit(outline, tensors, str(path))


def build_generator(recipe: Recipe, spec: Spec) -> Generator:
    """The generator that a recipe describes, with fresh weights."""
    return components.build(
        components.GENERATOR, recipe.networks["generator"], spec, where="networks.generator"
    )


def modality_of(spec: Spec, *, built_in_only: bool = False) -> Modality:
    """How data of this Spec are read, written and shown; `built_in_only` for those of others."""
    return components.build(
        components.MODALITY,
        {"name": spec.modality},
        spec,
        where="modality",
        built_in_only=built_in_only,
    )


def write_model(
    folder: Path, generator: Generator, recipe: Recipe, spec: Spec, facts: Mapping[str, Any]
) -> Path:
    """Write `model.safetensors` (recipe and Spec in its header), `config.json` and the card.

    A model is made to be given away, so it does not say where on this machine the data lie.
    """
    tensors = generator.state_dict()
    model_hash = manifest.tensors_hash(tensors)
    facts = _shown(facts, recipe)
    recipe = recipe.without_paths()
    header = {"recipe": recipe.to_json(), "spec": spec.to_json(), "facts": facts}
    weights.write(folder / MODEL_FILE, tensors, header)
    config = json.dumps({**header, "model_hash": model_hash}, indent=1)
    files.atomic_write(folder / "config.json", config.encode())
    text = card(recipe, spec, model_hash=model_hash, **facts)
    files.atomic_write(folder / "README.md", text.encode())
    return folder


def _shown(facts: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """The facts with the last part of the data's path in its place."""
    place = Path(str(recipe.data.get("path", ""))).expanduser()
    shown = dict(facts)
    for long in (str(place.absolute()), str(place)):
        for name, fact in shown.items():
            if isinstance(fact, str) and len(long) > 1:
                shown[name] = fact.replace(long, last_part(long))
    return shown


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")


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
    if path.exists():
        return path
    shipped = SHIPPED / path / MODEL_FILE
    if path.name == str(path) and shipped.is_file():
        return shipped
    hint = nearest(str(path), shipped_names())
    raise BadData(f"There is no run, model folder, model file or shipped model {path}. {hint}")
