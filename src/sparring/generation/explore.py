"""Walking about in latent space: strips from one sample to another, and animated walks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.errors import UserError
from sparring.generation.asking import (
    Wanted,
    conditions,
    parse_labels,
    require_makeable,
    require_one_file,
)
from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler

STRIP = "strip.png"
"""The picture of a walk."""


def between(
    start: Float[Tensor, " latent"], end: Float[Tensor, " latent"], share: float
) -> Float[Tensor, " latent"]:
    """The point `share` of the way along the arc from one latent to another.

    Spherical interpolation (Shoemake 1985; for GANs White 2016, "Sampling generative networks"):
    it keeps the length that normal latents have, which the straight line does not.
    """
    cosine = torch.dot(start / start.norm(), end / end.norm()).clamp(-1, 1)
    angle = torch.arccos(cosine)
    if angle.sin() < 1e-6:  # the same direction, or the opposite one: there is no single arc
        return torch.lerp(start, end, share)
    return (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / torch.sin(
        angle
    )


def interpolate(
    sampler: Sampler,
    seeds: Sequence[int],
    *,
    steps: int = 8,
    labels: Wanted = "",
    truncation: float = 1.0,
    closed: bool = False,
) -> Generated:
    """Samples on the way through the latents of `seeds`, `steps` from each to the next.

    Args:
        sampler: what makes them.
        seeds: two or more.
        steps: samples for each leg, at least 1; the last seed adds one more.
        labels: as in `Sampler.generate`; every sample of a walk has the same classes.
        truncation: as in `Sampler.generate`.
        closed: whether the walk returns to its first seed (for endless animations).

    Raises:
        UserError: fewer than two seeds, no steps, or what `Sampler.generate` refuses.
    """
    if len(seeds) < 2 or steps < 1:
        raise UserError("A way through latent space needs two seeds or more, and a step or more.")
    count = steps * len(seeds) if closed else steps * (len(seeds) - 1) + 1
    require_makeable(count, seeds, truncation)
    points = sampler.latents([*seeds, seeds[0]] if closed else seeds)
    shares = [i / steps for i in range(steps)]
    legs = [between(a, b, s) for a, b in itertools.pairwise(points) for s in shares]
    path = torch.stack(legs if closed else [*legs, points[-1]])
    chosen = parse_labels(labels, sampler.labels)
    first = {name: chosen.get(name, classes[0]) for name, classes in sampler.spec.labels.items()}
    condition = conditions(sampler.spec, range(count), first)
    return sampler.generated(
        sampler.finite(path * truncation, condition),
        [seeds[min(i // steps, len(seeds) - 1)] for i in range(len(path))],
        [{name: first[name] for name in sampler.labels}] * len(path),
        truncation,
        {"between": list(seeds), "steps": steps, "closed": closed},
    )


def save_walk(
    sampler: Sampler,
    seeds: Sequence[int],
    folder: Path,
    *,
    steps: int = 8,
    labels: Wanted = "",
    truncation: float = 1.0,
) -> list[Path]:
    """Write `strip.png`, the way through `seeds` in one row, and `walk`, which returns.

    Raises:
        OutOfResources: the disk is full.
        UserError: the walk is too long for one file, or what `interpolate` refuses.
    """
    require_one_file(2 * steps * len(seeds), sampler.modality.most_in_a_row)
    loop = interpolate(
        sampler, seeds, steps=2 * steps, labels=labels, truncation=truncation, closed=True
    )
    strip = interpolate(sampler, seeds, steps=steps, labels=labels, truncation=truncation)
    suffix, film = loop.film()
    return strip.write({folder / STRIP: strip.strip(), folder / f"walk{suffix}": film})
