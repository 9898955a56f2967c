"""From mel spectrograms to sound by a small network that was trained to (see `vocoder_8k`)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core import files, weights
from sparring.core.errors import BadData
from sparring.modalities import _spectral

SHIPPED = Path(__file__).parent / "shipped"
"""One weights file for every rate and number of bands that there is a vocoder for."""
EXPANSION = 3  # of the channels between the two dense layers of a block


class Vocoder(nn.Module):
    """Refines frames by ConvNeXt blocks and reads amplitudes and phases off them.

    Siuzdak 2023, "Vocos: closing the gap between time-domain and Fourier-based neural vocoders",
    in small: everything runs at the rate of frames, and one inverse Fourier transform makes the
    wave. Amplitudes are then brought to those that the mel spectrogram asks for, band by band.
    Mel spectrograms [b bins f] in [-1, 1] to waves [b t] in [-1, 1].

    Args:
        rate: samples a second.
        bins: mel bands.
        width: channels of a frame.
        depth: blocks.
    """

    def __init__(self, rate: int, bins: int, *, width: int, depth: int) -> None:
        super().__init__()
        self.rate, self.bins = rate, bins
        self.sizes = {"width": width, "depth": depth}
        frames = _spectral.Frames.at(rate)
        # No longer than the window: what is read off a frame is what sounds in it.
        self.frames = _spectral.Frames(frames.hop, frames.window, frames.window)
        self.start = nn.Conv1d(bins, width, 7, padding=3)
        self.start_norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(_Block(width, depth) for _ in range(depth))
        self.end_norm = nn.LayerNorm(width)
        self.end = nn.Linear(width, 3 * (self.frames.size // 2 + 1))
        nn.init.trunc_normal_(self.end.weight, std=0.02)

    def forward(self, mel: Float[Tensor, "b bins f"]) -> Float[Tensor, "b t"]:
        """Waves of f hops."""
        x = self.start_norm(self.start(mel).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        amplitude, real, imaginary = self.end(self.end_norm(x)).float().transpose(1, 2).chunk(3, 1)
        # One scale for all frames keeps first weights near the level of speech.
        amplitude = amplitude.clamp_max(6.0).exp()
        angle = torch.complex(real, imaginary)
        angle = angle / angle.abs().clamp_min(1e-5)
        waves = _spectral.istft(amplitude * angle, self.frames)
        return levelled(waves, mel, self.rate)


def shipped(rate: int, bins: int) -> Vocoder | None:
    """The vocoder that comes with Sparring for such mel spectrograms; None where there is none."""
    path = SHIPPED / f"vocoder-{rate}-{bins}.safetensors"
    return read(path) if path.is_file() else None


def read(path: Path) -> Vocoder:
    """The vocoder in a weights file, checked against the card beside it.

    Raises:
        BadData: no such file or card, or the weights are not the ones that the card describes.
    """
    tensors, header = weights.read(path)
    told = str(weights.read_card(path, ["sha256"])["sha256"])
    try:
        rate, bins, width, depth = (int(header[n]) for n in ("rate", "bins", "width", "depth"))
    except (ValueError, TypeError, KeyError) as error:
        raise BadData(f"{path} does not say in its header what it is for ({error}).") from error
    found = files.sha256(path)
    if found != told:
        raise BadData(
            f"{path} is not the vocoder of its card: SHA-256 {found[:12]}..., where the card says "
            f"{told[:12]}...; install Sparring anew."
        )
    vocoder = Vocoder(rate, bins, width=width, depth=depth)
    weights.fill(vocoder, tensors, str(path))
    return vocoder.eval().requires_grad_(False)


def write(path: Path, vocoder: Vocoder, card: Mapping[str, Any]) -> None:
    """Write weights in half precision, and `card` with their SHA-256 beside them.

    Raises:
        OutOfResources: the disk is full.
    """
    header = {"rate": vocoder.rate, "bins": vocoder.bins, **vocoder.sizes}
    halves = {name: tensor.half() for name, tensor in vocoder.state_dict().items()}
    weights.write(path, halves, header)
    text = json.dumps({**card, "sha256": files.sha256(path)}, indent=1) + "\n"
    files.atomic_write(path.with_suffix(".json"), text.encode())


def levelled(
    waves: Float[Tensor, "b t"], mel: Float[Tensor, "b bins f"], rate: int
) -> Float[Tensor, "b t"]:
    """The waves with every band of every frame amplified to what the mel spectrogram asks for.

    One round of what Griffin-Lim does with magnitudes, for mel bands: phases are kept.
    """
    frames = _spectral.Frames.at(rate)
    spectra = _spectral.stft(waves, frames)
    now = _spectral.log_mel_of(spectra.abs(), rate, mel.shape[1])
    half = (_spectral.LOUDEST - _spectral.QUIETEST) / 2
    decibels = ((mel.clamp(-1, 1) - now) * half).clamp(-30, 30)
    gains = _spectral.spread(decibels * (math.log(10) / 20), rate, frames.size).exp()
    return _spectral.istft(spectra * gains, frames)


class _Block(nn.Module):
    """x + scale * dense(gelu(dense(norm(depthwise(x))))) (Liu et al. 2022, ConvNeXt)."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, EXPANSION * width)
        self.second = nn.Linear(EXPANSION * width, width)
        self.scale = nn.Parameter(torch.full((width,), 1 / depth))

    def forward(self, x: Float[Tensor, "b f c"]) -> Float[Tensor, "b f c"]:
        hidden = self.norm(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        return x + self.scale * self.second(F.gelu(self.first(hidden)))
