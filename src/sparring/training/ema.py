"""The averaged generator: a running mean of the weights, far better than any one step's."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from sparring.networks import Generator


class Average:
    """Exponential moving average of a generator, counted in samples shown.

    The half-life is at most `ramp` times the samples seen so far, so that early pictures do not
    drag the random start along (Karras et al. 2020, "Analyzing and improving StyleGAN", code).

    Args:
        generator: whose weights are averaged; copied at once.
        half_life: samples after which a weight counts half; 0 keeps a plain copy.
        ramp: share of the past that the half-life may not exceed.
    """

    def __init__(self, generator: Generator, *, half_life: float, ramp: float) -> None:
        self.generator = copy.deepcopy(generator).eval().requires_grad_(False)
        self.half_life = half_life
        self.ramp = ramp

    @torch.no_grad()
    def update(self, generator: Generator, samples: int, batch: int) -> None:
        """Move towards `generator` after a step of `batch`, with `samples` shown in all."""
        half_life = min(self.half_life, samples * self.ramp)
        weight = 1.0 - 0.5 ** (batch / half_life) if half_life > 0 else 1.0
        averaged, counts = _tensors(self.generator)
        current, current_counts = _tensors(generator)
        torch._foreach_lerp_(averaged, current, weight)
        for mine, theirs in zip(counts, current_counts, strict=True):
            mine.copy_(theirs)


def _tensors(generator: Generator) -> tuple[list[Tensor], list[Tensor]]:
    """What can be averaged, statistics of normalisation included, and what only counts."""
    buffers = list(generator.buffers())
    moving = [b for b in buffers if b.is_floating_point()]
    weights = [p.detach() for p in generator.parameters()]
    return weights + moving, [b for b in buffers if not b.is_floating_point()]
