"""The match of pairs: is this real sample more real than that generated one?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from sparring.core.errors import UserError
from sparring.core.schedule import constant
from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import Weight
from sparring.objectives._penalties import nudged, squared_rises, squared_slopes
from sparring.objectives._verdicts import (
    Verdicts,
    fakes_for,
    judge_both,
    judge_fakes,
    judge_one,
    judge_stacked,
)

Gamma = Annotated[Weight, Field(description="weight of both penalties; scale with pixels / batch")]
Penalty = Annotated[
    Literal["exact", "finite_difference"],
    Field(description="slopes by a second derivative, or by a small random step"),
]

GAMMA = constant(0.1)
"""A middle weight for images of 28 to 32 pixels a side."""


class Relativistic(Objective):
    """Relativistic pairing with zero-centred penalties on slopes at real and generated samples.

    With d = f(x) - f(G(z)), x and G(z) under the same condition:

        L_D = E softplus(-d) + gamma / 2 * (E ||slope of f at x||^2 + E ||slope of f at G(z)||^2)
        L_G = E softplus(d)

    Huang et al. 2024, "The GAN is dead; long live the GAN! A modern baseline GAN", section 2
    (R1 and R2 after Mescheder et al. 2018, pairing after Jolicoeur-Martineau 2019). Slopes are
    with respect to samples before augmentation; those by finite difference, in float32 and after
    augmentation, because a second random augmentation would swamp the step.

    Args:
        gamma: weight of the penalties.
        penalty: how slopes are found.
        penalty_every: steps between penalties, which then weigh as much more; the paper's 1 is
            the steadiest.
        sigma: length of the random step for finite differences, in units of sample values.
    """

    def __init__(
        self,
        *,
        gamma: Gamma = GAMMA,
        penalty: Penalty = "exact",
        penalty_every: Annotated[int, Field(gt=0, description="steps between penalties")] = 1,
        sigma: Annotated[float, Field(gt=0, description="step of finite differences")] = 0.01,
    ) -> None:
        self._gamma = gamma
        self._exact = penalty == "exact"
        self._penalty_every = penalty_every
        self._sigma = sigma

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return (
            Phase("discriminator", self._discriminator_loss),
            Phase("generator", self._generator_loss),
        )

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """Verdicts that do not change by chance, where a small step tells the slope.

        Raises:
            UserError: the discriminator draws random numbers.
        """
        if networks.discriminator.draws and not self._exact:
            raise UserError(
                "objective.penalty = 'finite_difference' compares two verdicts on nearly the same "
                "sample, and this discriminator changes its verdicts by chance; choose 'exact', "
                "or networks.discriminator.shuffle = 0 for wavegan."
            )

    def _discriminator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        with torch.no_grad():
            fake = fakes_for(networks, batch, moment)
        due = moment.step % self._penalty_every == 0
        weight = self._gamma.at(moment.progress) * self._penalty_every * due
        if weight == 0.0:
            real_logits, fake_logits = judge_both(
                networks, batch.real, fake, batch.condition, moment
            )
            verdicts = Verdicts(real_logits, fake_logits, fake, real_logits.new_zeros(()))
        elif self._exact:
            verdicts = self._with_slopes(networks, batch, fake, moment, weight)
        else:
            verdicts = self._with_rises(networks, batch, fake, moment, weight)
        return verdicts.relative_loss(softplus(verdicts.fake - verdicts.real).mean())

    def _generator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        with torch.no_grad():
            real_logits = judge_one(networks, batch.real, batch.condition, moment)
        fake_logits = judge_fakes(networks, batch, moment)
        return Loss(softplus(real_logits - fake_logits).mean())

    def _with_slopes(
        self, networks: Networks, batch: Batch, fake: Tensor, moment: Moment, weight: float
    ) -> Verdicts:
        real = batch.real.detach().requires_grad_()
        # A slope is rounded to its sample's type, which is bfloat16 for fakes made under autocast.
        generated = fake.detach().float().requires_grad_()
        real_logits, fake_logits = judge_both(networks, real, generated, batch.condition, moment)
        logits = torch.cat([real_logits, fake_logits])
        at_real, at_fake = squared_slopes(logits, [real, generated])
        return Verdicts(real_logits, fake_logits, fake, 0.5 * weight * (at_real + at_fake).mean())

    def _with_rises(
        self, networks: Networks, batch: Batch, fake: Tensor, moment: Moment, weight: float
    ) -> Verdicts:
        # Rises are differences of nearly equal logits, which bfloat16 would round away.
        with torch.autocast(fake.device.type, enabled=False):
            here = [moment.augment(batch.real).float(), moment.augment(fake).float()]
            there = [nudged(samples, self._sigma, moment.rng) for samples in here]
            samples = torch.cat([*here, *there])
            real, generated, near_real, near_generated = judge_stacked(
                networks, samples, batch.condition, 4
            )
        at_real = squared_rises(real, near_real, self._sigma)
        at_fake = squared_rises(generated, near_generated, self._sigma)
        return Verdicts(real, generated, fake, 0.5 * weight * (at_real + at_fake).mean())
