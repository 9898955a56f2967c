"""What a person asks for on the page, and the samples that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from sparring.core.errors import UserError
from sparring.generation.asking import conditions, parse_labels, require_makeable
from sparring.generation.explore import between
from sparring.generation.sampler import Generated, Sampler
from sparring.generation.wording import Wording, worded
from sparring.studio.atlas import Plane, directions

MOST = 64  # samples at once, which is as many as a page shows well
NEARNESS = 0.3  # of the way to another latent; far enough to differ, near enough to be alike


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
        around: where samples lie near something: the seed whose latent that is, and then those
            of what led from one to the next; empty = nowhere in particular.
        plane: the first seed of a map (see `Plane`) with a place on it, near which samples lie
            where something is `around`, and which is the one sample where not; -1 = none.
        x: the place from left to right, -1 to 1.
        y: the place from below.
        pushes: steps along the principal directions that were added there.
    """

    count: int = 8
    seed: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    truncation: float = 1.0
    temperature: float = 1.0
    top_p: float = 1.0
    prefix: str = ""
    verse: str = ""
    around: tuple[int, ...] = ()
    plane: int = -1
    x: float = 0.0
    y: float = 0.0
    pushes: tuple[float, ...] = ()

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
        except (TypeError, ValueError) as error:
            raise UserError(f"These settings cannot be used: {error}.") from error
        return replace(usual, **given)

    def to_json(self) -> dict[str, Any]:
        """What differs from the usual, and always the seed."""
        usual = asdict(Asked())
        told = {k: v for k, v in asdict(self).items() if k == "seed" or v != usual[k]}
        return {k: list(v) if type(v) is tuple else v for k, v in told.items()}


def make(sampler: Sampler, asked: Asked) -> Generated:
    """The samples.

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
    if asked.plane < 0 and not asked.around:
        return sampler.generate(
            asked.count, seed=asked.seed, labels=labels, truncation=asked.truncation
        )
    return _elsewhere(sampler, asked, labels)


def alike(made: Asked) -> Asked:
    """The wish for eight that are like the one sample of another wish."""
    chain = (*made.around, made.seed) if made.around or made.plane < 0 else (made.plane,)
    # Seeds far from those that people type, so that nobody meets them by chance.
    return replace(made, around=chain, seed=made.seed + 1_000_000, count=8)


def _elsewhere(sampler: Sampler, asked: Asked, labels: Mapping[str, str]) -> Generated:
    """Samples from latents that are no seed's own."""
    count = asked.count if asked.around else 1
    seeds = range(asked.seed, asked.seed + count)
    places = (asked.plane, asked.plane + 2) if asked.plane >= 0 else ()
    require_makeable(count, (seeds[0], seeds[-1], *asked.around, *places), asked.truncation)
    chosen = parse_labels(labels, sampler.labels)
    points = centre = _centre(sampler, asked)[None]
    if asked.around:
        points = torch.stack([between(centre[0], o, NEARNESS) for o in sampler.latents(seeds)])
    condition = conditions(sampler.spec, seeds, chosen)
    named = [
        {name: classes[condition.labels[name][i]] for name, classes in sampler.labels.items()}
        for i in range(count)
    ]
    how = {k: v for k, v in asked.to_json().items() if k in ("around", "plane", "x", "y", "pushes")}
    origin = sampler.origin(asked.truncation)
    samples = sampler.finite(points * asked.truncation, condition)
    ways = {**sampler.ways, **how}
    return Generated(samples, seeds, named, sampler.modality, {**origin, "ways": ways})


def _centre(sampler: Sampler, asked: Asked) -> Tensor:
    if asked.plane >= 0:
        push = _push(sampler, asked.labels, asked.pushes)
        centre = Plane.through(sampler, asked.plane).at(asked.x, asked.y, push)
    else:
        centre = sampler.latents(asked.around[:1])[0]
    for seed in asked.around[1:]:
        centre = between(centre, sampler.latents([seed])[0], NEARNESS)
    return centre


def _push(sampler: Sampler, labels: Mapping[str, str], pushes: Sequence[float]) -> Tensor | None:
    if not any(pushes):
        return None
    steps = directions(sampler, labels).steps
    return torch.tensor(pushes)[: len(steps)] @ steps[: len(pushes)]
