"""Residual pair with spectral normalisation for images whose sides are multiples of 4."""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._layers import (
    Heed,
    LabelCode,
    Latent,
    ProjectionHead,
    image_sizes,
    label_layer,
    label_sets,
)

Width = Annotated[int, Field(gt=0, description="channels of every layer")]


class ResNetGenerator(Generator):
    """Residual blocks that double the grid, with batch normalisation led by the labels.

    Miyato et al. 2018, "Spectral normalization for generative adversarial networks", appendix B.4
    table 4a; labels choose gain and bias of each normalisation (Dumoulin et al. 2017, "A learned
    representation for artistic style", equation 5).

    Raises:
        ValueError: not an image, or a side that does not fit.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 128,
        width: Width = 64,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "resnet")
        self.latent = latent
        self.code = LabelCode(label_sets(spec, conditional))
        self._base = (width, sizes.base_height, sizes.base_width)
        self.entry = nn.Linear(latent, width * sizes.base_height * sizes.base_width)
        self.blocks = nn.ModuleList(_Up(width, self.code) for _ in range(sizes.doublings))
        self.norm = nn.BatchNorm2d(width)
        self.exit = nn.Conv2d(width, sizes.channels, 3, padding=1)
        self.apply(_initialise)

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """Images in [-1, 1]."""
        code = self.code(condition, latents)
        grid = self.entry(latents).unflatten(1, self._base)
        for block in self.blocks:
            grid = block(grid, code)
        return self.exit(self.norm(grid).relu_()).tanh()


class ResNetDiscriminator(Discriminator):
    """Residual blocks that halve the grid, every weight divided by its largest singular value.

    Miyato et al. 2018, equation 8 and appendix B.4 table 4b, without any batch statistics; labels
    enter by projection (Miyato and Koyama 2018, figure 1d).

    Raises:
        ValueError: not an image, or a side that does not fit.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 64,
        level: Annotated[int, Field(ge=0, description="blocks on the coarsest grid")] = 1,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "resnet")
        entries = (sizes.channels, *(width for _ in range(sizes.doublings - 1)))
        blocks = [_Down(before, width, first=i == 0) for i, before in enumerate(entries)]
        self.blocks = nn.Sequential(*blocks, *(_Level(width) for _ in range(level)))
        self.apply(_initialise)
        self.apply(_normalise)
        self.head = ProjectionHead(width, label_sets(spec, conditional), spectral=True)

    def forward(
        self, samples: Float[Tensor, "b c h w"], condition: Condition
    ) -> Float[Tensor, " b"]:
        """One logit a sample."""
        return self.head(self.blocks(samples).relu().sum((2, 3)), condition)


class _LabelNorm(nn.Module):
    """Batch normalisation whose gain and bias depend on the labels."""

    def __init__(self, width: int, code: LabelCode) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width)
        self.lead = nn.ModuleList(label_layer(code, 2 * width))

    def forward(
        self, grid: Float[Tensor, "b c h w"], code: Float[Tensor, "b n"]
    ) -> Float[Tensor, "b c h w"]:
        grid = self.norm(grid)
        for lead in self.lead:
            gain, bias = lead(code)[:, :, None, None].chunk(2, dim=1)
            grid = torch.addcmul(grid + bias, grid, gain)
        return grid


class _Up(nn.Module):
    def __init__(self, width: int, code: LabelCode) -> None:
        super().__init__()
        self.norm1, self.norm2 = _LabelNorm(width, code), _LabelNorm(width, code)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(
        self, grid: Float[Tensor, "b c h w"], code: Float[Tensor, "b n"]
    ) -> Float[Tensor, "b c H W"]:
        inner = self.conv1(_doubled(self.norm1(grid, code).relu_()))
        inner = self.conv2(self.norm2(inner, code).relu_())
        # A 1 x 1 convolution and copying pixels commute; this order costs a quarter.
        return inner + _doubled(self.shortcut(grid))


class _Down(nn.Module):
    def __init__(self, before: int, width: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.conv1 = nn.Conv2d(before, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Conv2d(before, width, 1)

    def forward(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d H W"]:
        # The first block sees pixels, where a rectifier would throw away their dark half.
        inner = self.conv1(grid if self.first else grid.relu())
        inner = F.avg_pool2d(self.conv2(inner.relu_()), 2)
        return inner + self.shortcut(F.avg_pool2d(grid, 2))


class _Level(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return grid + self.conv2(self.conv1(grid.relu()).relu_())


def _doubled(grid: Tensor) -> Tensor:
    return F.interpolate(grid, scale_factor=2.0, mode="nearest")


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, _LabelNorm):
        for lead in module.lead.children():
            assert isinstance(lead, nn.Linear)
            # All classes start alike and grow apart.
            nn.init.zeros_(lead.weight)


def _normalise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        parametrizations.spectral_norm(module)
