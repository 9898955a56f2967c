"""The quick pair for small images: space is folded into channels, so that two cores suffice."""

from __future__ import annotations

import math
from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._layers import (
    GAIN,
    Heed,
    LabelCode,
    Latent,
    ProjectionHead,
    Residual,
    begun,
    image_sizes,
    label_layer,
    label_sets,
    rectified,
    scaled,
    with_labels,
)

Width = Annotated[int, Field(gt=0, multiple_of=4, description="channels at a quarter of the size")]
Depth = Annotated[int, Field(ge=0, description="residual blocks at a quarter of the size")]


class PainterGenerator(Generator):
    """Paints a quarter-size picture of features, refines it, and unfolds it twice.

    Every convolution runs at a half or a quarter of the image's size; pixels unfold from channels
    (pixel shuffle, Shi et al. 2016, "Real-time single image and video super-resolution using an
    efficient sub-pixel convolutional neural network"). Residual branches end in zeros (Huang et
    al. 2024, "The GAN is dead; long live the GAN!", appendix), but features are normalised over the
    batch (Radford et al. 2016), without which small images take twice as long to learn.
    Features go from [b width h/4 w/4] over [b width/2 h/2 w/2] to [b c h w] in [-1, 1].

    Raises:
        ValueError: not an image, or sides that are no multiples of 4.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 64,
        width: Width = 64,
        depth: Depth = 1,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        channels, height, breadth = _quarters(spec)
        self.latent = latent
        self.small = (height, breadth, width)
        self.code = LabelCode(label_sets(spec, conditional))
        # As wide as the latent beside it.
        self.embed = nn.ModuleList(
            begun(embed, spread=1.0) for embed in label_layer(self.code, latent)
        )
        entry = latent * (1 + len(self.embed))
        self.start = scaled(nn.Linear(entry, math.prod(self.small)))
        self.blocks = nn.Sequential(*(_normal_residual(width) for _ in range(depth)))
        self.small_norm = nn.BatchNorm2d(width)
        self.middle = _conv(width // 4, width // 2, gain=GAIN)
        self.middle_norm = nn.BatchNorm2d(width // 2)
        self.end = _conv(width // 2, 4 * channels, gain=1.0)

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b c h w"]:
        """Images, one for each latent."""
        entry = with_labels(latents, condition, self.code, self.embed)
        # Channels last in memory from the start: mixed layouts are copied at every step.
        small = self.blocks(self.start(entry).unflatten(1, self.small).permute(0, 3, 1, 2))
        half = self.middle(F.pixel_shuffle(rectified(self.small_norm(small)), 2))
        return F.pixel_shuffle(self.end(rectified(self.middle_norm(half))), 2).tanh()


class PainterDiscriminator(Discriminator):
    """Folds the image, looks at it at a half and a quarter of its size, and judges every place.

    The mirror of `PainterGenerator` without its normalisation, as a verdict on one sample must not
    depend on the others. The verdict is linear in all features of all places, and labels enter as
    a projection on them (Miyato and Koyama 2018, "cGANs with projection discriminator"). Features
    go from [b width/2 h/2 w/2] to [b width h/4 w/4].

    Raises:
        ValueError: not an image, or sides that are no multiples of 4.
    """

    def __init__(
        self, spec: Spec, *, width: Width = 64, depth: Depth = 1, conditional: Heed = True
    ) -> None:
        super().__init__()
        channels, height, breadth = _quarters(spec)
        self.first = _conv(4 * channels, width // 2, gain=1.0)
        self.shrink = _conv(width // 2, width, gain=GAIN, stride=2)
        self.blocks = nn.Sequential(*(_residual(width) for _ in range(depth)))
        places = width * height * breadth
        self.head = ProjectionHead(places, label_sets(spec, conditional), spectral=False)

    def forward(
        self, samples: Float[Tensor, "b c h w"], condition: Condition
    ) -> Float[Tensor, " b"]:
        """One logit a sample."""
        half = rectified(self.first(F.pixel_unshuffle(samples, 2)))
        small = rectified(self.blocks(self.shrink(half)))
        return self.head(small.permute(0, 2, 3, 1).flatten(1), condition)


def _residual(width: int) -> Residual:
    """The identity at the start."""
    return Residual(_conv(width, width, gain=GAIN), _conv(width, width, gain=0.0))


def _normal_residual(width: int) -> Residual:
    """The same, normalised over the batch."""
    norms = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
    return Residual(_conv(width, width, gain=GAIN), _conv(width, width, gain=0.0), norms)


def _quarters(spec: Spec) -> tuple[int, int, int]:
    """Channels, and a quarter of height and width."""
    channels = image_sizes(spec, "painter").channels
    return channels, spec.shape[1] // 4, spec.shape[2] // 4


def _conv(inputs: int, outputs: int, *, gain: float, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size, or halves it with stride 2."""
    return scaled(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), gain=gain)
