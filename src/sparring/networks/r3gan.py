"""Modern residual pair without normalisation, made for the regularised relativistic objective."""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._layers import (
    GAIN,
    SLOPE,
    Embedding,
    Heed,
    LabelCode,
    Latent,
    Sizes,
    begun,
    image_sizes,
    label_layer,
    label_sets,
    scaled,
    with_labels,
)

Widths = Annotated[
    tuple[Annotated[int, Field(gt=0)], ...],
    Field(min_length=1, description="channels of each grid, coarse to fine; the first repeats"),
]
Blocks = Annotated[int, Field(gt=0, description="residual blocks on each grid")]
GroupSize = Annotated[int, Field(gt=0, description="channels that a 3 x 3 convolution mixes")]

EXPANSION = 2
"""A block is twice as wide inside."""


class R3GANGenerator(Generator):
    """A learned basis, weighted by the latent, refined grid by grid; no normalisation, no tanh.

    Huang et al. 2024, "The GAN is dead; long live the GAN! A modern baseline GAN", section 4 and
    appendix. `widths` are the channels of the finest grids, coarse to fine; where the image asks
    for more grids the first width is repeated below. Labels enter as an embedding beside the
    latent. A group size that is not below the inner width gives plain 3 x 3 convolutions.

    Raises:
        ValueError: not an image, a side that does not fit, or widths that do not.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 64,
        widths: Widths = (64, 64, 32),
        blocks: Blocks = 2,
        group_size: GroupSize = 16,
        embedding: Embedding = 64,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "r3gan")
        stages = _stages(widths, group_size, sizes)
        self.latent = latent
        self.code = LabelCode(label_sets(spec, conditional))
        self.embed = nn.ModuleList(map(scaled, label_layer(self.code, embedding)))
        self.basis = nn.Parameter(torch.randn(stages[0], sizes.base_height, sizes.base_width))
        entry = latent + embedding * len(self.embed)
        self.entry = scaled(nn.Linear(entry, stages[0], bias=False))
        gain = _block_gain(blocks * len(stages))
        layers: list[nn.Module] = []
        for i, width in enumerate(stages):
            if i:
                layers.append(_Finer(stages[i - 1], width))
            layers += [_Block(width, group_size, gain) for _ in range(blocks)]
        layers.append(scaled(nn.Conv2d(stages[-1], sizes.channels, 1, bias=False)))
        self.layers = nn.Sequential(*layers)

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """Images, mostly in [-1, 1]; nothing clips them."""
        entry = with_labels(latents, condition, self.code, self.embed)
        return self.layers(self.entry(entry)[:, :, None, None] * self.basis)


class R3GANDiscriminator(Discriminator):
    """The generator's mirror: grid by grid to one vector that is compared with the labels'.

    Huang et al. 2024, section 4 and appendix. A depthwise convolution over the whole coarsest grid
    makes the features; the logit is their product with the labels' embedding, or a plain linear
    verdict where there are no labels.

    Raises:
        ValueError: not an image, a side that does not fit, or widths that do not.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        widths: Widths = (64, 64, 32),
        blocks: Blocks = 2,
        group_size: GroupSize = 16,
        embedding: Embedding = 64,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        sizes = image_sizes(spec, "r3gan")
        stages = _stages(widths, group_size, sizes)[::-1]
        gain = _block_gain(blocks * len(stages))
        layers: list[nn.Module] = [scaled(nn.Conv2d(sizes.channels, stages[0], 1, bias=False))]
        for i, width in enumerate(stages):
            if i:
                layers.append(_Coarser(stages[i - 1], width))
            layers += [_Block(width, group_size, gain) for _ in range(blocks)]
        base, last = (sizes.base_height, sizes.base_width), stages[-1]
        layers.append(scaled(nn.Conv2d(last, last, base, groups=last, bias=False)))
        self.layers = nn.Sequential(*layers)
        self.code = LabelCode(label_sets(spec, conditional))
        self.embed = nn.ModuleList(
            begun(embed, spread=embedding**-0.5) for embed in label_layer(self.code, embedding)
        )
        self.head = scaled(nn.Linear(last, embedding if self.embed else 1, bias=False))

    def forward(
        self, samples: Float[Tensor, "b c h w"], condition: Condition
    ) -> Float[Tensor, " b"]:
        """One logit a sample."""
        features = self.head(self.layers(samples).flatten(1))
        for embed in self.embed:
            features = features * embed(self.code(condition, features))
        return features.sum(1)


class _Block(nn.Module):
    """x + 1x1(act(grouped 3x3(act(1x1(x))))), which starts as the identity."""

    def __init__(self, width: int, group_size: int, gain: float) -> None:
        super().__init__()
        inner = EXPANSION * width
        self.widen = scaled(nn.Conv2d(width, inner, 1), gain=gain)
        groups = max(1, inner // group_size)
        self.mix = scaled(nn.Conv2d(inner, inner, 3, padding=1, groups=groups), gain=gain)
        self.narrow = scaled(nn.Conv2d(inner, width, 1, bias=False), gain=0.0)

    def forward(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        inner = F.leaky_relu_(self.widen(grid), SLOPE)
        return grid + self.narrow(F.leaky_relu_(self.mix(inner), SLOPE))


class _Finer(nn.Module):
    """Change channels where they differ, then double the grid with the kernel [1, 3, 3, 1]."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.change = _change(before, after)

    def forward(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d H W"]:
        # Bilinear interpolation by 2 is that kernel, with edge pixels repeated outside.
        return F.interpolate(self.change(grid), scale_factor=2.0, mode="bilinear")


class _Coarser(nn.Module):
    """Halve the grid with the kernel [1, 3, 3, 1], then change channels where they differ."""

    kernel: Tensor

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        kernel = torch.outer(line, line).expand(before, 1, 4, 4).clone()
        self.register_buffer("kernel", kernel, persistent=False)
        self.change = _change(before, after)

    def forward(self, grid: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d H W"]:
        # Backwards, a processor takes many times as long for this in bfloat16 as in float32.
        with torch.autocast(grid.device.type, enabled=False):
            exact = grid.to(self.kernel.dtype)
            halved = F.conv2d(exact, self.kernel, stride=2, padding=1, groups=grid.shape[1])
        return self.change(halved.to(grid.dtype))


def _change(before: int, after: int) -> nn.Module:
    return nn.Identity() if before == after else scaled(nn.Conv2d(before, after, 1, bias=False))


def _stages(widths: tuple[int, ...], group_size: int, sizes: Sizes) -> tuple[int, ...]:
    count = sizes.doublings + 1
    if len(widths) > count:
        raise ValueError(
            f"widths = {list(widths)} are {len(widths)} grids, but this image has only {count}; "
            f"give {count} widths or fewer"
        )
    for width in widths:
        inner = EXPANSION * width
        if inner > group_size and inner % group_size:
            raise ValueError(
                f"width {width} is {inner} inside a block, no multiple of group_size = "
                f"{group_size}; choose a width that makes it one"
            )
    return (widths[0],) * (count - len(widths)) + widths


def _block_gain(count: int) -> float:
    """Keeps variance through the rectifier and through `count` blocks of three convolutions."""
    return GAIN * count**-0.25
