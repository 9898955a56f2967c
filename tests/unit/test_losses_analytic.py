"""Each loss against its formula, worked out with plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from sparring.core import components
from sparring.core.rng import Streams
from sparring.core.spec import Batch, Condition, Moment
from sparring.networks import Discriminator, Generator, Networks


class Echo(Discriminator):
    """Its logit is the sample itself, which is one number."""

    def forward(self, samples: Tensor, condition: Condition) -> Tensor:
        return samples.squeeze(1)


class Fixed(Generator):
    """Its samples are one number."""

    latent = 1

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, latents: Tensor, condition: Condition) -> Tensor:
        return self.value.expand(len(latents), 1)


def losses(name: str, real: float, fake: float, **settings: object) -> tuple[float, float, float]:
    """The discriminator's loss, the generator's, and the slope of the latter at its sample."""
    generator = Fixed(fake)
    networks = Networks({"generator": generator, "discriminator": Echo()})
    given = {"name": name, **settings}
    objective = components.build(components.OBJECTIVE, given, where="objective")
    batch, moment = Batch(torch.full((4, 1), real), Condition()), Moment(0, 0.0, 0, Streams(0))
    judged, made = (phase.loss(networks, batch, moment).total for phase in objective.phases())
    made.backward()
    assert generator.value.grad is not None
    return judged.item(), made.item(), generator.value.grad.item()


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x))


Formula = Callable[[float, float], float]
FORMULAS: dict[str, tuple[dict[str, object], Formula, Formula]] = {
    "minimax": (
        {},
        lambda r, f: -log_sigmoid(r) - math.log(1 - math.exp(log_sigmoid(f))),
        lambda r, f: math.log(1 - math.exp(log_sigmoid(f))),
    ),
    "non_saturating": (
        {},
        lambda r, f: -log_sigmoid(r) - math.log(1 - math.exp(log_sigmoid(f))),
        lambda r, f: -log_sigmoid(f),
    ),
    "least_squares": (
        {},
        lambda r, f: ((r - 1) ** 2 + (f + 1) ** 2) / 2,
        lambda r, f: f**2 / 2,
    ),
    "hinge": (
        {},
        lambda r, f: max(0.0, 1 - r) + max(0.0, 1 + f),
        lambda r, f: -f,
    ),
    "wasserstein_gp": ({}, lambda r, f: f - r, lambda r, f: -f),
    "relativistic": (
        {"gamma": 0.0},
        lambda r, f: -log_sigmoid(r - f),
        lambda r, f: -log_sigmoid(f - r),
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("real", "fake"), [(0.0, 0.0), (2.0, -1.5), (-0.7, 0.3), (3.0, 2.5)])
def test_losses_follow_their_formulas(name: str, real: float, fake: float) -> None:
    settings, of_discriminator, of_generator = FORMULAS[name]
    judged, made, slope = losses(name, real, fake, **settings)
    assert judged == pytest.approx(of_discriminator(real, fake), abs=1e-5)
    assert made == pytest.approx(of_generator(real, fake), abs=1e-5)
    step = 1e-6
    rise = of_generator(real, fake + step) - of_generator(real, fake - step)
    assert slope == pytest.approx(rise / (2 * step), abs=1e-4)


def test_every_objective_has_a_formula_here() -> None:
    others = {
        "vocoding",
        "likelihood",
        "reinforce",
        "gumbel",
    }  # see test_vocoding.py, test_language.py
    of_logits_alone = set(components.names("objectives")) - others
    assert of_logits_alone <= FORMULAS.keys()


def test_minimax_stalls_where_the_generator_loses_and_non_saturating_does_not() -> None:
    # d/df log(1 - sigmoid(f)) = -sigmoid(f), but d/df -log sigmoid(f) = sigmoid(f) - 1.
    for fake in (-5.0, -10.0, -20.0):
        *_, stalled = losses("minimax", 0.0, fake)
        *_, pulled = losses("non_saturating", 0.0, fake)
        assert stalled == pytest.approx(-1 / (1 + math.exp(-fake)), rel=1e-3)
        assert abs(stalled) < 0.01
        assert pulled == pytest.approx(-1.0, abs=0.01)


def test_both_cross_entropies_pull_the_generator_toward_real() -> None:
    for name in ("minimax", "non_saturating", "relativistic", "hinge", "wasserstein_gp"):
        *_, slope = losses(name, 0.0, 0.5)
        assert slope < 0.0
