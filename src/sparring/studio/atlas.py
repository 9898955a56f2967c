"""A plane through latent space to walk on, and the directions in which most changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from sparring.core.spec import Condition, in_full
from sparring.generation.asking import conditions
from sparring.generation.sampler import Sampler
from sparring.modalities._tokens import PAD

REACH = 1.6  # at the edge of the map a latent is mostly that of the edge, not of the middle
DRAWS = 512  # samples in which directions are looked for
WRITTEN = 96  # the same where each is written symbol by symbol, which takes long
BUCKETS = 512  # that pairs of symbols are counted in
RIDGE = 1e-3  # share of the variance that keeps the regression well posed


@dataclass(frozen=True)
class Plane:
    """A plane through three latents; its middle is the first one's sample.

    Attributes:
        middle: latent of the middle.
        right: what is added towards the right edge.
        up: what is added towards the upper edge.
    """

    middle: Float[Tensor, " latent"]
    right: Float[Tensor, " latent"]
    up: Float[Tensor, " latent"]

    @staticmethod
    def through(sampler: Sampler, seed: int) -> Plane:
        """The plane of three consecutive seeds."""
        return Plane(*sampler.latents(range(seed, seed + 3)))

    def at(
        self, x: float, y: float, further: Float[Tensor, " latent"] | None = None
    ) -> Float[Tensor, " latent"]:
        """The latent at a place in [-1, 1] x [-1, 1], with something added.

        It keeps the length of the middle, as normal latents of one size all have nearly one length
        and a network has never seen others.
        """
        point = self.middle + REACH * (x * self.right + y * self.up)
        if further is not None:
            point = point + further
        return point / point.norm().clamp(min=1e-6) * self.middle.norm()

    def grid(self, side: int) -> Float[Tensor, "n latent"]:
        """The latents in the middles of side x side cells, row by row from the upper left."""
        places = [(2 * i + 1) / side - 1 for i in range(side)]
        return torch.stack([self.at(x, -y) for y in places for x in places])


@dataclass(frozen=True)
class Directions:
    """Ways in which samples differ most, as steps in latent space.

    Attributes:
        steps: one row each; a whole step is one standard deviation of latents.
        shares: of the variance of samples that lies along each.
        told: share of what happens along each that a straight step in latent space explains.
    """

    steps: Float[Tensor, "k latent"]
    shares: Sequence[float]
    told: Sequence[float]


def directions(sampler: Sampler, labels: Mapping[str, str], *, count: int = 6) -> Directions:
    """Principal components of many samples, and the latent steps that move along them.

    As GANSpace does for networks whose latents are not features themselves (Harkonen et al. 2020,
    section 2.2): principal components of what the network makes, then a linear regression of
    coordinates on latents. Here the samples themselves are what is looked at.
    """
    draws = DRAWS if sampler.spec.symbols is None else WRITTEN
    seeds = range(1, draws + 1)
    latents = sampler.latents(seeds)
    samples = sampler(latents, condition_of(sampler, labels, draws))
    seen = features(samples)
    seen = seen - seen.mean(0)
    # Fewer samples than features: the Gram matrix has the same components and is smaller.
    values, vectors = torch.linalg.eigh(seen @ seen.T)
    order = values.argsort(descending=True)[:count]
    total = values.clamp(min=0).sum().clamp(min=1e-12)
    along = vectors[:, order] * values[order].clamp(min=0).sqrt()
    steps: list[Tensor] = []
    told: list[float] = []
    centred = latents - latents.mean(0)
    weight = RIDGE * draws * torch.eye(latents.shape[1])
    solved = torch.linalg.solve(centred.T @ centred + weight, centred.T @ along)
    guessed = centred @ solved
    for i in range(along.shape[1]):
        step = solved[:, i]
        steps.append(step / step.norm().clamp(min=1e-12))
        left = (along[:, i] - guessed[:, i]).square().sum()
        told.append(float(1 - left / along[:, i].square().sum().clamp(min=1e-12)))
    shares = [float(values[i].clamp(min=0) / total) for i in order]
    return Directions(torch.stack(steps), shares, told)


def features(samples: Tensor) -> Float[Tensor, "n d"]:
    """What samples are compared by: their values, or how often pairs of symbols occur in them."""
    if samples.is_floating_point():
        return samples.flatten(1).float()
    first, second = samples[:, :-1], samples[:, 1:]
    bucket = (first * 1_000_003 + second).remainder(BUCKETS)
    counts = torch.zeros(len(samples), BUCKETS)
    return counts.scatter_add_(1, bucket, second.ne(PAD).float())


def first_of(sampler: Sampler, labels: Mapping[str, str]) -> dict[str, str]:
    """One class in every label set: those that are given, else the first."""
    return {name: labels.get(name) or classes[0] for name, classes in sampler.labels.items()}


def condition_of(sampler: Sampler, labels: Mapping[str, str], count: int = 1) -> Condition:
    """The condition of samples that all have one class in every label set."""
    return conditions(sampler.spec, [0] * count, first_of(sampler, labels))


@torch.inference_mode()
def glimpse(
    sampler: Sampler, latent: Float[Tensor, " latent"], condition: Condition
) -> Shaped[Tensor, ...]:
    """One sample by the network alone, for the eye.

    Files are made in blocks of sixteen, so that a sample has the same bits in all company. That
    takes up to seven times as long, and differs in the sixth digit.
    """
    device = next(sampler.generator.parameters()).device
    asked = sampler.asked(condition, 1).to(device)
    return in_full(sampler.generator(latent[None].to(device), asked)[0]).cpu()
