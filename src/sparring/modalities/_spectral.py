"""Sound as spectra and back: short-time Fourier transforms, mel spectrograms, Griffin-Lim.

Everything is torch code that gradients pass through. Waves are floats in [-1, 1]; a frame stands
in the middle of its hop, so that `t` samples give exactly `t / hop` frames.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional as F

from sparring.modalities._sound import hop_of

QUIETEST, LOUDEST = -60.0, 40.0  # dB of a mel band's magnitude that become -1 and 1
SLANT = 2595.0  # of the mel scale: mel = 2595 log10(1 + f / 700) (O'Shaughnessy 1987)
KNEE = 700.0  # Hz


@dataclass(frozen=True)
class Frames:
    """How sound is cut into frames.

    Attributes:
        hop: samples from one frame to the next.
        window: samples under the Hann window of one frame; a multiple of 2 hops.
        size: points of the Fourier transform, at least `window`; the rest is silence.
    """

    hop: int
    window: int
    size: int

    @staticmethod
    def at(rate: int) -> Frames:
        """8 ms from frame to frame, of 32 ms each, at any rate in Hz."""
        hop = hop_of(rate)
        return Frames(hop, 4 * hop, 8 * hop)


def stft(waves: Float[Tensor, "b t"], frames: Frames) -> Complex[Tensor, "b n f"]:
    """The Fourier transform of every frame: n = size / 2 + 1 frequencies, f = t / hop frames.

    Allen and Rabiner 1977, "A unified approach to short-time Fourier analysis and synthesis".
    """
    around = frames.window - frames.hop
    padded = F.pad(waves, (around // 2, around - around // 2))
    pieces = padded.unfold(1, frames.window, frames.hop) * _hann(frames.window).to(waves)
    return torch.fft.rfft(pieces, frames.size).transpose(1, 2)


def istft(spectra: Complex[Tensor, "b n f"], frames: Frames) -> Float[Tensor, "b t"]:
    """The waves whose frames are nearest to `spectra` (Griffin and Lim 1984, equation 6).

    The exact inverse of `stft` for spectra that come from waves.
    """
    hann = _hann(frames.window).to(spectra.real)
    pieces = torch.fft.irfft(spectra.transpose(1, 2), frames.size)[..., : frames.window] * hann
    summed = _overlapped(pieces, frames.hop) / _weights(pieces.shape[1], frames).to(hann)
    margin = (frames.window - frames.hop) // 2
    return summed[:, margin : margin + pieces.shape[1] * frames.hop]


def mel_filters(rate: int, bins: int, size: int) -> Float[Tensor, "bins n"]:
    """Triangles that are even on the mel scale from 0 Hz to half the rate, of height 1 at most.

    Davis and Mermelstein 1980; sides are no steeper than one frequency of the transform.
    """
    top = SLANT * math.log10(1 + rate / 2 / KNEE)
    mels = torch.linspace(0, top, bins + 2, dtype=torch.float64)
    edges = KNEE * (10 ** (mels / SLANT) - 1)
    frequencies = torch.linspace(0, rate / 2, size // 2 + 1, dtype=torch.float64)
    low, middle, high = (edges[i : bins + i, None] for i in range(3))
    step = rate / size
    up = (frequencies - low) / (middle - low).clamp_min(step)
    down = (high - frequencies) / (high - middle).clamp_min(step)
    return torch.minimum(up, down).clamp_min(0).float()


def log_mel(waves: Float[Tensor, "b t"], rate: int, bins: int) -> Float[Tensor, "b bins f"]:
    """Mel spectrograms on a decibel scale, -60 to 40 dB of magnitude brought to [-1, 1].

    A wave with the level of speech (an RMS of -20 dB of full scale) reaches up to about 30 dB.
    """
    return log_mel_of(stft(waves, Frames.at(rate)).abs(), rate, bins)


def log_mel_of(
    magnitudes: Float[Tensor, "b n f"], rate: int, bins: int
) -> Float[Tensor, "b bins f"]:
    """The same from the magnitudes of the transforms that `Frames.at(rate)` cuts."""
    decibels = 20 * bands(magnitudes, rate, bins).clamp_min(10 ** (QUIETEST / 20)).log10()
    return ((decibels - QUIETEST) * (2 / (LOUDEST - QUIETEST)) - 1).clamp_max(1)


def bands(magnitudes: Float[Tensor, "b n f"], rate: int, bins: int) -> Float[Tensor, "b bins f"]:
    """The magnitudes of mel bands, from those of all frequencies of a transform."""
    size = 2 * (magnitudes.shape[1] - 1)
    return _filters(rate, bins, size).to(magnitudes) @ magnitudes


def spread(values: Float[Tensor, "b bins f"], rate: int, size: int) -> Float[Tensor, "b n f"]:
    """Values of bands at all frequencies, each the mean of the bands that it lies in."""
    filters = _filters(rate, values.shape[1], size).to(values)
    # Outside of all bands there is nothing to be told.
    return (filters / filters.sum(0, keepdim=True).clamp_min(1e-3)).T @ values


def magnitudes_of(mel: Float[Tensor, "b bins f"], rate: int) -> Float[Tensor, "b n f"]:
    """The magnitudes at all frequencies that a mel spectrogram stands for, by least squares."""
    frames = Frames.at(rate)
    bins = mel.shape[1]
    decibels = (mel.clamp(-1, 1) + 1) * ((LOUDEST - QUIETEST) / 2) + QUIETEST
    linear = 10 ** (decibels / 20) * (decibels > QUIETEST)
    return (_inverse(rate, bins, frames.size).to(mel) @ linear).clamp_min(0)


def griffin_lim(
    magnitudes: Float[Tensor, "b n f"],
    frames: Frames,
    rounds: int,
    start: Float[Tensor, "b t"] | None = None,
) -> Float[Tensor, "b t"]:
    """Waves with these magnitudes, by finding phases that fit each other.

    Griffin and Lim 1984, "Signal estimation from modified short-time Fourier transform", with the
    momentum of Perraudin et al. 2013 ("A fast Griffin-Lim algorithm", 0.99). Phases begin as those
    of `start`, or at 0, so that the same magnitudes always give the same waves.
    """
    angles = torch.ones_like(magnitudes, dtype=torch.complex64)
    if start is not None:
        angles = _turned(stft(start, frames))
    before = torch.zeros_like(angles)
    for _ in range(rounds):
        now = stft(istft(magnitudes * angles, frames), frames)
        angles = _turned(torch.sub(now, before, alpha=0.99 / 1.99))
        before = now
    return istft(magnitudes * angles, frames)


def _turned(spectra: Complex[Tensor, "b n f"]) -> Complex[Tensor, "b n f"]:
    """The phases alone, numbers of length 1: `sgn`, which takes twice as long as this."""
    real, imaginary = spectra.real, spectra.imag
    return spectra * torch.addcmul(real * real, imaginary, imaginary).clamp_min(1e-30).rsqrt()


def _overlapped(pieces: Float[Tensor, "b f w"], hop: int) -> Float[Tensor, "b t"]:
    """Frames laid over each other, `hop` apart; a window is a whole number of hops."""
    parts = pieces.unflatten(2, (-1, hop)).unbind(2)
    count = pieces.shape[1]
    summed = pieces.new_zeros(pieces.shape[0], count + len(parts) - 1, hop)
    for late, part in enumerate(parts):
        summed[:, late : late + count] += part
    return summed.flatten(1)


@functools.lru_cache(maxsize=64)
@torch.inference_mode(False)
def _weights(count: int, frames: Frames) -> Float[Tensor, "1 t"]:
    """How much of the window's energy lies on every sample of `count` overlapping frames."""
    squares = _hann(frames.window).square().expand(1, count, -1)
    return _overlapped(squares, frames.hop).clamp_min(1e-8)


@functools.cache
@torch.inference_mode(False)  # what is kept must serve gradients, whoever asks for it first
def _hann(window: int) -> Float[Tensor, " w"]:
    return torch.hann_window(window)


@functools.cache
@torch.inference_mode(False)
def _filters(rate: int, bins: int, size: int) -> Float[Tensor, "bins n"]:
    return mel_filters(rate, bins, size)


@functools.cache
@torch.inference_mode(False)
def _inverse(rate: int, bins: int, size: int) -> Float[Tensor, "n bins"]:
    return torch.linalg.pinv(mel_filters(rate, bins, size).double()).float()
