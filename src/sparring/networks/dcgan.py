"""Deep convolutional pair for images whose sides are multiples of 4."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._layers import (
    SLOPE,
    Embedding,
    Heed,
    LabelCode,
    Latent,
    ProjectionHead,
    image_sizes,
    label_layer,
    label_sets,
    with_labels,
)

Width = Annotated[int, Field(gt=0, description="channels beside the image; doubled inward")]
WidthMax = Annotated[int, Field(gt=0, description="most channels in any layer")]

INITIAL_SPREAD = 0.02
"""Standard deviation of all initial weights (Radford et al. 2016, section 4)."""


class DCGANGenerator(Generator):
    """Transposed convolutions, each of which doubles the grid, with batch normalisation.

    Radford et al. 2016, "Unsupervised representation learning with deep convolutional generative
    adversarial networks", figure 1. Heights and widths are multiples of 4 and at least 8; 28
    starts from a grid of 7, powers of two from 4. Labels enter as an embedding beside the latent.

    Raises:
        ValueError: not an image, or a side that does not fit.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 100,
        width: Width = 64,
        width_max: WidthMax = 512,
        embedding: Embedding = 32,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "dcgan")
        self.latent = latent
        self.code = LabelCode(label_sets(spec, conditional))
        self.embed = nn.ModuleList(label_layer(self.code, embedding))
        entry = latent + embedding * len(self.embed)
        widths = _widths(width, width_max, sizes.doublings)[::-1]
        self._base = (widths[0], sizes.base_height, sizes.base_width)
        self.entry = nn.Linear(entry, widths[0] * sizes.base_height * sizes.base_width, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
        for before, after in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(widths[-1], sizes.channels, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """Images in [-1, 1]."""
        entry = with_labels(latents, condition, self.code, self.embed)
        return self.layers(self.entry(entry).unflatten(1, self._base)).tanh()


class DCGANDiscriminator(Discriminator):
    """Strided convolutions, each of which halves the grid, without batch normalisation.

    Radford et al. 2016, section 3, less its batch normalisation: a verdict on one sample must not
    depend on the others, or gradient penalties lose their meaning (Gulrajani et al. 2017, section
    4). Labels enter by projection (Miyato and Koyama 2018).

    Raises:
        ValueError: not an image, or a side that does not fit.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 64,
        width_max: WidthMax = 512,
        spectral: Annotated[bool, Field(description="spectral normalisation")] = False,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "dcgan")
        widths = _widths(width, width_max, sizes.doublings)
        layers: list[nn.Module] = []
        for before, after in zip((sizes.channels, *widths), widths, strict=False):
            convolution = nn.Conv2d(before, after, 4, stride=2, padding=1)
            # Without normalisation the paper's 0.02 would let signals die out layer by layer.
            nn.init.kaiming_normal_(convolution.weight, SLOPE)
            nn.init.zeros_(_bias(convolution))
            if spectral:
                parametrizations.spectral_norm(convolution)
            layers += [convolution, nn.LeakyReLU(SLOPE, inplace=True)]
        self.layers = nn.Sequential(*layers)
        features = widths[-1] * sizes.base_height * sizes.base_width
        self.head = ProjectionHead(features, label_sets(spec, conditional), spectral=spectral)

    def forward(
        self, samples: Float[Tensor, "b c h w"], condition: Condition
    ) -> Float[Tensor, " b"]:
        """One logit a sample."""
        return self.head(self.layers(samples).flatten(1), condition)


def _widths(width: int, width_max: int, doublings: int) -> tuple[int, ...]:
    return tuple(min(width * 2**depth, width_max) for depth in range(doublings))


def _bias(convolution: nn.Conv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, INITIAL_SPREAD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, INITIAL_SPREAD)
