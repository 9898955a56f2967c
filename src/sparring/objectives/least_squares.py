"""Verdicts as a regression: the further from the target, the harder the pull."""

from __future__ import annotations

from collections.abc import Sequence

from sparring.core.spec import Batch, Loss, Moment
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1
from sparring.objectives._verdicts import judge, judge_fakes


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
        return (
            Phase("discriminator", self._discriminator_loss),
            Phase("generator", self._generator_loss),
        )

    def _discriminator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        verdicts = judge(networks, batch, moment, r1=self._r1.at(moment.progress))
        return verdicts.loss(
            0.5 * ((verdicts.real - 1.0).square() + (verdicts.fake + 1.0).square()).mean()
        )

    def _generator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        logits = judge_fakes(networks, batch, moment)
        return Loss(0.5 * logits.square().mean())
