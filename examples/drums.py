"""A folder of drum hits made by formulas, to train on where no recordings are at hand.

python drums.py                                  ten kinds of hits, 160 of each, in the folder drums
python drums.py --count 400 --seed 7 --out kit   more of them, others, elsewhere

No two hits are alike: pitch, decay, colour and level differ. It needs numpy and soundfile.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Wave = npt.NDArray[np.float64]

RATE = 16_000  # samples a second (Hz)
LENGTH = RATE // 2  # samples of the longest hit, half a second
TIME = np.arange(LENGTH) / RATE  # seconds since the stick met the drum
SILENCE = 0.003  # of full scale, below which a hit is over
ROOM = 0.002  # of full scale, what the room hums


def fading(decay: float) -> Wave:
    """Falls to a third within `decay` seconds, from a start without a click."""
    return np.exp(-TIME / decay) * np.minimum(TIME / 0.001, 1)


def tone(pitch: float, decay: float, fall: float = 1.0) -> Wave:
    """A sine of `pitch` Hz that fades; it begins `fall` times as high, as a struck skin does."""
    pitches = pitch * (1 + (fall - 1) * np.exp(-TIME / 0.03))
    return np.sin(2 * np.pi * np.cumsum(pitches) / RATE) * fading(decay)


def noise(chance: np.random.Generator, low: float, high: float, decay: float) -> Wave:
    """Noise from `low` to `high` Hz that fades."""
    spectrum = np.fft.rfft(chance.standard_normal(LENGTH))
    pitches = np.fft.rfftfreq(LENGTH, 1 / RATE)
    spectrum[(pitches < low) | (pitches > high)] = 0
    wave = np.fft.irfft(spectrum, LENGTH)
    return wave / wave.std() / 3 * fading(decay)


def kick(chance: np.random.Generator) -> Wave:
    """A large skin that falls far in pitch."""
    return tone(chance.uniform(45, 70), chance.uniform(0.07, 0.12), chance.uniform(3, 5))


def tom(chance: np.random.Generator) -> Wave:
    """A middle-sized skin."""
    skin = tone(chance.uniform(100, 150), chance.uniform(0.06, 0.12), chance.uniform(1.2, 2))
    return skin + 0.1 * noise(chance, 200, 2_000, chance.uniform(0.01, 0.03))


def conga(chance: np.random.Generator) -> Wave:
    """A small skin, struck by hand."""
    pitch, decay = chance.uniform(220, 320), chance.uniform(0.06, 0.12)
    return tone(pitch, decay, 1.1) + 0.3 * tone(2.3 * pitch, decay / 3)


def snare(chance: np.random.Generator) -> Wave:
    """A skin and the rattle of wires beneath it."""
    rattle = noise(chance, 600, 5_000, chance.uniform(0.06, 0.1))
    return 0.7 * tone(chance.uniform(170, 210), 0.06, 1.3) + rattle


def clap(chance: np.random.Generator) -> Wave:
    """Three pairs of hands that are not quite together."""
    wave = noise(chance, 800, 2_500, chance.uniform(0.05, 0.09))
    for late in np.cumsum(chance.uniform(0.008, 0.014, 2)):
        pair = noise(chance, 800, 2_500, 0.006)
        wave += 2 * np.roll(pair, round(late * RATE))
    return wave


def rim(chance: np.random.Generator) -> Wave:
    """The stick on the edge."""
    edge, wood = chance.uniform(1_500, 1_900), chance.uniform(380, 520)
    skin = 0.6 * tone(wood, chance.uniform(0.015, 0.04))
    return tone(edge, chance.uniform(0.008, 0.03)) + skin + noise(chance, 1_000, 6_000, 0.004)


def block(chance: np.random.Generator) -> Wave:
    """Hollow wood."""
    pitch = chance.uniform(750, 1_050)
    stick = 0.3 * noise(chance, 1_000, 3_000, 0.004)
    return tone(pitch, chance.uniform(0.02, 0.06)) + 0.3 * tone(1.5 * pitch, 0.02) + stick


def cowbell(chance: np.random.Generator) -> Wave:
    """Two bright pitches of folded metal."""
    pitch, decay = chance.uniform(520, 620), chance.uniform(0.08, 0.15)
    overtones = [tone(n * ratio * pitch, decay) / n for n in (1, 3) for ratio in (1, 1.51)]
    return np.sum(overtones, axis=0)


def hat(chance: np.random.Generator) -> Wave:
    """Two small cymbals pressed together."""
    return noise(chance, 2_500, 8_000, chance.uniform(0.015, 0.03))


def cymbal(chance: np.random.Generator) -> Wave:
    """One that rings."""
    return noise(chance, 2_000, 8_000, chance.uniform(0.12, 0.25))


KINDS: tuple[Callable[[np.random.Generator], Wave], ...] = (
    kick, tom, conga, snare, clap, rim, block, cowbell, hat, cymbal,
)  # fmt: skip


def hit(kind: Callable[[np.random.Generator], Wave], chance: np.random.Generator) -> Wave:
    """One hit at its own level, without the silence at its end."""
    wave = kind(chance)
    wave *= chance.uniform(0.3, 0.9) / np.abs(wave).max()
    end = np.flatnonzero(np.abs(wave) > SILENCE)[-1] + 1
    wave = wave[:end] + ROOM * chance.standard_normal(end)
    fade = min(80, end)
    wave[-fade:] *= np.linspace(1, 0, fade)
    return wave


def make(folder: Path, count: int, seed: int) -> None:
    """Write `count` WAV files of every kind, each kind into a sub-folder of its name."""
    for number, kind in enumerate(KINDS):
        place = folder / kind.__name__
        place.mkdir(parents=True, exist_ok=True)
        chance = np.random.default_rng([seed, number])
        for index in range(count):
            soundfile.write(place / f"{index:04d}.wav", hit(kind, chance), RATE, subtype="PCM_16")
    (folder / "LICENSE").write_text("CC0 1.0\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A folder of drum hits made by formulas.")
    parser.add_argument("--count", type=int, default=160, help="hits of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("drums"))
    given = parser.parse_args()
    make(given.out, given.count, given.seed)
    print(f"{len(KINDS) * given.count:,} hits of {len(KINDS)} kinds: {given.out}")
