"""What a finished run becomes: `generate(count, seed, labels)`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from sparring.core import memory
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import seed_for
from sparring.core.spec import Condition, in_full
from sparring.generation.asking import (
    LabelSets,
    Wanted,
    conditions,
    parse_labels,
    require_makeable,
)
from sparring.generation.generated import Generated
from sparring.generation.model_file import write_model
from sparring.modalities import Modality
from sparring.networks import Discriminator, Generator
from sparring.provenance import manifest
from sparring.provenance.facts import Origin
from sparring.provenance.labelling import Labelling

NO_NUMBERS = (
    "The model makes samples that are not all numbers, so its weights are damaged or its training "
    "had failed; take another model or an earlier checkpoint."
)
NO_WALK: Mapping[str, Any] = MappingProxyType({})
BLOCK = 16  # samples computed together; fixed, so that a sample's bits never depend on the count


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
        self._recipe_hash = recipe.hash  # every label says it, and it takes a while
        self.ways: Mapping[str, Any] = {}
        self.labelling = Labelling()

    def through(
        self, generator: Generator, ways: Mapping[str, Any], given: Tensor | None = None
    ) -> Sampler:
        """The same model, asked through another generator around its own.

        Args:
            generator: such as one that draws symbols in another way.
            ways: what that is, for the label of every sample.
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
        self,
        latents: Float[Tensor, "b latent"],
        condition: Condition,
        progress: Callable[[int], object] | None = None,
    ) -> Shaped[Tensor, "b ..."]:
        """Samples from given latents, computed in blocks of fixed size; on the CPU.

        Args:
            latents: one for each sample.
            condition: of each.
            progress: is told after every block how many are made.

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
                if progress is not None:
                    progress(start + BLOCK - missing)
            return torch.cat(made)

    def generate(
        self,
        count: int = 16,
        *,
        seed: int = 0,
        labels: Wanted = "",
        truncation: float = 1.0,
        progress: Callable[[int], object] | None = None,
    ) -> Generated:
        """Make `count` samples; number i has the seed `seed + i` and is the same in any batch.

        Args:
            count: how many, 1 to 100,000.
            seed: of the first sample, 0 to 2^63 - count.
            labels: a class for each label set, `{"digit": "7"}`, "digit=7" or, where no other set
                has such a class, just "7" or 7; sets left out take all their classes in turn, as a
                sample's seed has it.
            truncation: the share by which latents are drawn to their mean, in (0, 1]; less is
                more typical and less varied (in the spirit of Brock et al. 2019, "truncation").
            progress: is told now and then how many are made.

        Raises:
            BadData: what the model makes is not all numbers.
            UserError: a number out of range, or a label that the model does not know.
        """
        require_makeable(count, (seed, seed + count - 1), truncation)
        seeds = range(seed, seed + count)
        condition = conditions(self.spec, seeds, parse_labels(labels, self.labels))
        samples = self.finite(self.latents(seeds) * truncation, condition, progress)
        return self.generated(samples, seeds, self.named(condition, count), truncation)

    def named(self, condition: Condition, count: int) -> list[dict[str, str]]:
        """The class of every label set that the model heeds, for each of so many samples."""
        return [
            {name: classes[condition.labels[name][i]] for name, classes in self.labels.items()}
            for i in range(count)
        ]

    def each(
        self, seeds: Sequence[int], labels: Sequence[Mapping[str, str]], truncation: float = 1.0
    ) -> Generated:
        """A sample of every seed with labels of its own; as `generate` makes it of both.

        Args:
            seeds: in any order.
            labels: for each seed a class of every label set that the model heeds.
            truncation: as in `generate`.

        Raises:
            BadData: what the model makes is not all numbers.
            UserError: a number out of range, or a label that the model does not know.
        """
        require_makeable(len(seeds), seeds, truncation)
        condition = conditions(self.spec, seeds, {})
        named = [parse_labels(names, self.labels) for names in labels]
        for place, names in enumerate(named):
            for name, value in names.items():
                condition.labels[name][place] = self.labels[name].index(value)
        samples = self.finite(self.latents(seeds) * truncation, condition)
        return self.generated(samples, seeds, named, truncation)

    def finite(
        self,
        latents: Float[Tensor, "b latent"],
        condition: Condition,
        progress: Callable[[int], object] | None = None,
    ) -> Shaped[Tensor, "b ..."]:
        """As a call, for samples that people get.

        Raises:
            BadData: not all of them are numbers.
        """
        samples = self(latents, condition, progress)
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

    def generated(
        self,
        samples: Tensor,
        seeds: Sequence[int],
        labels: Sequence[Mapping[str, str]],
        truncation: float,
        walk: Mapping[str, Any] = NO_WALK,
    ) -> Generated:
        """Samples of this model with what their files say of them; as in `Generated`."""
        origin, labelling = self.origin(truncation), self.labelling
        return Generated(samples, seeds, labels, self.modality, origin, labelling, walk)

    def labelled(self, labelling: Labelling) -> Sampler:
        """The same model, whose samples get these labels."""
        other = copy.copy(self)
        other.labelling = labelling
        return other

    def visibly(self) -> Sampler:
        """The same model, whose samples get a label that people see or hear, too."""
        return self.labelled(replace(self.labelling, visible=True))

    def origin(self, truncation: float = 1.0) -> Origin:
        """What every sample's label says about this sampler."""
        return Origin(
            model=self.model_hash,
            recipe=self._recipe_hash,
            truncation=truncation,
            ways=self.ways,
            device=next(self.generator.parameters()).device.type,
            threads=torch.get_num_threads(),
            torch=torch.__version__,
        )

    def save(self, folder: str | Path) -> Path:
        """Write a model folder that `load` reads; in what way it writes is not a part of it."""
        facts, judge = self.facts, self.judge
        return write_model(Path(folder), self.original, self.recipe, self.spec, facts, judge)

    def _repr_png_(self) -> bytes:
        return self.generate().sheet()


def _padded(rows: Tensor, missing: int) -> Tensor:
    return torch.cat([rows, rows[-1:].expand(missing, *rows.shape[1:])]) if missing else rows
