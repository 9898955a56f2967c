"""The match over texts by rewards: every symbol is paid for what the discriminator thinks of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._texts import (
    Gaps,
    HeadStart,
    WarmUp,
    likelihood_loss,
    reader,
    require_both,
    symbol_losses,
    symbol_match,
    three_stages,
    verdicts_on,
    writer,
    written_for,
)

Share = Annotated[float, Field(ge=0, le=1)]
Every = Annotated[int, Field(ge=1, description="steps of the discriminator for one by rewards")]


class Reinforce(Objective):
    """Likelihood first; then symbols are drawn, and made likelier by what they earn.

    L_D = E -log s(f_i(x)) - log(1 - s(f_i(y))) over places i of real texts x and written texts y
    L_G = -E (R_i - b_i) log p(y_i | y_1 .. y_(i-1)) - entropy * H(p) + likelihood * L_likelihood

    with rewards r_i = 2 s(f_i(y)) - 1, what follows counting too, R_i = r_i + discount * R_(i+1),
    and b_i what place i has earned of late. Yu et al. 2017, "SeqGAN", with the dense rewards,
    discount and moving baseline of de Masson d'Autume et al. 2019, "Training language GANs from
    scratch" (ScratchGAN), section 3; a share of the likelihood is kept, against forgetting. The
    discriminator begins with what the generator reads by, where their layers are alike.

    Args:
        warm_up: samples shown by likelihood alone, at the beginning.
        head_start: samples shown to the discriminator alone, after that.
        every: steps of the discriminator for one of the generator.
        discount: what the next symbol's rewards count for this one.
        baseline: how much of the moving baseline each step keeps.
        entropy: weight of the entropy (nats) of what the generator thinks.
        likelihood: weight of the likelihood loss that is kept.
        gaps: as for likelihood.
    """

    def __init__(
        self,
        *,
        warm_up: WarmUp = 0,
        head_start: HeadStart = 0,
        every: Every = 1,
        discount: Share = 0.25,
        baseline: Share = 0.92,
        entropy: Share = 0.02,
        likelihood: Share = 0.3,
        gaps: Gaps = 0.0,
    ) -> None:
        self._warm_up, self._head_start = warm_up, head_start
        self._every = every
        self._discount, self._keep = discount, baseline
        self._entropy, self._likelihood, self._gaps = entropy, likelihood, gaps

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """As `require_both`; symbols need no slopes here.

        Raises:
            UserError: the players are others.
        """
        require_both(networks, self._gaps)

    def phases(self) -> Sequence[Phase]:
        """Likelihood alone; then the discriminator; then both."""
        return three_stages(
            self._judge, self._earn, warm_up=self._warm_up, head_start=self._head_start,
            gaps=self._gaps, every=self._every,
        )  # fmt: skip

    def _judge(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        return symbol_match(networks, batch, written_for(networks, batch, moment), moment)

    def _earn(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        written = written_for(networks, batch, moment)
        with torch.no_grad():
            seen = moment.augment(written)
            logits, inside = verdicts_on(networks, seen, batch.condition)
            rewards = (2.0 * logits.sigmoid() - 1.0) * inside
            returns = discounted(rewards, self._discount)
            expected = reader(networks).expected
            gain = (returns - expected) * inside
            counts = inside.sum(0).clamp_min(1)
            expected.lerp_((returns * inside).sum(0) / counts, 1.0 - self._keep)
        thought = writer(networks).logits(written, batch.condition).float()
        nats = symbol_losses(thought, written)
        number = inside.sum().clamp_min(1)
        earned = (nats * gain).sum() / number
        chances = thought.log_softmax(2)
        entropy = (-(chances.exp() * chances).sum(2) * inside).sum() / number
        kept = likelihood_loss(networks, batch, moment, self._gaps)
        total = earned - self._entropy * entropy + self._likelihood * kept.total
        reward = rewards.sum() / number
        return Loss(total, {**kept.logs, "reward": reward, "entropy": entropy.detach()})


def discounted(rewards: Float[Tensor, "b t"], discount: float) -> Float[Tensor, "b t"]:
    """R_i = r_i + discount * R_(i+1)."""
    later = torch.zeros_like(rewards[:, 0])
    returns = torch.empty_like(rewards)
    for place in reversed(range(rewards.shape[1])):
        later = rewards[:, place] + discount * later
        returns[:, place] = later
    return returns
