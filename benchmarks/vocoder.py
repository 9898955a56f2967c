"""What the way from mel spectrograms to sound loses, and how long it takes.

    python benchmarks/vocoder.py [--rounds 5]

The held-out spoken digits become mel spectrograms, and waves again: by the shipped vocoder, where
there is one, and by Griffin-Lim with as many iterations as it takes where there is none. Writes a
table into benchmarks/sound.md. Times are medians of rounds in which the ways take turns, in
seconds that one thread computes, so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sound_page import keep_table
from sparring.core import device
from sparring.data.spoken_digits import RATE, SpokenDigits
from sparring.modalities import _spectral, _vocoder
from sparring.modalities.audio import POLISH, ROUNDS, voiced

WINDOWS = (128, 256, 512, 1_024)  # samples; a quarter of each from frame to frame
DECIBELS = (_spectral.LOUDEST - _spectral.QUIETEST) / 2  # of a step of 1 in log-mel values
FAINT = 1e-3  # magnitude below which logarithms tell nothing; 16-bit rounding is near it
TIMED = 32  # clips in one turn

Way = Callable[[Float[Tensor, "b bins f"]], Float[Tensor, "b t"]]


def ways(bins: int) -> dict[str, Way]:
    """Every way from mel spectrograms to waves that there is."""
    frames = _spectral.Frames.at(RATE)

    def griffin_lim(mel: Tensor) -> Tensor:
        return _spectral.griffin_lim(_spectral.magnitudes_of(mel, RATE), frames, ROUNDS)

    vocoder = _vocoder.shipped(RATE, bins)
    shipped: dict[str, Way] = {}
    if vocoder is not None:
        shipped[f"shipped vocoder and {POLISH} iterations, as used"] = functools.partial(
            voiced, rate=RATE, vocoder=vocoder
        )
        shipped["shipped vocoder alone"] = vocoder
    return {**shipped, f"Griffin-Lim, {ROUNDS} iterations": griffin_lim}


def mel_error(ours: Tensor, theirs: Tensor, bins: int) -> float:
    """Mean absolute difference of log-mel spectrograms in dB."""
    pair = (_spectral.log_mel(waves, RATE, bins) for waves in (ours, theirs))
    one, other = pair
    return float((one - other).abs().mean()) * DECIBELS


def stft_distance(ours: Tensor, theirs: Tensor) -> tuple[float, float]:
    """Spectral convergence and the mean difference of log magnitudes, over several windows.

    Arık et al. 2019, "Fast spectrogram inversion using multi-head convolutional neural networks",
    at several resolutions as in Yamamoto et al. 2020, "Parallel WaveGAN".
    """
    found = []
    for window in WINDOWS:
        frames = _spectral.Frames(window // 4, window, window)
        ours_in, real = (
            _spectral.stft(_whole(waves, frames.hop), frames).abs() for waves in (ours, theirs)
        )
        convergence = (real - ours_in).norm(dim=(1, 2)) / real.norm(dim=(1, 2)).clamp_min(1e-9)
        logs = (real.clamp_min(FAINT).log() - ours_in.clamp_min(FAINT).log()).abs()
        found.append((float(convergence.mean()), float(logs.mean())))
    convergences, magnitudes = zip(*found, strict=True)
    return statistics.mean(convergences), statistics.mean(magnitudes)


def seconds(made: dict[str, Way], mel: Tensor, rounds: int) -> dict[str, float]:
    """Median seconds of one core for `TIMED` clips, in turns after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in made}
    for number in range(rounds + 1):
        for name, way in made.items():
            begun = time.process_time()
            way(mel[:TIMED])
            if number:
                found[name].append(time.process_time() - begun)
    return {name: statistics.median(times) for name, times in found.items()}


def measured(rounds: int) -> list[Sequence[str]]:
    """A row for every way."""
    dataset = SpokenDigits()
    waves = torch.from_numpy(dataset.split("test").values).float() / 32_768
    mel = _spectral.log_mel(waves, RATE, dataset.bins)
    made = ways(dataset.bins)
    times = seconds(made, mel, rounds)
    length = TIMED * waves.shape[1] / RATE
    rows = []
    for name, way in made.items():
        again = torch.cat([way(part) for part in mel.split(TIMED)])
        convergence, magnitude = stft_distance(again, waves)
        rows.append(
            [name, f"{mel_error(again, waves, dataset.bins):.2f} dB", f"{convergence:.3f}",
             f"{magnitude:.3f}", f"{length / times[name]:,.1f}"]
        )  # fmt: skip
    return rows


def _whole(waves: Tensor, hop: int) -> Tensor:
    """As many samples as make whole hops."""
    return waves[:, : waves.shape[1] // hop * hop]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5, help="turns of every way")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    head = ["way", "mel error", "spectral convergence", "log magnitude", "times real time"]
    with torch.inference_mode():
        rows = measured(asked.rounds)
    for row in (head, *rows):
        print(" | ".join(row))
    processor = device.describe()["processor"]
    keep_table("vocoder", [head, *rows], f"One thread of: {processor}; torch {torch.__version__}.")


if __name__ == "__main__":
    main()
