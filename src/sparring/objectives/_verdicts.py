"""What discriminators say about real and generated samples, and what of it is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.schedule import Schedule
from sparring.core.spec import Batch, Condition, Loss, Moment
from sparring.networks import Networks
from sparring.objectives import Phase
from sparring.objectives._penalties import squared_slopes


@dataclass(frozen=True)
class Verdicts:
    """A discriminator's logits, and the penalty on its slope.

    Attributes:
        real: logits of real samples, float32.
        fake: logits of generated samples, float32.
        generated: those samples, without gradient.
        penalty: what is added to the discriminator's loss; 0 where none is asked.
    """

    real: Float[Tensor, " b"]
    fake: Float[Tensor, " b"]
    generated: Tensor
    penalty: Float[Tensor, ""]

    def loss(self, match: Float[Tensor, ""]) -> Loss:
        """The loss of a discriminator that judges each sample on its own."""
        return Loss(match + self.penalty, absolute_scores(self) | _penalty_log(self))

    def relative_loss(self, match: Float[Tensor, ""]) -> Loss:
        """The loss of a discriminator whose logits mean something only in comparison."""
        return Loss(match + self.penalty, relative_scores(self) | _penalty_log(self))


def absolute_scores(verdicts: Verdicts) -> dict[str, Tensor]:
    """Mean probabilities of "real", and the mean sign of verdicts on real samples."""
    real, fake = verdicts.real.detach(), verdicts.fake.detach()
    return {
        "d_real": real.sigmoid().mean(),
        "d_fake": fake.sigmoid().mean(),
        "certainty": real.sign().mean(),
    }


def relative_scores(verdicts: Verdicts) -> dict[str, Tensor]:
    """The same of logit differences in pairs: how surely the real one is told from the other."""
    lead = verdicts.real.detach() - verdicts.fake.detach()
    return {
        "d_real": lead.sigmoid().mean(),
        "d_fake": (-lead).sigmoid().mean(),
        "certainty": lead.sign().mean(),
    }


def fakes_for(networks: Networks, batch: Batch, moment: Moment) -> Tensor:
    """One generated sample for each real one, under the same condition."""
    generator = networks.generator
    latents = moment.latents(len(batch), generator.latent, batch.real.device)
    return generator(latents, batch.condition)


def judge(networks: Networks, batch: Batch, moment: Moment, *, r1: float) -> Verdicts:
    """The discriminator's verdicts for its own turn, with (r1 / 2) E ||slope at real||^2.

    R1 is equation 9 of Mescheder et al. 2018, "Which training methods for GANs do actually
    converge?".
    """
    with torch.no_grad():
        fake = fakes_for(networks, batch, moment)
    if r1 == 0.0:
        real_logits, fake_logits = judge_both(networks, batch.real, fake, batch.condition, moment)
        return Verdicts(real_logits, fake_logits, fake, real_logits.new_zeros(()))
    # Apart from each other, so that the second derivative costs one batch and not two.
    real = batch.real.detach().requires_grad_()
    real_logits = judge_one(networks, real, batch.condition, moment)
    fake_logits = judge_one(networks, fake, batch.condition, moment)
    (squared,) = squared_slopes(real_logits, [real])
    return Verdicts(real_logits, fake_logits, fake, 0.5 * r1 * squared.mean())


def judge_one(
    networks: Networks, samples: Tensor, condition: Condition, moment: Moment
) -> Float[Tensor, " b"]:
    """Float32 logits of augmented samples."""
    return networks.discriminator(moment.augment(samples), condition).float()


def judge_both(
    networks: Networks, real: Tensor, fake: Tensor, condition: Condition, moment: Moment
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """Float32 logits of augmented real and generated samples from one forward pass."""
    samples = torch.cat([moment.augment(real), moment.augment(fake)])
    real_logits, fake_logits = judge_stacked(networks, samples, condition, 2)
    return real_logits, fake_logits


def judge_stacked(
    networks: Networks, samples: Tensor, condition: Condition, count: int
) -> tuple[Tensor, ...]:
    """Float32 logits of `count` batches on top of each other, all under one condition."""
    stacked = condition.map(lambda tensor: torch.cat([tensor] * count))
    return networks.discriminator(samples, stacked).float().chunk(count)


def judge_fakes(networks: Networks, batch: Batch, moment: Moment) -> Float[Tensor, " b"]:
    """The logits that a generator earns in its own turn, differentiable in its weights."""
    return judge_one(networks, fakes_for(networks, batch, moment), batch.condition, moment)


def two_turns(
    discriminator: Callable[[Tensor, Tensor], Tensor],
    generator: Callable[[Tensor], Tensor],
    r1: Schedule,
) -> Sequence[Phase]:
    """The discriminator's turn, then the generator's, each on a formula of logits alone.

    Args:
        discriminator: its loss from the logits of real and of generated samples.
        generator: its loss from the logits that its samples earn.
        r1: weight of the penalty on slopes at real samples.
    """

    def discriminator_loss(networks: Networks, batch: Batch, moment: Moment) -> Loss:
        verdicts = judge(networks, batch, moment, r1=r1.at(moment.progress))
        return verdicts.loss(discriminator(verdicts.real, verdicts.fake))

    def generator_loss(networks: Networks, batch: Batch, moment: Moment) -> Loss:
        return Loss(generator(judge_fakes(networks, batch, moment)))

    return Phase("discriminator", discriminator_loss), Phase("generator", generator_loss)


def _penalty_log(verdicts: Verdicts) -> dict[str, Tensor]:
    return {"penalty": verdicts.penalty.detach()}
