"""Verdicts with a margin: what is judged rightly by more than 1 teaches nothing more."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import relu

from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import NONE, R1
from sparring.objectives._verdicts import two_turns


class Hinge(Objective):
    """The hinge loss for the discriminator, the plain logit for the generator.

    L_D = E max(0, 1 - f(x)) + E max(0, 1 + f(G(z)))
    L_G = -E f(G(z))

    Lim and Ye 2017, "Geometric GAN", section 3; Miyato et al. 2018, "Spectral normalization for
    generative adversarial networks", equations 16 and 17. Made for discriminators with spectral
    normalisation.
    """

    def __init__(self, *, r1: R1 = NONE) -> None:
        self._r1 = r1

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return two_turns(_discriminator_loss, _generator_loss, self._r1)


def _discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    return relu(1.0 - real).mean() + relu(1.0 + fake).mean()


def _generator_loss(fake: Tensor) -> Tensor:
    return -fake.mean()
