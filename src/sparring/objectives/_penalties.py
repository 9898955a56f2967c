"""Penalties on the slope of a discriminator.

Slopes are taken with respect to samples before augmentation unless a function says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.rng import Streams


def squared_slopes(
    logits: Float[Tensor, " n"], samples: Sequence[Float[Tensor, "b ..."]]
) -> list[Float[Tensor, " b"]]:
    """||gradient of a sample's logit with respect to that sample||^2, itself differentiable.

    One pass backward serves all of `samples`. No verdict may depend on another sample, which is
    why no discriminator has batch normalisation.
    """
    gradients = torch.autograd.grad(logits.float().sum(), list(samples), create_graph=True)
    return [gradient.float().square().flatten(1).sum(1) for gradient in gradients]


def excess_slope(logits: Float[Tensor, " b"], samples: Float[Tensor, "b ..."]) -> Float[Tensor, ""]:
    """The mean of (||slope|| - 1)^2, zero where the discriminator climbs by 1 everywhere.

    Gulrajani et al. 2017, "Improved training of Wasserstein GANs", equation 3.
    """
    (squared,) = squared_slopes(logits, [samples])
    # The root has no slope at 0, and a discriminator that is flat somewhere must not yield NaN.
    return (squared.clamp_min(1e-12).sqrt() - 1.0).square().mean()


def between(
    real: Float[Tensor, "b ..."], fake: Float[Tensor, "b ..."], rng: Streams
) -> Float[Tensor, "b ..."]:
    """A uniformly random point on the line from each real sample to its generated partner."""
    shares = rng.uniform("penalty", (real.shape[0], *(1 for _ in real.shape[1:])))
    return torch.lerp(real.float(), fake.float(), shares.to(real.device, non_blocking=True))


def nudged(samples: Float[Tensor, "b ..."], sigma: float, rng: Streams) -> Float[Tensor, "b ..."]:
    """The samples plus normal noise of standard deviation `sigma`."""
    noise = rng.normal("penalty", samples.shape).to(samples.device, non_blocking=True)
    return samples.float() + sigma * noise


def squared_rises(
    logits: Float[Tensor, " n"], nudged_logits: Float[Tensor, " n"], sigma: float
) -> Float[Tensor, " n"]:
    """(D(x + sigma n) - D(x))^2 / sigma^2, whose mean over n tends to ||slope||^2.

    For small sigma D rises by sigma n.slope, and the mean of (n.slope)^2 over standard normal n
    is ||slope||^2. No second derivative is needed (Lin et al. 2025, "Diffusion adversarial
    post-training for one-step video generation", approximated R1).
    """
    return ((nudged_logits - logits) / sigma).square()
