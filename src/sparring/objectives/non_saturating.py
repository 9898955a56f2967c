"""The match that most of the literature plays: cross-entropy with a generator that never stalls."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import softplus

from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1
from sparring.objectives._verdicts import two_turns


class NonSaturating(Objective):
    """Binary cross-entropy whose generator raises log D(G(z)).

    L_D = E softplus(-f(x)) + E softplus(f(G(z)))
    L_G = -E log D(G(z))  =  E softplus(-f(G(z)))

    Goodfellow et al. 2014, "Generative adversarial networks", section 3, with D = sigmoid(f); the
    slope of L_G is greatest where the generator loses.
    """

    def __init__(self, *, r1: R1 = NONE) -> None:
        self._r1 = r1

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return two_turns(_discriminator_loss, _generator_loss, self._r1)


def _discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def _generator_loss(fake: Tensor) -> Tensor:
    return softplus(-fake).mean()
