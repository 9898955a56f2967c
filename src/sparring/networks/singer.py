"""The quick pair for short sounds: mel bands are channels, so that only time is convolved over."""

from __future__ import annotations

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
    label_layer,
    label_sets,
    rectified,
    scaled,
    with_labels,
)

HALVINGS = 3  # of the frames, down to the coarsest

Width = Annotated[int, Field(gt=0, multiple_of=2, description="channels of features")]
Depth = Annotated[int, Field(ge=1, description="residual blocks at each rate of frames")]


class SingerGenerator(Generator):
    """Sketches an eighth of the frames, and doubles them three times with refinement in between.

    A one-dimensional residual generator of mel spectrograms, in the manner of Baas and Kamper 2023,
    "GAN you hear me? Reclaiming unconditional speech synthesis from diffusion models" (ASGAN), in
    small. Residual branches end in zeros (Huang et al. 2024, appendix) and features are normalised
    over the batch, as in `painter`. Features [b width f/8] to [b width f]; mel [b bins f] in
    [-1, 1].

    Raises:
        ValueError: no mel spectrograms, or frames that are no multiple of 8.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 64,
        width: Width = 160,
        depth: Depth = 1,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        bins, frames = _mel_shape(spec)
        self.latent = latent
        self.coarse = (width, frames >> HALVINGS)
        self.code = LabelCode(label_sets(spec, conditional))
        self.embed = nn.ModuleList(
            begun(embed, spread=1.0) for embed in label_layer(self.code, latent)
        )
        entry = latent * (1 + len(self.embed))
        self.start = scaled(nn.Linear(entry, width * self.coarse[1]))
        self.levels = nn.ModuleList(
            nn.Sequential(*(_normal_residual(width) for _ in range(depth))) for _ in range(HALVINGS)
        )
        self.norm = nn.BatchNorm1d(width)
        self.end = _conv(width, bins, gain=1.0)

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b bins f"]:
        """Mel spectrograms, one for each latent."""
        entry = with_labels(latents, condition, self.code, self.embed)
        x = self.start(entry).unflatten(1, self.coarse)
        for level in self.levels:
            x = F.interpolate(level(x), scale_factor=2.0, mode="linear", align_corners=False)
        return self.end(rectified(self.norm(x))).tanh()


class SingerDiscriminator(Discriminator):
    """Halves the frames three times with refinement in between, and judges every place.

    The mirror of `SingerGenerator` without its normalisation, as a verdict on one sample must not
    depend on the others. The verdict is linear in all features of all places, and labels enter as
    a projection on them (Miyato and Koyama 2018).

    Raises:
        ValueError: no mel spectrograms, or frames that are no multiple of 8.
    """

    def __init__(
        self, spec: Spec, *, width: Width = 128, depth: Depth = 1, conditional: Heed = True
    ) -> None:
        super().__init__()
        bins, frames = _mel_shape(spec)
        self.first = _conv(bins, width, gain=1.0)
        self.shrinks = nn.ModuleList(
            _conv(width, width, gain=GAIN, stride=2) for _ in range(HALVINGS)
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*(_residual(width) for _ in range(depth))) for _ in range(HALVINGS)
        )
        places = width * (frames >> HALVINGS)
        self.head = ProjectionHead(places, label_sets(spec, conditional), spectral=False)

    def forward(
        self, samples: Float[Tensor, "b bins f"], condition: Condition
    ) -> Float[Tensor, " b"]:
        """One logit a sample."""
        x = self.first(samples)
        for shrink, level in zip(self.shrinks, self.levels, strict=True):
            x = level(shrink(rectified(x)))
        return self.head(rectified(x).flatten(1), condition)


def _residual(width: int) -> Residual:
    """The identity at the start."""
    return Residual(_conv(width, width, gain=GAIN), _conv(width, width, gain=0.0))


def _normal_residual(width: int) -> Residual:
    """The same, normalised over the batch."""
    norms = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
    return Residual(_conv(width, width, gain=GAIN), _conv(width, width, gain=0.0), norms)


def _mel_shape(spec: Spec) -> tuple[int, int]:
    """Bands and frames."""
    bins, frames = spec.shape_as("audio", "bands, frames", "singer")
    if frames % 2**HALVINGS or frames < 2**HALVINGS:
        raise ValueError(
            f"singer needs a number of frames that is a multiple of {2**HALVINGS}, not {frames}; "
            "give another data.seconds"
        )
    return bins, frames


def _conv(inputs: int, outputs: int, *, gain: float, stride: int = 1) -> nn.Conv1d:
    """A convolution over five frames that keeps their number, or halves it with stride 2."""
    return scaled(nn.Conv1d(inputs, outputs, 5, stride=stride, padding=2), gain=gain)
