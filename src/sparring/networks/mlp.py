"""The dense pair that most people meet first."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._layers import SLOPE, Heed, LabelCode, Latent, label_sets

Widths = Annotated[
    tuple[Annotated[int, Field(gt=0)], ...],
    Field(min_length=1, description="units of each hidden layer, from input to output"),
]


class MLPGenerator(Generator):
    """Dense layers that grow from a latent to a flat sample in [-1, 1].

    The fully connected generator of Goodfellow et al. 2014 ("Generative adversarial networks",
    section 5) as tutorials teach it: leaky rectifiers and a final tanh. Labels enter as zeros and
    ones beside the latent (Mirza and Osindero 2014, figure 1).

    Raises:
        ValueError: the data are symbols, not continuous values.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 100,
        widths: Widths = (128, 256, 512, 1024),
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        _check(spec)
        self.latent = latent
        self.code = LabelCode(label_sets(spec, conditional))
        self.layers = _dense(latent + self.code.size, widths, math.prod(spec.shape))
        self._shape = spec.shape

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """Samples in [-1, 1] in the Spec's shape."""
        entry = torch.cat([latents, self.code(condition, latents)], dim=1)
        return self.layers(entry).tanh().unflatten(1, self._shape)


class MLPDiscriminator(Discriminator):
    """Dense layers that shrink from a flat sample to one logit.

    The mirror of the generator (Goodfellow et al. 2014, section 5; labels as in Mirza and
    Osindero 2014, figure 1).

    Raises:
        ValueError: the data are symbols, not continuous values.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        widths: Widths = (1024, 512, 256, 128),
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        _check(spec)
        self.code = LabelCode(label_sets(spec, conditional))
        self.layers = _dense(math.prod(spec.shape) + self.code.size, widths, 1)

    def forward(self, samples: Float[Tensor, "b ..."], condition: Condition) -> Float[Tensor, " b"]:
        """One logit a sample."""
        entry = torch.cat([samples.flatten(1), self.code(condition, samples)], dim=1)
        return self.layers(entry).squeeze(1)


def _check(spec: Spec) -> None:
    if spec.symbols is not None:
        raise ValueError(
            f"mlp makes continuous values, not one of {spec.symbols} symbols; choose a network "
            f"that is made for {spec.modality}"
        )


def _dense(entry: int, widths: tuple[int, ...], result: int) -> nn.Sequential:
    sizes = (entry, *widths)
    layers: list[nn.Module] = []
    for before, after in zip(sizes, widths, strict=False):
        layers += [nn.Linear(before, after), nn.LeakyReLU(SLOPE, inplace=True)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], result))
