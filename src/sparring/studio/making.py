"""What a person asks for on the page, and the samples that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from sparring.core.errors import UserError
from sparring.generation.asking import conditions, parse_labels, require_makeable
from sparring.generation.batch import LATENT
from sparring.generation.explore import between
from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.provenance.facts import Facts

MOST = 64  # samples at once, which is as many as a page shows well
NEARNESS = 0.3  # of the way to another latent; far enough to differ, near enough to be alike
ALIKE = 8  # samples that are like another one
APART = 1_000_000  # from a seed to those of samples alike, so that nobody meets them by chance


@dataclass(frozen=True)
class Asked:
    """One wish.

    Attributes:
        count: samples.
        seed: of the first one.
        labels: the class in each label set; sets left out take their classes in turn.
        truncation: as in `Sampler.generate`.
        temperature: of texts, as in `Wording`.
        top_p: likewise.
        prefix: likewise.
        verse: likewise.
        latent: of the one sample, where it is not that of its seed.
        near: whether samples are wanted that lie near the latent, or near that of the seed.
    """

    count: int = 8
    seed: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    truncation: float = 1.0
    temperature: float = 1.0
    top_p: float = 1.0
    prefix: str = ""
    verse: str = ""
    latent: tuple[float, ...] = ()
    near: bool = False

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Asked:
        """What `to_json` wrote; unknown keys are left aside, as files come from anywhere.

        Raises:
            UserError: a value is of another kind.
        """
        usual = Asked()
        try:
            given = {
                key: type(value)(stored[key]) for key, value in vars(usual).items() if key in stored
            }
            if not all(type(number) is float for number in given.get("latent", ())):
                raise TypeError("a latent is a row of numbers")
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(f"These settings cannot be used: {error}.") from error
        return replace(usual, **given)

    @staticmethod
    def of(facts: Facts) -> Asked:
        """The wish behind a file with one sample, or the first of many.

        Raises:
            UserError: a value is of another kind.
        """
        seeds, labels = facts.seeds or [0], facts.labels or [{}]
        told = {**facts.origin.ways, "seed": seeds[0], "truncation": facts.origin.truncation}
        return Asked.from_json({**told, "count": 1, "labels": dict(labels[0])})

    def to_json(self) -> dict[str, Any]:
        """What differs from the usual, and always the seed."""
        usual = asdict(Asked())
        told = {k: v for k, v in asdict(self).items() if k == "seed" or v != usual[k]}
        return {k: list(v) if type(v) is tuple else v for k, v in told.items()}


def make(sampler: Sampler, asked: Asked) -> list[tuple[Generated, Asked]]:
    """The samples, each part of them with the wish that alone makes it.

    Raises:
        BadData: what the model makes is not all numbers.
        UserError: a number out of range, or a wish that the model cannot fulfil.
    """
    if asked.count > MOST:
        raise UserError(f"count = {asked.count}: the page makes up to {MOST} samples at once.")
    wording = Wording(asked.temperature, asked.top_p, prefix=asked.prefix, verse=asked.verse)
    labels: Mapping[str, str] = asked.labels
    if wording.ways:
        sampler, labels = worded(sampler, wording, labels)
    if not asked.near and not asked.latent:
        how = {"seed": asked.seed, "labels": labels, "truncation": asked.truncation}
        return [(sampler.generate(asked.count, **how), asked)]
    require_makeable(asked.count, (asked.seed, asked.seed + APART + asked.count), asked.truncation)
    size = sampler.generator.latent
    if asked.latent and len(asked.latent) != size:
        raise UserError(f"A latent of this model is {size} numbers, not {len(asked.latent)}.")
    own = torch.tensor(asked.latent) if asked.latent else sampler.latents([asked.seed])[0]
    if not asked.near:
        return [_placed(sampler, replace(asked, count=1), own, labels)]
    seeds = range(asked.seed + APART, asked.seed + APART + asked.count)
    return [
        _placed(sampler, replace(asked, count=1, seed=seed, near=False), point, labels)
        for seed, point in zip(seeds, _around(sampler, own, seeds), strict=True)
    ]


def alike(made: Asked) -> Asked:
    """The wish for some that are like the one sample of another wish."""
    return replace(made, near=True, count=ALIKE)


def _around(sampler: Sampler, centre: Tensor, seeds: Sequence[int]) -> list[Tensor]:
    return [between(centre, other, NEARNESS) for other in sampler.latents(seeds)]


def _placed(
    sampler: Sampler, asked: Asked, latent: Tensor, labels: Mapping[str, str]
) -> tuple[Generated, Asked]:
    """The one sample of a latent that is no seed's own."""
    own = latent.tolist()
    chosen = parse_labels(labels, sampler.labels)
    condition = conditions(sampler.spec, [asked.seed], chosen)
    named = {n: classes[condition.labels[n][0]] for n, classes in sampler.labels.items()}
    samples = sampler.finite(latent[None] * asked.truncation, condition)
    ways = {**sampler.ways, LATENT: own}
    telling = sampler.through(sampler.generator, ways, sampler.given)
    made = telling.generated(samples, [asked.seed], [named], asked.truncation)
    return made, replace(asked, latent=tuple(own), labels=named)
