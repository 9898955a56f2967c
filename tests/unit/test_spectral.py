"""Spectra against scipy, and every transform against its inverse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import signal

from sparring.modalities import _spectral
from sparring.modalities._spectral import Frames


def tone(hertz: float, *, rate: int = 8_000, length: int = 4_096) -> torch.Tensor:
    return 0.5 * torch.sin(2 * torch.pi * hertz * torch.arange(length) / rate)[None]


def test_frames_are_those_of_scipy() -> None:
    wave, frames = torch.randn(4_096, generator=torch.Generator().manual_seed(0)), Frames.at(8_000)
    margin = (frames.window - frames.hop) // 2
    _, _, theirs = signal.stft(
        np.pad(wave.numpy(), margin), nperseg=frames.window, noverlap=frames.window - frames.hop,
        nfft=frames.size, window="hann", boundary=None, padded=False, scaling="spectrum",
    )  # fmt: skip
    ours = _spectral.stft(wave[None], frames)[0].numpy()
    assert ours.shape == theirs.shape == (257, 64)
    scale = signal.get_window("hann", frames.window).sum()  # "spectrum" divides by it
    np.testing.assert_allclose(ours, theirs * scale, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(some.integers(4_000, 48_000), some.integers(1, 20), some.integers(0, 2**31))
def test_the_inverse_gives_the_wave_back(rate: int, frames: int, seed: int) -> None:
    cut = Frames.at(rate)
    wave = torch.randn(2, frames * cut.hop, generator=torch.Generator().manual_seed(seed))
    again = _spectral.istft(_spectral.stft(wave, cut), cut)
    torch.testing.assert_close(again, wave, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("hertz", [200.0, 1_000.0, 3_000.0])
def test_a_tone_sounds_in_its_band(hertz: float) -> None:
    mel = _spectral.log_mel(tone(hertz), 8_000, 64)[0, :, 10:-10].mean(1)
    top = _spectral.SLANT * np.log10(1 + 4_000 / _spectral.KNEE)
    expected = _spectral.SLANT * np.log10(1 + hertz / _spectral.KNEE) / top * 65 - 1
    assert abs(int(mel.argmax()) - expected) <= 1


def test_ten_decibels_are_a_fifth_of_the_scale() -> None:
    loud, quiet = (_spectral.log_mel(tone(1_000) * g, 8_000, 64) for g in (1.0, 10**-0.5))
    assert float(loud.max() - quiet.max()) == pytest.approx(0.2, abs=1e-3)
    assert _spectral.log_mel(torch.zeros(1, 640), 8_000, 64).eq(-1).all()


def test_every_band_hears_something() -> None:
    for rate, bins in ((8_000, 64), (8_000, 128), (16_000, 80), (48_000, 128)):
        filters = _spectral.mel_filters(rate, bins, Frames.at(rate).size)
        assert (filters.sum(1) > 0).all()
        assert filters.max() <= 1


def test_griffin_lim_finds_a_wave_with_the_spectrogram() -> None:
    mel = _spectral.log_mel(tone(440) + tone(1_500) * 0.3, 8_000, 64)
    magnitudes = _spectral.magnitudes_of(mel, 8_000)
    few, many = (
        (_spectral.log_mel(_spectral.griffin_lim(magnitudes, Frames.at(8_000), n), 8_000, 64) - mel)
        .abs()
        .mean()
        for n in (1, 40)
    )
    assert many < few
    assert many < 0.05


def test_griffin_lim_begins_with_the_phases_of_a_wave() -> None:
    real = tone(440) + tone(1_500) * 0.3
    frames = Frames.at(8_000)
    magnitudes = _spectral.stft(real, frames).abs()
    whole = _spectral.griffin_lim(magnitudes, frames, 3, start=0.5 * real)
    torch.testing.assert_close(whole, real, rtol=0, atol=1e-3)
    assert (_spectral.griffin_lim(magnitudes, frames, 3) - real).abs().mean() > 0.01


def test_gradients_reach_the_wave_through_the_spectrogram() -> None:
    wave = tone(700).requires_grad_()
    _spectral.log_mel(wave, 8_000, 32).sum().backward()
    assert wave.grad is not None
    assert wave.grad.isfinite().all()
    assert wave.grad.any()


def test_what_was_first_asked_for_without_gradients_serves_them_later() -> None:
    with torch.inference_mode():
        _spectral.log_mel(torch.zeros(1, 880), 11_000, 24)
    wave = torch.randn(1, 880, requires_grad=True)
    _spectral.log_mel(wave, 11_000, 24).sum().backward()
    assert wave.grad is not None
