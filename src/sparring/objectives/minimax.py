"""The first match: the generator descends the discriminator's own loss, negated."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import softplus

from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1
from sparring.objectives._verdicts import two_turns


class Minimax(Objective):
    """Binary cross-entropy in its minimax form, whose generator stalls when it loses clearly.

    L_D = -E log D(x) - E log(1 - D(G(z)))  =  E softplus(-f(x)) + E softplus(f(G(z)))
    L_G =  E log(1 - D(G(z)))               = -E softplus(f(G(z)))

    Goodfellow et al. 2014, "Generative adversarial networks", equation 1, with D = sigmoid(f).
    Where D(G(z)) is near 0 the slope of L_G is near 0 as well: `non_saturating` mends that.
    """

    def __init__(self, *, r1: R1 = NONE) -> None:
        self._r1 = r1

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return two_turns(_discriminator_loss, _generator_loss, self._r1)


def _discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def _generator_loss(fake: Tensor) -> Tensor:
    return -softplus(fake).mean()
