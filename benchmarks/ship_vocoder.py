"""Puts a run's vocoder among what comes with Sparring: `python benchmarks/ship_vocoder.py RUN`.

Stores the averaged generator of the run in half precision with a card beside it, and measures it
on the held-out recordings: how far its waves are from the mel spectrograms asked for and from the
real spectra, and how fast it is on one thread: with the rounds of Griffin-Lim that follow it,
alone, and beside Griffin-Lim alone. Refuses where half precision
makes a difference of a hundredth.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import sparring
from sparring.core import components
from sparring.data import Dataset
from sparring.modalities import _vocoder
from sparring.modalities.audio import Audio, voiced
from sparring.networks.vocoder import VocoderGenerator
from vocoder import mel_error, stft_distance

DIGITS = 3
LICENCE = "Apache-2.0; learned from data under: "


def measured(
    voice: Callable[[Tensor], Tensor], mel: Tensor, waves: Tensor, rate: int
) -> dict[str, float]:
    """Distances of what `voice` makes of `mel`, and its pace in seconds of sound a second."""
    voice(mel[:32])
    started = time.process_time()
    made = torch.cat([voice(part) for part in mel.split(32)])
    seconds = time.process_time() - started
    return {
        "mel_decibels": round(mel_error(made, waves, mel.shape[1]), DIGITS),
        "spectral_distance": round(sum(stft_distance(made, waves)), DIGITS),
        "times_real_time": round(waves.numel() / rate / seconds, 1),
    }


def main() -> None:
    """Halve, measure, refuse or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = sparring.Run(parser.parse_args().run)
    sampler = run.sampler()
    if not isinstance(sampler.generator, VocoderGenerator):
        sys.exit(f"{run.folder} is no training of a vocoder.")
    torch.set_num_threads(1)
    vocoder, audio = sampler.generator.vocoder, Audio(sampler.spec)
    dataset: Dataset = components.build(components.DATASET, run.recipe.data, where="data")
    waves = audio.to_samples(torch.from_numpy(dataset.split("test").values[:]))
    mel = audio.given(waves)
    name = f"vocoder-{vocoder.rate}-{vocoder.bins}.safetensors"
    card = {
        "architecture": f"Vocos in small {vocoder.sizes}",
        "data": run.recipe.data["name"],
        "data_sha256": run.manifest["data"]["sha256"],
        "recipe": run.recipe.name,
        "recipe_sha256": run.recipe.hash,
        "samples": sampler.facts["samples"],
        "minutes": round(run.manifest["seconds"] / 60, 1),
        "device": f"{run.manifest['device']}, {run.manifest['threads']} thread(s)",
        "licence": LICENCE + dataset.licence,
        "origin": f"trained by Sparring on the training part of: {dataset.source}",
    }
    with torch.inference_mode(), tempfile.TemporaryDirectory() as place:
        _vocoder.write(Path(place, name), vocoder, card)
        voices = (vocoder, _vocoder.read(Path(place, name)), None)
        whole, half, plain = (
            measured(lambda part, v=voice: voiced(part, audio.rate, v), mel, waves, audio.rate)
            for voice in voices
        )
        alone = measured(voices[1], mel, waves, audio.rate)
    print(whole, half, alone, plain, sep="\n", file=sys.stderr)
    distances = [key for key in whole if key != "times_real_time"]
    if any(abs(half[key] - whole[key]) > 0.01 * whole[key] for key in distances):
        sys.exit("Half precision makes a difference; nothing was done.")
    card |= {"test_samples": len(waves), "measured": half, "alone": alone, "griffin_lim": plain}
    _vocoder.write(_vocoder.SHIPPED / name, vocoder, card)
    print(_vocoder.SHIPPED / name)


if __name__ == "__main__":
    main()
