"""Verdicts as a regression: the further from the target, the harder the pull."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1
from sparring.objectives._verdicts import two_turns


class LeastSquares(Objective):
    """Squared distance of logits from the targets -1 (generated), 1 (real) and 0 (what G aims at).

    L_D = (E (f(x) - 1)^2 + E (f(G(z)) + 1)^2) / 2
    L_G = E f(G(z))^2 / 2

    Mao et al. 2017, "Least squares generative adversarial networks", equation 8, which minimises
    a Pearson chi-squared divergence; its sign convention keeps 0 as the border of verdicts.
    """

    def __init__(self, *, r1: R1 = NONE) -> None:
        self._r1 = r1

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return two_turns(_discriminator_loss, _generator_loss, self._r1)


def _discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    return 0.5 * ((real - 1.0).square() + (fake + 1.0).square()).mean()


def _generator_loss(fake: Tensor) -> Tensor:
    return 0.5 * fake.square().mean()
