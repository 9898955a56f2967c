"""What a finished run becomes: `generate(count, seed, labels)` and the files it saves."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from sparring.core import files, memory
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import seed_for
from sparring.core.spec import Condition, in_full
from sparring.generation.asking import LabelSets, conditions, parse_labels, require_makeable
from sparring.generation.model_file import write_model
from sparring.modalities import SHEET, Modality
from sparring.networks import Discriminator, Generator
from sparring.provenance import manifest

NO_NUMBERS = (
    "The model makes samples that are not all numbers, so its weights are damaged or its training "
    "had failed; take another model or an earlier checkpoint."
)
BLOCK = 16  # samples computed together; fixed, so that a sample's bits never depend on the count


@dataclass(frozen=True)
class Generated:
    """Samples with what is needed to make each of them again.

    Attributes:
        samples: what the generator made, on the CPU, in [-1, 1].
        seeds: each sample's own seed.
        labels: each sample's class name in every label set.
        modality: how they are shown and written.
        origin: model and recipe hash, truncation and other ways, for the stamp.
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

    def encoded(self, number: int, form: str = "") -> bytes:
        """The whole labelled file of sample `number`, counted from 0.

        Args:
            number: which one.
            form: one of the modality's `forms`; "" is its own.

        Raises:
            UserError: there is no such form.
        """
        stamp = self._stamp_of(self.seeds[number], self.labels[number])
        return self.modality.encode(self.samples[number], stamp, form=form)

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
        for number, (seed, labels) in enumerate(zip(self.seeds, self.labels, strict=True)):
            name = "-".join([f"{seed:06d}", *(_plain(label) for label in labels.values())])
            path = folder / f"{name}{self.modality.suffix}"
            files.atomic_write(path, self.encoded(number))
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
        generator: in evaluation mode; `original` stays the same where another is put around it.
        recipe: what it was trained by.
        modality: how what it makes is shown and written.
        facts: "samples" shown in training, the "licence" of the data, and by what the model was
            "chosen" of all checkpoints.
        judge: the discriminator, where it is kept to choose among samples.
    """

    given: Tensor | None = None
    """What every sample is to complete, as `Condition.given`, without its batch."""

    def __init__(
        self,
        generator: Generator,
        recipe: Recipe,
        modality: Modality,
        facts: Mapping[str, Any],
        judge: Discriminator | None = None,
    ) -> None:
        self.generator = self.original = generator.eval().requires_grad_(False)
        self.judge = judge.eval().requires_grad_(False) if judge is not None else None
        self.recipe = recipe
        self.modality = modality
        self.spec = modality.spec
        self.facts = facts
        self.model_hash = manifest.tensors_hash(generator.state_dict())
        self.ways: Mapping[str, Any] = {}

    def through(
        self, generator: Generator, ways: Mapping[str, Any], given: Tensor | None = None
    ) -> Sampler:
        """The same model, asked through another generator around its own.

        Args:
            generator: such as one that draws symbols in another way.
            ways: what that is, for the stamp of every sample.
            given: what every sample is to complete.
        """
        other = copy.copy(self)
        other.generator, other.ways, other.given = generator.eval(), ways, given
        return other

    @property
    def labels(self) -> LabelSets:
        """What one may ask for: the label sets of the data, where the training heeded them."""
        return self.spec.labels if self.recipe.conditional else {}

    @torch.inference_mode()
    def __call__(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Shaped[Tensor, "b ..."]:
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
        condition = self.asked(condition, len(latents))
        target = next(self.generator.parameters()).device
        made = []
        with memory.enough():
            for start in range(0, len(latents), BLOCK):
                piece = slice(start, start + BLOCK)
                missing = BLOCK - len(latents[piece])
                z = _padded(latents[piece], missing).to(target)
                c = condition.map(lambda t, p=piece, m=missing: _padded(t[p], m)).to(target)
                made.append(in_full(self.generator(z, c)[: BLOCK - missing]).cpu())
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
            labels: a class for each label set, `{"digit": "7"}`, "digit=7" or, where no other set
                has such a class, just "7"; sets left out take all their classes in turn, as a
                sample's seed has it.
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
    ) -> Shaped[Tensor, "b ..."]:
        """As a call, for samples that people get.

        Raises:
            BadData: not all of them are numbers.
        """
        samples = self(latents, condition)
        if not samples.isfinite().all():
            raise BadData(NO_NUMBERS)
        if not samples.is_floating_point():
            self.require_finite()
        return samples

    def require_finite(self) -> None:
        """Make sure that all weights are numbers, which symbols alone do not show.

        Raises:
            BadData: they are not.
        """
        if not all(weight.isfinite().all() for weight in self.generator.parameters()):
            raise BadData(NO_NUMBERS)

    def asked(self, condition: Condition, count: int) -> Condition:
        """The condition of so many samples, with what every one is to complete, if anything."""
        if self.given is None:
            return condition
        return replace(condition, given=self.given.expand(count, *self.given.shape))

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
            "ways": self.ways,
        }

    def save(self, folder: str | Path) -> Path:
        """Write a model folder that `load` reads; in what way it writes is not a part of it."""
        facts, judge = self.facts, self.judge
        return write_model(Path(folder), self.original, self.recipe, self.spec, facts, judge)

    def _repr_png_(self) -> bytes:
        return self.generate().sheet()


def _padded(rows: Tensor, missing: int) -> Tensor:
    return torch.cat([rows, rows[-1:].expand(missing, *rows.shape[1:])]) if missing else rows


def _plain(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)
