"""The classic pair for waves: long filters whose steps are four samples wide."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import torch
from jaxtyping import Float, Int
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
    ProjectionHead,
    begun,
    label_layer,
    label_sets,
    scaled,
    with_labels,
)

STRIDE = 4  # samples, of every layer
TAPS = 25  # of every filter
FEWEST = 64  # samples: three layers down to one

Width = Annotated[int, Field(gt=0, description="channels beside the wave; doubled inward")]
WidthMax = Annotated[int, Field(gt=0, description="most channels in any layer")]
Shuffle = Annotated[int, Field(ge=0, description="most samples that a layer is shifted by")]


class WaveGANGenerator(Generator):
    """Transposed convolutions, each of which makes four samples of one.

    Donahue et al. 2019, "Adversarial audio synthesis", section 3 and table 3, with labels beside
    the latent, which is normal and not uniform. Waves [b t] in [-1, 1]; 5,120 samples start from
    5, powers of four from 4.

    Raises:
        ValueError: no waves, or a number of samples that is no multiple of 64.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        latent: Latent = 100,
        width: Width = 16,
        width_max: WidthMax = 256,
        embedding: Embedding = 32,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        coarse, widths = _sizes(spec, width, width_max)
        self.latent = latent
        self.code = LabelCode(label_sets(spec, conditional))
        self.embed = nn.ModuleList(label_layer(self.code, embedding))
        self.coarse = (widths[-1], coarse)
        entry = latent + embedding * len(self.embed)
        self.entry = scaled(nn.Linear(entry, widths[-1] * coarse), gain=GAIN)
        self.layers = nn.ModuleList(_rise(a, b) for a, b in pairwise((*widths[::-1], 1)))

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b t"]:
        """Waves in [-1, 1]."""
        entry = with_labels(latents, condition, self.code, self.embed)
        x = self.entry(entry).unflatten(1, self.coarse)
        for layer in self.layers:
            x = layer(F.relu(x))
        return x.squeeze(1).tanh()


class WaveGANDiscriminator(Discriminator):
    """Strided convolutions, each of which makes one sample of four, with shuffled phases between.

    Donahue et al. 2019, "Adversarial audio synthesis", section 3 and table 4: in training every
    layer's output but the last is shifted by up to `shuffle` samples to either side, each sample's
    by its own number, so that the phase of the artefacts that transposed convolutions leave tells
    nothing. Labels enter by projection (Miyato and Koyama 2018). Takes waves [b t].

    Raises:
        ValueError: no waves, or a number of samples that is no multiple of 64.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 16,
        width_max: WidthMax = 256,
        shuffle: Shuffle = 2,
        conditional: Heed = True,
    ) -> None:
        super().__init__()
        coarse, widths = _sizes(spec, width, width_max)
        self.layers = nn.ModuleList(_fall(a, b) for a, b in pairwise((1, *widths)))
        self.shuffle = PhaseShuffle(shuffle)
        self.draws = shuffle > 0
        labels = label_sets(spec, conditional)
        self.head = ProjectionHead(widths[-1] * coarse, labels, spectral=False)

    def forward(self, samples: Float[Tensor, "b t"], condition: Condition) -> Float[Tensor, " b"]:
        """One logit a sample."""
        x = samples[:, None]
        last = len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            x = F.leaky_relu(layer(x), SLOPE)
            x = x if number == last else self.shuffle(x)
        return self.head(x.flatten(1), condition)


class PhaseShuffle(nn.Module):
    """Shifts each sample by a random number of places, with reflection at the ends.

    Donahue et al. 2019, section 3.3. The numbers are a hash of how often the module was called in
    training, which is part of its weights, and of a key from torch's own stream at the start: so a
    resumed training shifts as the first one would have, and no device waits for another. In
    evaluation nothing is shifted.

    Args:
        most: places to either side; 0 = none.
    """

    calls: Int[Tensor, ""]
    key: Int[Tensor, ""]

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.register_buffer("key", torch.randint(2**31, ()))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Float[Tensor, "b c t"]) -> Float[Tensor, "b c t"]:
        """The same shape."""
        if not self.training or not self.most:
            return x
        self.calls += 1
        last = x.shape[2] - 1
        places = torch.arange(last + 1, device=x.device) + self._shifts(len(x))[:, None]
        mirrored = last - (last - places.abs()).abs()  # a layer may be shorter than a shift
        return x.gather(2, mirrored.clamp(0, last)[:, None].expand_as(x))

    def _shifts(self, count: int) -> Int[Tensor, " b"]:
        """Numbers from -most to most (mixed as in Steele et al. 2014, "SplitMix")."""
        mixed = (self.key << 32) + (self.calls << 16)
        mixed = (mixed + torch.arange(count, device=mixed.device)) * -0x61C8864680B583EB
        for shift, factor in ((30, -0x40A7B892E31B1A47), (27, -0x6B2FB644ECCEEE15)):
            mixed = (mixed ^ (mixed >> shift)) * factor
        return (mixed >> 31) % (2 * self.most + 1) - self.most


def _sizes(spec: Spec, width: int, width_max: int) -> tuple[int, tuple[int, ...]]:
    """Samples of the coarsest layer, and the channels of every layer from the wave inward."""
    (length,) = spec.shape_as("audio", "samples", "wavegan")
    if length % FEWEST:
        raise ValueError(
            f"wavegan needs a number of samples that is a multiple of {FEWEST}, not {length}; "
            "give another data.seconds"
        )
    depth = 0
    while length % STRIDE == 0 and length >= STRIDE**2:
        length, depth = length // STRIDE, depth + 1
    return length, tuple(min(width * 2**i, width_max) for i in range(depth))


def _rise(inputs: int, outputs: int) -> nn.ConvTranspose1d:
    """Four samples of one; each of them hears a quarter of the filter."""
    layer = nn.ConvTranspose1d(
        inputs, outputs, TAPS, stride=STRIDE, padding=TAPS // 2 - 1, output_padding=1
    )
    return begun(layer, spread=(2 * STRIDE / (inputs * TAPS)) ** 0.5)


def _fall(inputs: int, outputs: int) -> nn.Conv1d:
    """One sample of four."""
    layer = nn.Conv1d(inputs, outputs, TAPS, stride=STRIDE, padding=TAPS // 2 - 1)
    return scaled(layer, gain=GAIN)
