"""Penalties against slopes known by heart: those of a linear discriminator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sparring.core.rng import Streams
from sparring.core.schedule import constant
from sparring.core.spec import Batch, Condition, Loss, Moment
from sparring.networks import Discriminator, Generator, Networks
from sparring.objectives._penalties import (
    between,
    excess_slope,
    nudged,
    squared_rises,
    squared_slopes,
)
from sparring.objectives.hinge import Hinge
from sparring.objectives.relativistic import Relativistic
from sparring.objectives.wasserstein_gp import WassersteinGP


class Linear(Discriminator):
    """f(x) = w.x + 1, whose slope is w everywhere."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, samples: Tensor, condition: Condition) -> Tensor:
        return samples.flatten(1) @ self.weight + 1.0


class Constant(Generator):
    """Makes the same sample from any latent."""

    latent = 2

    def __init__(self) -> None:
        super().__init__()
        self.sample = nn.Parameter(torch.full((4,), 0.5))

    def forward(self, latents: Tensor, condition: Condition) -> Tensor:
        return self.sample.expand(len(latents), 4)


WEIGHT = torch.tensor([1.0, -2.0, 0.5, 3.0])
SQUARED = WEIGHT.square().sum()


def played(
    objective: Hinge | Relativistic | WassersteinGP, weight: Tensor = WEIGHT, step: int = 0
) -> Loss:
    networks = Networks({"generator": Constant(), "discriminator": Linear(weight.clone())})
    real = torch.randn((512, 4), generator=torch.Generator().manual_seed(0))
    moment = Moment(0, 0.0, step, Streams(0))
    return objective.phases()[0].loss(networks, Batch(real, Condition()), moment)


def test_slopes_of_a_linear_function_are_its_weights() -> None:
    real, fake = (torch.randn(5, 4, requires_grad=True) for _ in range(2))
    logits = Linear(WEIGHT)(torch.cat([real, fake]), Condition())
    for squared in squared_slopes(logits, [real, fake]):
        torch.testing.assert_close(squared, SQUARED.expand(5))


def test_slopes_belong_to_their_own_samples() -> None:
    samples = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
    (squared,) = squared_slopes(samples.square().squeeze(1), [samples])
    torch.testing.assert_close(squared, torch.tensor([4.0, 16.0, 36.0]))


def test_r1_is_half_gamma_times_the_squared_weights() -> None:
    torch.testing.assert_close(played(Hinge(r1=constant(3.0))).logs["penalty"], 1.5 * SQUARED)


def test_relativistic_penalty_counts_real_and_generated() -> None:
    loss = played(Relativistic(gamma=constant(3.0)))
    torch.testing.assert_close(loss.logs["penalty"], 3.0 * SQUARED)


def test_the_gradient_of_r1_pulls_the_weights_to_zero() -> None:
    network, samples = Linear(WEIGHT.clone()), torch.randn(5, 4, requires_grad=True)
    (squared,) = squared_slopes(network(samples, Condition()), [samples])
    squared.mean().backward()
    torch.testing.assert_close(network.weight.grad, 2.0 * WEIGHT)


def test_finite_differences_approximate_slopes() -> None:
    objective = Relativistic(gamma=constant(3.0), penalty="finite_difference")
    penalty = played(objective).logs["penalty"]
    torch.testing.assert_close(penalty, 3.0 * SQUARED, rtol=0.1, atol=0.0)


def test_finite_differences_of_a_curve_tend_to_its_slope() -> None:
    samples = torch.full((20_000, 1), 1.5)
    near = nudged(samples, 1e-3, Streams(0))
    rises = squared_rises(samples.sin().squeeze(1), near.sin().squeeze(1), 1e-3)
    expected = torch.tensor(1.5).cos().square()
    torch.testing.assert_close(rises.mean(), expected, rtol=0.05, atol=0.0)


def test_lazy_penalties_weigh_as_much_in_the_mean() -> None:
    each, lazy = Relativistic(), Relativistic(penalty_every=4)
    seen = [played(lazy, step=step).logs["penalty"].item() for step in range(8)]
    assert seen[1:4] == [0.0] * 3
    assert sum(seen) / 8 == pytest.approx(played(each).logs["penalty"].item(), rel=1e-5)


def test_excess_slope_is_zero_at_slope_one() -> None:
    for scale, expected in ((1.0, 0.0), (3.0, 4.0), (0.0, 1.0)):
        samples = torch.randn(6, 4, requires_grad=True)
        logits = Linear(scale * WEIGHT / SQUARED.sqrt())(samples, Condition())
        torch.testing.assert_close(
            excess_slope(logits, samples), torch.tensor(expected), atol=1e-4, rtol=1e-4
        )


def test_excess_slope_has_finite_gradients_where_flat() -> None:
    network, samples = Linear(torch.zeros(4)), torch.randn(6, 4, requires_grad=True)
    excess_slope(network(samples, Condition()), samples).backward()
    assert network.weight.grad is not None
    assert network.weight.grad.isfinite().all()


def test_wasserstein_weighs_its_penalty_by_ten() -> None:
    loss = played(WassersteinGP(), 3.0 * WEIGHT / SQUARED.sqrt())
    torch.testing.assert_close(loss.logs["penalty"], torch.tensor(40.0), rtol=1e-4, atol=0.0)
    unit = played(WassersteinGP(), WEIGHT / SQUARED.sqrt())
    torch.testing.assert_close(unit.total, -unit.logs["distance"], rtol=1e-4, atol=1e-4)


def test_points_between_lie_on_the_line() -> None:
    real, fake = torch.zeros(50, 2), torch.ones(50, 2)
    points = between(real, fake, Streams(0))
    assert ((points >= 0) & (points <= 1)).all()
    assert torch.equal(points[:, 0], points[:, 1])
    assert points[:, 0].unique().numel() > 40


def test_slopes_are_taken_before_augmentation() -> None:
    networks = Networks({"generator": Constant(), "discriminator": Linear(WEIGHT.clone())})
    moment = Moment(0, 0.0, 0, Streams(0), augment=lambda samples: 2.0 * samples)
    batch = Batch(torch.randn(4, 4), Condition())
    loss = Relativistic(gamma=constant(1.0)).phases()[0].loss(networks, batch, moment)
    torch.testing.assert_close(loss.logs["penalty"], 4.0 * SQUARED)
