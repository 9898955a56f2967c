"""The label that people hear: the rhythm "short long, short short" (GB 45438-2025, 5.3).

That is A and I in Morse code. The standard gives no pitch, level or speed; these are ours.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

UNIT = 0.12  # seconds: a short tone and a pause within a letter; long tones and the other are 3
PITCH = 700.0  # Hz
LEVEL = 10 ** (-12 / 20)  # of the peaks, of full scale
RAMP = 0.005  # seconds in which a tone comes and goes
ON = (1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)
"""Unit by unit, whether there is a tone."""
PAUSE = 3  # units of silence before it
SECONDS = (PAUSE + len(ON)) * UNIT
"""How long the label is, with its pause."""
LOUD, SILENT = 0.5, 0.15  # shares of LEVEL between which nothing is taken for a tone or a pause


def label(rate: int) -> Float[np.ndarray, " t"]:
    """The label in [-1, 1], after a pause; at very low rates in a lower pitch."""
    keyed = np.repeat([*[0.0] * PAUSE, *map(float, ON)], round(UNIT * rate))
    width = max(1, round(RAMP * rate))
    shaped = np.convolve(np.pad(keyed, width, mode="edge"), np.ones(width) / width, "same")
    shaped = shaped[width:-width]
    times = np.arange(len(keyed)) / rate
    return LEVEL * shaped * np.sin(2 * np.pi * _pitch(rate) * times)


def is_heard(wave: Float[np.ndarray, " t"], rate: int) -> bool:
    """Whether a sound in [-1, 1] ends in this label."""
    unit = round(UNIT * rate)
    end = wave[-unit * len(ON) :]
    if len(end) < unit * len(ON):
        return False
    times = np.arange(unit) / rate
    tone = np.exp(-2j * np.pi * _pitch(rate) * times)
    levels = 2 * np.abs(end.reshape(len(ON), unit) @ tone) / unit
    return bool((_loud(levels) == np.array(ON, bool)).all() and (~_between(levels)).all())


def _loud(levels: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    return levels > LOUD * LEVEL


def _between(levels: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    return (levels > SILENT * LEVEL) & (levels <= LOUD * LEVEL)


def _pitch(rate: int) -> float:
    return min(PITCH, rate / 4)
