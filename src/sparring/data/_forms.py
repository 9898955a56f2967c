"""The forms in which networks see recordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sparring.core.spec import Spec
from sparring.modalities import _sound

Form = Literal["mel", "wave", "voiced"]
"""A mel spectrogram, the wave, or the wave that is made from its mel spectrogram."""


def spec_of(
    form: Form, length: int, rate: int, bins: int, labels: Mapping[str, tuple[str, ...]]
) -> Spec:
    """The Spec of recordings of `length` samples in that form, with `bins` mel bands if any."""
    mel = (bins, length // _sound.hop_of(rate))
    shape = mel if form == "mel" else (length,)
    given = mel if form == "voiced" else ()
    return Spec("audio", shape, labels=labels, rate=rate, given=given)
