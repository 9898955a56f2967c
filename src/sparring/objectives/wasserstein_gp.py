"""A critic that measures how far apart two sets are, kept honest by a penalty on its slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from sparring.core.schedule import constant
from sparring.core.spec import Batch, Loss, Moment
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1, Weight
from sparring.objectives._penalties import between, excess_slope
from sparring.objectives._verdicts import judge, judge_fakes, judge_one

PENALTY = constant(10.0)
"""The weight that served every experiment of Gulrajani et al. 2017."""


class WassersteinGP(Objective):
    """The Wasserstein distance with a gradient penalty on lines between real and generated.

    L_D = E f(G(z)) - E f(x) + penalty * E (||slope of f at u|| - 1)^2,  u between x and G(z)
    L_G = -E f(G(z))

    Gulrajani et al. 2017, "Improved training of Wasserstein GANs", equation 3. Logits have no
    zero here, so scores are those of differences in pairs. Adam with betas (0, 0.9) is theirs.
    """

    def __init__(
        self,
        *,
        penalty: Annotated[Weight, Field(description="weight of the gradient penalty")] = PENALTY,
        critics: Annotated[
            int, Field(gt=0, description="discriminator's turns for one of the generator's")
        ] = 5,
        r1: R1 = NONE,
    ) -> None:
        self._penalty = penalty
        self._critics = critics
        self._r1 = r1

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn at each step, the generator's at every `critics`-th."""
        return (
            Phase("discriminator", self._discriminator_loss),
            Phase("generator", self._generator_loss, every=self._critics),
        )

    def _discriminator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        verdicts = judge(networks, batch, moment, r1=self._r1.at(moment.progress))
        distance = verdicts.real.mean() - verdicts.fake.mean()
        points = between(batch.real, verdicts.generated, moment.rng).requires_grad_()
        # Apart from the verdicts, so that the second derivative costs one batch and not three.
        logits = judge_one(networks, points, batch.condition, moment)
        excess = self._penalty.at(moment.progress) * excess_slope(logits, points)
        loss = replace(verdicts, penalty=verdicts.penalty + excess).relative_loss(-distance)
        return Loss(loss.total, {**loss.logs, "distance": distance.detach()})

    def _generator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        return Loss(-judge_fakes(networks, batch, moment).mean())
