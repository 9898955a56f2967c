"""Your own sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import scipy
import soundfile
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data._folder import Folder
from sparring.data._forms import Form, spec_of
from sparring.data._pack import Packer
from sparring.modalities import _sound

Seconds = Annotated[float, Field(ge=0.064, le=60, description="of each sample")]
Rate = Annotated[int, Field(ge=8_000, le=48_000, description="samples a second (Hz)")]
Bins = Annotated[int, Field(ge=8, le=128, description="mel bands, where the form is mel")]


class SoundFolder(Folder):
    """Any folder or zip archive of WAV, FLAC or OGG recordings, each up to ten minutes long.

    Sub-folders, where there are two or more, are the classes of the label set "class". Files are
    recognised by content. Those that cannot be used (broken, cut off, silent, shorter than 8 ms,
    with samples that are not numbers) are put aside with a reason and never end a training while
    two different recordings are left. `report` says all of this, and counts every step that was
    taken: channels folded into their mean, rates changed (polyphase filter: Crochiere and Rabiner,
    "Multirate Digital Signal Processing", 1983), constant offsets removed, quiet ends trimmed,
    loudness levelled, ends cut and padded.

    Recordings are packed once into one memory-mapped array in the cache, which is found again by
    content. About `test_share` of them, chosen by a hash of the relative path, form the test part:
    a recording stays in its part when others are added, and copies of it go along.

    Args:
        path: the folder or zip archive.
        seconds: length of each sample, brought to the nearest whole number of 8 frames of 8 ms;
            longer ones are cut with a fade-out of 20 ms, shorter ones padded with silence.
        rate: samples a second (Hz) that all are brought to.
        form: how networks see sound: as a mel spectrogram (bins, frames), as the wave, or as the
            wave to be made from its mel spectrogram ("voiced").
        bins: mel bands of a spectrogram.
        trim: whether ends that are 35 dB below the loudest 10 ms are cut off, all but 20 ms.
        level: whether all get the same loudness (-20 dB of full scale, peaks at most 0.99).
        test_share: share of the recordings in the test part; each part gets at least one.
    """

    def __init__(
        self,
        *,
        path: str,
        seconds: Seconds = 1.024,
        rate: Rate = 8_000,
        form: Form = "mel",
        bins: Bins = 64,
        trim: bool = True,
        level: bool = True,
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    ) -> None:
        super().__init__(path)
        grain = 8 * _sound.hop_of(rate)
        length = max(round(seconds * rate / grain), 1) * grain
        self.settings = _sound.Settings(rate, length, trim, level)
        self.form = form
        self.bins = bins
        self.test_share = test_share

    @property
    def spec(self) -> Spec:
        """Shape and rate of one recording and the classes; packs where that is still to do."""
        rate, length = self.settings.rate, self.settings.length
        return spec_of(self.form, length, rate, self.bins, self.labels)

    def packer(self) -> Packer:
        """Brings recordings to one rate, length and loudness."""
        return _Recordings(self.settings, self.test_share)


class _Recordings(Packer):
    one, many = "recording", "recordings"
    formats = _sound.KINDS
    version = 2
    dtype = np.int16

    def __init__(self, wanted: _sound.Settings, test_share: float) -> None:
        stated: dict[str, Any] = {
            "rate": wanted.rate,
            "samples": wanted.length,
            "trim": wanted.trim,
            "level": wanted.level,
            "test_share": test_share,
        }
        super().__init__(stated, test_share)
        self._wanted = wanted

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._wanted.length,)

    @property
    def tools(self) -> Mapping[str, str]:
        return {
            "filter": "polyphase, Kaiser window (SciPy)",
            "scipy": scipy.__version__,
            "libsndfile": soundfile.__libsndfile_version__,
        }

    def claims(self, name: str, content: bytes) -> bool:
        return _sound.claims_to_be_sound(name, content)

    def look(self, content: bytes) -> None:
        """Everything is told by decoding."""

    def pack(self, content: bytes) -> tuple[npt.NDArray[np.int16], Sequence[str]]:
        return _sound.prepared(_sound.decode(content), self._wanted)
