"""What objectives of texts share: likelihood, damage, and the discriminator's turn by symbol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from sparring.core.errors import UserError
from sparring.core.spec import Batch, Condition, Loss, Moment
from sparring.modalities._tokens import END, PAD, UNKNOWN
from sparring.networks import Networks
from sparring.networks._language import HOLE, LanguageModel, TokenDiscriminator, places_of
from sparring.objectives import Phase

PhaseLoss = Callable[[Networks, Batch, Moment], Loss]
Gaps = Annotated[float, Field(ge=0, le=1, description="share of steps that fill gaps in texts")]
"""How often a generator sees a damaged text, which it is to make whole."""
WarmUp = Annotated[int, Field(ge=0, description="samples of likelihood alone, at the beginning")]
HeadStart = Annotated[int, Field(ge=0, description="samples of the discriminator alone, then")]
MOST_GAPS = 0.5  # share of a text's symbols that is damaged, at most


def writer(networks: Networks) -> LanguageModel:
    """The generator, as one that writes symbol after symbol.

    Raises:
        UserError: it does not, or its gradients are averaged over processes.
    """
    if not isinstance(networks.generator, LanguageModel):
        raise UserError(
            "Objectives of texts need a generator that writes symbols, such as recurrent or "
            "transformer, and a training in one process."
        )
    return networks.generator


def reader(networks: Networks) -> TokenDiscriminator:
    """The discriminator, as one that judges every place.

    Raises:
        UserError: it does not, or its gradients are averaged over processes.
    """
    if not isinstance(networks.discriminator, TokenDiscriminator):
        raise UserError(
            "Objectives of texts need a discriminator that judges every place, such as recurrent "
            "or convolutional, and a training in one process."
        )
    return networks.discriminator


def learn_to_read(networks: Networks) -> None:
    """Let the discriminator begin with what the generator has learned from likelihood."""
    reader(networks).begin_as(writer(networks))


def require_writer(networks: Networks, gaps: float) -> None:
    """A generator that writes, and that can fill gaps where a share of the steps asks for it.

    Raises:
        UserError: it is another.
    """
    model = writer(networks)
    if gaps and not model.heeds_given:
        raise UserError(
            f"objective.gaps = {gaps}: this generator sees nothing of a text behind a gap and "
            "cannot learn to fill it; choose one that does, such as transformer, or set "
            "objective.gaps to 0."
        )


def require_both(networks: Networks, gaps: float) -> None:
    """As `require_writer`, and a discriminator that judges every symbol.

    Raises:
        UserError: the players are others.
    """
    require_writer(networks, gaps)
    reader(networks)


def three_stages(
    judge: PhaseLoss, move: PhaseLoss, *, warm_up: int, head_start: int, gaps: float, every: int = 1
) -> Sequence[Phase]:
    """Likelihood alone; then the discriminator, which begins as a reader; then both.

    Args:
        judge: the discriminator's loss.
        move: the generator's loss in the match.
        warm_up: samples shown by likelihood alone.
        head_start: samples shown to the discriminator alone, after that.
        gaps: share of the steps by likelihood that fill gaps.
        every: steps of the discriminator for one of the generator.
    """

    def likely(networks: Networks, batch: Batch, moment: Moment) -> Loss:
        return likelihood_loss(networks, batch, moment, gaps)

    return (
        Phase("generator", likely, end=warm_up),
        Phase("discriminator", judge, start=warm_up, opening=learn_to_read),
        Phase("generator", move, every=every, start=warm_up + head_start),
    )


def likelihood_loss(networks: Networks, batch: Batch, moment: Moment, gaps: float) -> Loss:
    """Minus the mean log-probability (nats) of real symbols, known ones alone.

    In a share `gaps` of all steps what is to be written is given with gaps.
    """
    condition = batch.condition
    if gaps and float(moment.rng.uniform("gaps", (1,))) < gaps:
        condition = replace(condition, given=damaged(batch.real, moment))
    logits = writer(networks).logits(batch.real, condition)
    nats = symbol_losses(logits, batch.real)
    counted = (batch.real != PAD) & (batch.real != UNKNOWN)
    if condition.given is not None:
        counted = counted & (condition.given == HOLE)  # the rest can be copied
    total = (nats * counted).sum() / counted.sum().clamp_min(1)
    name = "nats" if condition.given is None else "nats_of_gaps"
    return Loss(total, {name: total.detach()})


def symbol_losses(logits: Float[Tensor, "b t v"], real: Int[Tensor, "b t"]) -> Float[Tensor, "b t"]:
    """Minus the log-probability of each symbol, in float32."""
    flat = F.cross_entropy(logits.float().flatten(0, 1), real.flatten(), reduction="none")
    return flat.view(real.shape)


def damaged(real: Int[Tensor, "b t"], moment: Moment) -> Int[Tensor, "b t"]:
    """Texts in which up to half of the symbols are holes; each text loses its own share."""
    draws = moment.rng.uniform("gaps", (len(real), real.shape[1] + 1)).to(real.device)
    lost = draws[:, 1:] < MOST_GAPS * draws[:, :1]
    lost.scatter_(1, draws[:, 1:].argmin(1, keepdim=True), True)  # one at least
    return torch.where(lost & (real != PAD) & (real != END), HOLE, real)


def written_for(networks: Networks, batch: Batch, moment: Moment) -> Int[Tensor, "b t"]:
    """One text for each real one, under the same condition; no gradient flows."""
    generator = writer(networks)
    latents = moment.latents(len(batch), generator.latent, batch.real.device)
    return generator(latents, batch.condition)


def symbol_match(networks: Networks, batch: Batch, fake: Tensor, moment: Moment) -> Loss:
    """Cross-entropy of every place of real and generated texts (ScratchGAN, section 3)."""
    both = torch.cat([moment.augment(batch.real), moment.augment(fake)])
    logits, inside = verdicts_on(networks, both, batch.condition)
    real, written = logits.chunk(2)
    of_real, of_written = inside.chunk(2)
    total = _mean(F.softplus(-real), of_real) + _mean(F.softplus(written), of_written)
    return Loss(total, symbol_scores(real, of_real, written, of_written))


def verdicts_on(
    networks: Networks, samples: Int[Tensor, "n t"], condition: Condition
) -> tuple[Float[Tensor, "n t"], Bool[Tensor, "n t"]]:
    """Float32 logits of every place, and which places belong to a text.

    `samples` are batches on top of each other, all under one condition.
    """
    stacked = condition.map(lambda each: torch.cat([each] * (len(samples) // len(each))))
    return reader(networks).verdicts(samples, stacked).float(), places_of(samples)


def symbol_scores(
    real: Tensor, of_real: Tensor, fake: Tensor, of_fake: Tensor
) -> dict[str, Tensor]:
    """Mean probabilities of "real", and the mean sign of verdicts on real symbols."""
    real, fake = real.detach(), fake.detach()
    return {
        "d_real": _mean(real.sigmoid(), of_real),
        "d_fake": _mean(fake.sigmoid(), of_fake),
        "certainty": _mean(real.sign(), of_real),
    }


def _mean(values: Float[Tensor, "b t"], inside: Bool[Tensor, "b t"]) -> Float[Tensor, ""]:
    return (values * inside).sum() / inside.sum().clamp_min(1)
