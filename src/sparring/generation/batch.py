"""What several people ask of one model, made in one call; nobody's bits depend on the company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.errors import BadData, UserError
from sparring.core.spec import Condition
from sparring.generation.asking import Wanted, conditions, parse_labels, require_makeable
from sparring.generation.explore import between
from sparring.generation.generated import Generated
from sparring.generation.sampler import NO_NUMBERS, NO_WALK, Sampler
from sparring.generation.wording import Wording, worded

LATENT = "latent"
"""The way that a label names where a latent was given and is no seed's own."""
FINEST = 1_000  # steps of the way from one seed to another, at most
FARTHEST = 1_000.0  # of a number in a latent that somebody gives; normal ones are below 6


@dataclass(frozen=True)
class Ask:
    """What one person wants of a model.

    Attributes:
        count: how many samples.
        seed: of the first; number i has seed + i.
        labels: as in `Sampler.generate`.
        truncation: as in `Sampler.generate`.
        latent: the latent itself instead of a seed's, one number for each of the model's; count
            is then 1 and the seed only says which classes are left open.
        between: instead, the latent on the way from one seed to another; count is then 1.
        share: of that way, in [0, 1]; the nearest fraction with a denominator up to 1,000 is
            taken, so that a file can say it in whole numbers.
        wording: how texts are written; None for models that write none.
        visible: whether files carry a label for people, too, where the sampler's do not.
    """

    count: int = 1
    seed: int = 0
    labels: Wanted = ""
    truncation: float = 1.0
    latent: tuple[float, ...] = ()
    between: tuple[int, int] | None = None
    share: float = 0.5
    wording: Wording | None = None
    visible: bool = False


@dataclass(frozen=True)
class Rows:
    """An ask that was checked against its model, as rows of a batch.

    Attributes:
        sampler: the model, asked in the way that these rows want.
        key: rows of equal key can be made in one call.
        latents: one row a sample.
        condition: of each.
        seeds: of each.
        labels: class names of each.
        truncation: for the label of what is made.
        walk: as in `Generated`.
    """

    sampler: Sampler
    key: tuple[Any, ...]
    latents: Float[Tensor, "n latent"]
    condition: Condition
    seeds: Sequence[int]
    labels: Sequence[Mapping[str, str]]
    truncation: float
    walk: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.seeds)


def rows(sampler: Sampler, ask: Ask) -> Rows:
    """The rows that an ask becomes.

    Raises:
        UserError: a number out of range, a label or a way that the model does not know.
    """
    require_one_latent(ask)
    require_one_sample(ask)
    if not 0 <= ask.share <= 1:
        raise UserError(f"share = {ask.share}: a number from 0 to 1 is needed.")
    require_makeable(ask.count, ask.between or (ask.seed, ask.seed + ask.count - 1), ask.truncation)
    seeds = range(ask.seed, ask.seed + ask.count)
    walk, place = NO_WALK, Fraction(ask.share).limit_denominator(FINEST)
    key = (id(sampler.original), ask.wording)
    labels = ask.labels
    if ask.visible:
        sampler = sampler.visibly()
    if ask.wording is not None:
        sampler, labels = worded(sampler, ask.wording, labels)
    chosen = parse_labels(labels, sampler.labels)
    if ask.between is not None:
        # As on a walk, where every sample has the same classes.
        sets = sampler.spec.labels.items()
        chosen = {name: chosen.get(name, classes[0]) for name, classes in sets}
        start, end = sampler.latents(ask.between)
        seeds, latents = ask.between[:1], between(start, end, float(place))[None]
        walk = {"between": list(ask.between), "steps": place.denominator, "closed": False,
                "place": place.numerator}  # fmt: skip
    elif ask.latent:
        latents = latent_of(sampler, ask.latent)
        ways = {**sampler.ways, LATENT: list(ask.latent)}
        sampler = sampler.through(sampler.generator, ways, sampler.given)
    else:
        latents = sampler.latents(seeds)
    condition = conditions(sampler.spec, seeds, chosen)
    named = [
        {name: classes[condition.labels[name][i]] for name, classes in sampler.labels.items()}
        for i in range(len(seeds))
    ]
    latents = latents * ask.truncation
    return Rows(sampler, key, latents, condition, seeds, named, ask.truncation, walk)


def require_one_latent(ask: Ask) -> None:
    """Make sure that an ask says in one way which latent it wants.

    Raises:
        UserError: it gives one, and two seeds between which it lies.
    """
    if ask.latent and ask.between is not None:
        raise UserError("A latent is given or lies between two seeds, not both; leave one out.")


def require_one_sample(ask: Ask) -> None:
    """Make sure that as many samples are wanted as there are latents.

    Raises:
        UserError: several are to be made of one.
    """
    if (ask.latent or ask.between is not None) and ask.count != 1:
        raise UserError(f"One latent makes one sample, not {ask.count}; ask for one.")


def latent_of(sampler: Sampler, given: tuple[float, ...]) -> Float[Tensor, "1 latent"]:
    """A latent that somebody gives, as a row of a batch.

    Raises:
        UserError: this model has another number of them, or one is out of range.
    """
    size = sampler.generator.latent
    if len(given) != size or not all(abs(z) <= FARTHEST for z in given):
        raise UserError(
            f"A latent of this model is {size} numbers from -{FARTHEST:g} to {FARTHEST:g}, "
            f"not {len(given)} others."
        )
    return torch.tensor([given])


def together(asked: Sequence[Rows]) -> list[Generated | UserError]:
    """Make all rows, which have one key, in one call.

    Returns:
        For each of them its samples, or what is wrong with these.

    Raises:
        BadData: the weights are not all numbers.
        OutOfResources: the memory does not suffice.
    """
    first = asked[0]
    assert all(each.key == first.key for each in asked), "what has one key is made together"
    latents = torch.cat([each.latents for each in asked])
    merged = {
        name: torch.cat([each.condition.labels[name] for each in asked])
        for name in first.condition.labels
    }
    samples = first.sampler(latents, Condition(merged))
    if not samples.is_floating_point():
        first.sampler.require_finite()
    pieces = samples.split([len(each) for each in asked])
    return [_finished(each, piece) for each, piece in zip(asked, pieces, strict=True)]


def _finished(asked: Rows, samples: Tensor) -> Generated | UserError:
    if samples.is_floating_point() and not samples.isfinite().all():
        return BadData(NO_NUMBERS)
    given = asked.seeds, asked.labels, asked.truncation, asked.walk
    return asked.sampler.generated(samples, *given)
