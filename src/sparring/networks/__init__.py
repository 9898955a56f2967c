"""The players: one family of networks in each file, generator and discriminator together.

To add a family write `networks/<name>.py` with at most one final subclass of `Generator` and of
`Discriminator`. The Spec of the data comes first; keyword-only arguments are what a recipe may
set. A family that cannot serve a Spec raises ValueError with what it can serve.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from sparring.core.spec import Condition


class Generator(nn.Module, ABC):
    """Turns latents into samples."""

    latent: int
    """Numbers in one latent; latents are standard normal."""

    is_choosy: ClassVar[bool] = False
    """Whether its discriminator is kept with it, to choose among what it makes."""

    def begin(self) -> None:
        """Take over weights that lie elsewhere, where a training begins with some; few do."""
        return

    @abstractmethod
    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """Samples in the Spec's shape, one for each latent, agreeing with `condition`."""


class Discriminator(nn.Module, ABC):
    """Judges samples."""

    draws = False
    """Whether its verdicts depend, in training, on random numbers too."""

    @abstractmethod
    def forward(self, samples: Tensor, condition: Condition) -> Float[Tensor, " b"]:
        """One logit for each sample: above 0 "real", below 0 "generated"."""


class Map(NamedTuple):
    """What one judge of a discriminator thinks at every place of its samples.

    Attributes:
        logits: above 0 "real", below 0 "generated"; one row a sample.
        features: what every layer before made of them.
    """

    logits: Float[Tensor, "b n"]
    features: Sequence[Tensor]


class MappingDiscriminator(Discriminator):
    """Judges every place of a sample by several judges, whose features may be compared too."""

    @abstractmethod
    def maps(self, samples: Tensor, condition: Condition) -> Sequence[Map]:
        """One map for each judge; `forward` gives the mean of their logits."""


class Networks(nn.ModuleDict):
    """The players of one match, by name: "generator", "discriminator", and any others."""

    generator: Generator
    """The player that makes samples."""

    discriminator: Discriminator
    """The player that judges them."""

    def __init__(self, players: Mapping[str, nn.Module]) -> None:
        super().__init__(players)
