"""The match over texts by gradients that flow through drawn symbols as if they were soft."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import AfterValidator, Field
from torch import Tensor
from torch.nn import functional as F

from sparring.core.schedule import Ramp, Schedule, constant
from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.modalities._tokens import END, PAD, UNKNOWN
from sparring.networks import Networks
from sparring.networks._language import LanguageModel
from sparring.objectives import Objective, Phase
from sparring.objectives._texts import (
    Gaps,
    HeadStart,
    WarmUp,
    likelihood_loss,
    require_both,
    three_stages,
    writer,
    written_for,
)


def _above_zero(ramp: Schedule) -> Schedule:
    if min(ramp.start, ramp.end) <= 0.0:
        raise ValueError("a temperature must be above 0")
    return ramp


Softness = Annotated[Ramp, AfterValidator(_above_zero)]
Share = Annotated[float, Field(ge=0, le=1, description="weight of the likelihood that is kept")]

SOFTNESS = constant(1.0)


class Gumbel(Objective):
    """Likelihood first; then a relativistic match over symbols drawn with Gumbel noise.

    y_i = onehot(argmax(l_i + g)), with the slope of softmax((l_i + g) / softness)
    L_D = E softplus(f(y) - f(x)),  L_G = E softplus(f(x) - f(y)) + likelihood * L_likelihood

    Jang et al. 2017, "Categorical reparameterization with Gumbel-softmax", section 2.2 (straight-
    through), in the match of Nie et al. 2019, "RelGAN", after Jolicoeur-Martineau
    2019. Texts reach the discriminator as they are: no augmentation has a slope for symbols.

    Args:
        warm_up: samples shown by likelihood alone, at the beginning.
        head_start: samples shown to the discriminator alone, after that.
        softness: temperature of the slope, which may fall over the training.
        likelihood: weight of the likelihood loss that is kept.
        gaps: as for likelihood.
    """

    def __init__(
        self,
        *,
        warm_up: WarmUp = 0,
        head_start: HeadStart = 0,
        softness: Softness = SOFTNESS,
        likelihood: Share = 0.3,
        gaps: Gaps = 0.0,
    ) -> None:
        self._warm_up, self._head_start = warm_up, head_start
        self._softness, self._likelihood, self._gaps = softness, likelihood, gaps

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """As `require_both`; symbols need no slopes here.

        Raises:
            UserError: the players are others.
        """
        require_both(networks, self._gaps)

    def phases(self) -> Sequence[Phase]:
        """Likelihood alone; then the discriminator; then both."""
        return three_stages(
            self._judge, self._match, warm_up=self._warm_up, head_start=self._head_start,
            gaps=self._gaps,
        )  # fmt: skip

    def _judge(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        fake = written_for(networks, batch, moment)
        real, written = _verdicts(networks, batch, fake)
        lead = (real - written).detach()
        logs = {
            "d_real": lead.sigmoid().mean(),
            "d_fake": (-lead).sigmoid().mean(),
            "certainty": lead.sign().mean(),
        }
        return Loss(F.softplus(written - real).mean(), logs)

    def _match(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        model = writer(networks)
        fake = softly_written(model, batch, moment, self._softness.at(moment.progress))
        real, written = _verdicts(networks, batch, fake)
        kept = likelihood_loss(networks, batch, moment, self._gaps)
        total = F.softplus(real - written).mean() + self._likelihood * kept.total
        return Loss(total, kept.logs)


def _verdicts(
    networks: Networks, batch: Batch, fake: Tensor
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    judge = networks.discriminator
    return judge(batch.real, batch.condition).float(), judge(fake, batch.condition).float()


def softly_written(
    model: LanguageModel, batch: Batch, moment: Moment, softness: float
) -> Float[Tensor, "b t v"]:
    """Texts as weights of symbols, each 1 for the drawn one, with the slope of a softmax."""
    count, places = batch.real.shape
    ended = torch.zeros(count, dtype=torch.bool, device=batch.real.device)
    padding = F.one_hot(torch.full_like(batch.real[:, 0], PAD), model.symbols).float()
    state = model.opened(count, batch.condition)
    last: Tensor | None = None
    text: list[Tensor] = []
    for _ in range(places):
        logits = model.following(last, state).float()
        barred = torch.zeros_like(logits)
        barred[:, [PAD, UNKNOWN]] = -math.inf
        chances = moment.rng.uniform("gumbel", logits.shape).to(logits.device)
        noise = -torch.log(-torch.log(chances.clamp(1e-9, 1.0 - 1e-7)))
        noisy = logits + barred + noise
        soft = (noisy / softness).softmax(1)
        hard = F.one_hot(noisy.argmax(1), model.symbols).to(soft.dtype)
        drawn = hard + soft - soft.detach()
        last = torch.where(ended[:, None], padding, drawn)
        ended = ended | (hard[:, END] > 0)
        text.append(last)
    return torch.stack(text, 1)
