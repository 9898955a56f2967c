"""The pair that gives mel spectrograms a voice: waves are what it makes and judges."""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from sparring.core.spec import Condition, Spec
from sparring.modalities import _spectral
from sparring.modalities._vocoder import Vocoder
from sparring.networks import Generator, Map, MappingDiscriminator

PERIODS = (3, 7)  # samples; of the first two of Kong et al.'s that no harmonic of a fold shares
WINDOWS = (64, 128, 256)  # samples: one voice period, two frames, the window of a mel spectrogram
SLOPE = 0.1  # of the leaky rectifiers below zero (Kong et al. 2020)

Width = Annotated[int, Field(gt=0, description="channels of a frame")]
Depth = Annotated[int, Field(gt=0, description="blocks")]
Folded = Annotated[int, Field(gt=0, description="channels of the judges of periods")]
Framed = Annotated[int, Field(gt=0, description="channels of the judges of spectra")]


class VocoderGenerator(Generator):
    """The wave of a mel spectrogram that is given, from frames refined by ConvNeXt blocks.

    Siuzdak 2023, "Vocos: closing the gap between time-domain and Fourier-based neural vocoders",
    in small. One mel spectrogram has one wave here: latents change nothing, nor do labels.

    Raises:
        ValueError: no waves, or none that are made from mel spectrograms.
    """

    def __init__(self, spec: Spec, *, width: Width = 160, depth: Depth = 5) -> None:
        super().__init__()
        spec.shape_as("audio", "samples", "vocoder")
        if len(spec.given) != 2 or not spec.rate:
            raise ValueError(
                "vocoder makes waves from mel spectrograms of shape (bands, frames), not from "
                f"{spec.given or 'nothing'} for samples of shape {spec.shape}; choose "
                "data.form = 'voiced'"
            )
        self.latent = 1
        self.vocoder = Vocoder(spec.rate, spec.given[0], width=width, depth=depth)

    def forward(
        self, latents: Float[Tensor, "b latent"], condition: Condition
    ) -> Float[Tensor, "b t"]:
        """The waves of the mel spectrograms in `condition.given`.

        Raises:
            LookupError: there are none.
        """
        if condition.given is None:
            raise LookupError("the condition lacks the mel spectrograms to make waves from")
        return self.vocoder(condition.given)


class VocoderDiscriminator(MappingDiscriminator):
    """Judges waves folded at two periods and their spectra through three windows, place by place.

    Folds are those of Kong et al. 2020, "HiFi-GAN: generative adversarial networks for efficient
    and high fidelity speech synthesis", section 2.3; spectra are complex, as in Défossez et al.
    2022, "High fidelity neural audio compression", section 3.4, but with real and imaginary parts
    of all frequencies as channels, so that only time is convolved over: two-dimensional ones take
    four times as long on a CPU. Labels and what is given are not looked at. Takes waves [b t].

    Raises:
        ValueError: no waves, or shorter ones than 256 samples.
    """

    def __init__(self, spec: Spec, *, folded: Folded = 32, framed: Framed = 96) -> None:
        super().__init__()
        (length,) = spec.shape_as("audio", "samples", "vocoder")
        if length < max(WINDOWS):
            raise ValueError(
                f"vocoder judges waves of at least {max(WINDOWS)} samples, not of {length}; give "
                "another data.seconds"
            )
        self.judges = nn.ModuleList(
            [_Folded(period, folded) for period in PERIODS]
            + [_Framed(window, framed) for window in WINDOWS]
        )

    def forward(self, samples: Float[Tensor, "b t"], condition: Condition) -> Float[Tensor, " b"]:
        """One logit a sample: the mean over all places and all judges."""
        means = [each.logits.mean(1) for each in self.maps(samples, condition)]
        return torch.stack(means).mean(0)

    def maps(self, samples: Float[Tensor, "b t"], condition: Condition) -> list[Map]:
        """The verdicts of each judge at every place, and its features."""
        return [judge(samples) for judge in self.judges]


class _Folded(nn.Module):
    """Convolves over every `period`-th sample, for each offset alike."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        steps = [(1, width), (width, 2 * width), (2 * width, 2 * width)]
        self.layers = nn.ModuleList(_conv(a, b, 5, stride=3) for a, b in steps)
        self.end = _conv(2 * width, 1, 3)

    def forward(self, waves: Float[Tensor, "b t"]) -> Map:
        rest = -waves.shape[1] % self.period
        x = F.pad(waves, (0, rest)).unflatten(1, (-1, self.period)).transpose(1, 2)
        verdict = _judged(x.flatten(0, 1)[:, None], self.layers, self.end)
        return Map(verdict.logits.reshape(len(waves), -1), verdict.features)


class _Framed(nn.Module):
    """Convolves over the frames of one window, a quarter of it apart."""

    def __init__(self, window: int, width: int) -> None:
        super().__init__()
        self.frames = _spectral.Frames(window // 4, window, window)
        self.layers = nn.ModuleList(
            [
                _conv(window + 2, width, 5),
                _conv(width, width, 5, stride=2),
                _conv(width, width, 5),
            ]
        )
        self.end = _conv(width, 1, 3)

    def forward(self, waves: Float[Tensor, "b t"]) -> Map:
        spectra = _spectral.stft(waves.float(), self.frames)
        return _judged(torch.cat([spectra.real, spectra.imag], 1), self.layers, self.end)


def _judged(x: Float[Tensor, "b c t"], layers: nn.ModuleList, end: nn.Module) -> Map:
    features = []
    for layer in layers:
        x = F.leaky_relu(layer(x), SLOPE)
        features.append(x)
    return Map(end(x).flatten(1), features)


def _conv(inputs: int, outputs: int, size: int, *, stride: int = 1) -> nn.Module:
    """With lengths of weights learned apart from their directions (Salimans and Kingma 2016)."""
    layer = nn.Conv1d(inputs, outputs, size, stride=stride, padding=size // 2)
    return parametrizations.weight_norm(layer)
