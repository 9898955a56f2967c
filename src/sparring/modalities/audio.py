"""Short sounds: 16-bit waves in files and memory, waves or mel spectrograms for networks."""

from __future__ import annotations

import functools
import io
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import soundfile
import torch
from jaxtyping import Float, Int16
from PIL import Image as Pictures
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.interrupts import held
from sparring.core.spec import Spec
from sparring.modalities import (
    PAGE,
    Elsewhere,
    Modality,
    _page,
    _rhythm,
    _sheet,
    _sound,
    _spectral,
    _visible,
    _vocoder,
)

PICTURED = 128  # bands of the mel spectrograms in a preview, twice as many as networks see
CURVE = 40  # pixels of the height of a wave in a preview
CODINGS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS")}
PAUSE = 0.12  # seconds between the sounds of a row
ROUNDS = 60  # of Griffin-Lim, where there is no vocoder for a rate
PLAYED = 200  # sounds on one page
VOICED = 16  # sounds that are given a voice at once: their spectra fit into a processor's cache
POLISH = 8  # of them, where it begins with the phases that a vocoder found


class Audio(Modality):
    """Sounds of one length; WAV, FLAC or Ogg Vorbis files of one channel.

    Raw sounds are int16 waves of shape [b t]. Networks see what the Spec's shape says: (t,) are the
    waves as floats in [-1, 1], (bins, frames) are mel spectrograms of them on a decibel scale, of
    which `_vocoder` makes waves again (or Griffin and Lim 1984 at rates that it was not trained
    for), with t = frames * rate / 125. What waves may be made from are their mel spectrograms.

    Raises:
        ValueError: the Spec's shape is neither (t,) nor (bins, frames), it has no rate, or what
            is given is no mel spectrogram of the waves.
    """

    suffix = ".wav"
    media_type = "audio/wav"
    forms: ClassVar[Mapping[str, str]] = {
        "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"
    }  # fmt: skip
    looks = ("temporal", "spectral")
    pupil: ClassVar[Mapping[str, Any]] = {"name": "temporal", "channels": 64}
    changes: ClassVar[Mapping[str, Any]] = {"name": "acoustic"}
    views: ClassVar[Mapping[str, Any]] = {
        "name": "acoustic", "shift": 0.15, "gain": 6.0, "gap": 0.3, "band": 0.3, "noise": 0.1
    }  # fmt: skip

    def __init__(self, spec: Spec) -> None:
        if len(spec.shape) not in (1, 2) or min(spec.shape) < 1 or not spec.rate:
            raise ValueError(
                "sounds have a shape (t,) or (bins, frames) and a rate, not "
                f"{spec.shape} at {spec.rate}"
            )
        super().__init__(spec)
        self.rate = spec.rate
        hop = _spectral.Frames.at(spec.rate).hop
        self.length = spec.shape[-1] * (hop if self._is_mel else 1)
        if spec.given and spec.rate % 125:
            raise ValueError(
                f"waves can be made from mel spectrograms at rates that are multiples of 125 Hz, "
                f"not at {spec.rate}"
            )
        if spec.given and (self._is_mel or spec.given[1:] != (self.length // hop,)):
            raise ValueError(
                f"sounds of shape {spec.shape} can be made from mel spectrograms of shape "
                f"(bins, {self.length // hop}) where they are waves, not from {spec.given}"
            )

    @property
    def _is_mel(self) -> bool:
        return len(self.spec.shape) == 2

    @property
    def most_in_a_row(self) -> int:
        """As many as last ten minutes with their pauses, which is as long as `read` allows."""
        return int(_sound.MAX_SECONDS / (self.length / self.rate + PAUSE))

    def to_samples(self, raw: Int16[Tensor, "b t"]) -> Float[Tensor, "b ..."]:
        """Waves, or mel spectrograms of them, in [-1, 1]."""
        waves = raw.float().div_(32768)
        return _spectral.log_mel(waves, self.rate, self.spec.shape[0]) if self._is_mel else waves

    def given(self, samples: Float[Tensor, "b t"]) -> Float[Tensor, "b bins f"]:
        """Mel spectrograms of waves."""
        return _spectral.log_mel(samples, self.rate, self.spec.given[0])

    def to_raw(self, samples: Float[Tensor, "b ..."]) -> Int16[Tensor, "b t"]:
        """Waves, clipped and rounded; what is not a number becomes 0."""
        waves = samples.detach().float()
        if self._is_mel:
            waves = self._voiced(waves)
        scaled = waves.mul(32768).round_().clamp_(-32768, 32767)
        return scaled.nan_to_num_(0).to(torch.int16)

    def elsewhere(self) -> Elsewhere:
        """Waves and a WAV of them one after the other, or mel spectrograms and a picture."""
        if not self._is_mel:
            return Elsewhere(
                f"Waves of {self.length:,} samples at {self.rate:,} Hz; 1 is full scale.",
                ("import soundfile",),
                (
                    f'with soundfile.SoundFile("samples.wav", "w", {self.rate}, 1) as file:',
                    '    file.comment = "AI-generated"',
                    "    file.write(samples.reshape(-1))",
                ),
            )
        bins, frames = self.spec.shape
        return _sheet.elsewhere(
            f"Mel spectrograms and no waves: {bins} bands, even on the mel scale from 0 to "
            f"{self.rate // 2:,} Hz, by {frames} frames of 8 ms, each under a Hann window of 32 "
            f"ms; -1 is {_spectral.QUIETEST:.0f} dB and 1 is {_spectral.LOUDEST:.0f} dB of a "
            "band's magnitude. Sparring's own vocoder, which makes waves of them, is not in here.",
            "[:, ::-1]",
            "np.hstack(pixels)",
        )

    def read(self, path: Path) -> Int16[Tensor, " t"]:
        """One sound from WAV, FLAC or OGG, brought to the Spec's rate, length and level.

        Raises:
            BadData: no such file, no sound, or a silent one.
        """
        sound = self._opened(path)
        try:
            wave, _ = _sound.prepared(sound, _sound.Settings(self.rate, self.length, True, True))
        except _sound.Unreadable as error:
            raise BadData(f"{path} cannot be used: {error}.") from error
        return torch.from_numpy(wave)

    def claims(self, path: Path) -> bool:
        """WAV, FLAC or OGG.

        Raises:
            BadData: it cannot be opened.
        """
        try:
            with path.open("rb") as file:
                return _sound.claims_to_be_sound(path.name, file.read(_sound.HEAD))
        except OSError as error:
            raise BadData(f"{path} cannot be read: {error.strerror}.") from error

    def read_as_is(self, path: Path) -> Int16[Tensor, " t"]:
        """The sound as it lies in the file, with silence after it where it is shorter.

        Raises:
            BadData: no such file or sound, or of another rate, longer, or of several channels.
        """
        sound = self._opened(path)
        if sound.rate != self.rate:
            raise BadData(f"{path} has {sound.rate:,} Hz; the data have {self.rate:,} Hz.")
        if sound.channels > 1:
            raise BadData(f"{path} has {sound.channels} channels; the data have 1.")
        if len(sound.wave) > self.length:
            raise BadData(
                f"{path} lasts {sound.seconds:.3f} s; the data last {self.length / self.rate:g} s."
            )
        wave = np.pad(sound.wave * 32768, (0, self.length - len(sound.wave)))
        return torch.from_numpy(wave.round().clip(-32768, 32767).astype(np.int16))

    def _opened(self, path: Path) -> _sound.Sound:
        try:
            return _sound.read(path)
        except (OSError, _sound.Unreadable) as error:
            raise BadData(f"{path} cannot be read: {error}.") from error

    def encode(self, sample: Float[Tensor, ...], *, form: str = "", visible: bool = False) -> bytes:
        """A WAV or FLAC of 16 bits, or an Ogg Vorbis, which loses a little.

        Args:
            sample: a wave, or a mel spectrogram of any number of frames.
            form: "wav", "flac" or "ogg".
            visible: whether a rhythm follows that says that it is AI-generated.

        Raises:
            UserError: there is no such form.
        """
        return self._file(self.to_raw(sample[None])[0].numpy(), form, visible)

    def encode_row(
        self, samples: Float[Tensor, "n ..."], *, form: str = "", visible: bool = False
    ) -> bytes:
        """As `encode`: the sounds one after the other, with the pauses that people make."""
        pause = np.zeros(round(PAUSE * self.rate), np.int16)
        pieces: list[np.ndarray] = []
        for wave in self.to_raw(samples).numpy():
            pieces += [wave[_sound.loud_part(wave / 32768, self.rate)], pause]
        return self._file(np.concatenate(pieces[:-1]), form, visible)

    def preview(
        self,
        samples: Float[Tensor, "b ..."],
        captions: Sequence[str] = (),
        columns: int = 0,
        *,
        visible: bool = False,
    ) -> bytes:
        """A PNG with the wave and the mel spectrogram of every sound, low notes at the bottom.

        Args:
            samples: at least one.
            captions: words under them.
            columns: sounds in a row; 0 makes the sheet as square as possible.
            visible: whether a label is drawn on it.
        """
        waves = self.to_raw(samples).float() / 32768
        mels = _spectral.log_mel(waves, self.rate, PICTURED)
        cells = [_pictured(w, m) for w, m in zip(waves.numpy(), mels.numpy(), strict=True)]
        sheet = _sheet.sheet(cells, captions, columns)
        return _sheet.png(_visible.with_label(sheet, below=True) if visible else sheet)

    def clips(self, raw: Int16[Tensor, "b t"]) -> list[bytes]:
        """Every sound as a file."""
        return [self._file(wave) for wave in raw.numpy()]

    def documents(
        self,
        samples: Float[Tensor, "b ..."],
        captions: Sequence[str],
        facts: Sequence[Mapping[str, Any]],
        file: Callable[[int], bytes],
    ) -> Mapping[str, bytes]:
        """An HTML page that stands alone, with a picture and a player for the first 200 sounds."""
        some = samples[:PLAYED]
        pictures = [self.preview(sample[None]) for sample in some]
        clips = [file(number) for number in range(len(some))]
        return {PAGE: _page.players(pictures, clips, self.media_type, captions)}

    def animate(
        self, samples: Float[Tensor, "n ..."], *, visible: bool = False
    ) -> tuple[str, bytes]:
        """One WAV in which the sounds follow each other."""
        return self.suffix, self.encode_row(samples, visible=visible)

    def _voiced(self, mel: Float[Tensor, "b bins f"]) -> Float[Tensor, "b t"]:
        vocoder = _vocoder_for(self.rate, self.spec.shape[0])
        parts = mel.cpu().split(VOICED)
        return torch.cat([voiced(part, self.rate, vocoder) for part in parts])

    def _file(self, wave: np.ndarray, form: str = "", visible: bool = False) -> bytes:
        container, subtype = CODINGS[self.form(form)]
        if visible:
            rhythm = (_rhythm.label(self.rate) * 32767).round().astype(np.int16)
            wave = np.concatenate([wave, rhythm])
        content = io.BytesIO()
        with held():  # libsndfile calls Python back
            soundfile.write(content, wave, self.rate, subtype=subtype, format=container)
        return content.getvalue()


@torch.inference_mode()
def voiced(
    mel: Float[Tensor, "b bins f"], rate: int, vocoder: _vocoder.Vocoder | None
) -> Float[Tensor, "b t"]:
    """Waves of mel spectrograms: Griffin-Lim, which begins with a vocoder's phases if there is one.

    A vocoder hears which phases sound like a voice, and a few rounds make them fit each other.
    """
    frames, magnitudes = _spectral.Frames.at(rate), _spectral.magnitudes_of(mel, rate)
    if vocoder is None:
        return _spectral.griffin_lim(magnitudes, frames, ROUNDS)
    return _spectral.griffin_lim(magnitudes, frames, POLISH, vocoder(mel))


@functools.cache
def _vocoder_for(rate: int, bins: int) -> _vocoder.Vocoder | None:
    return _vocoder.shipped(rate, bins)


def _pictured(wave: np.ndarray, mel: np.ndarray) -> Pictures.Image:
    """The wave above its mel spectrogram."""
    width = max(mel.shape[1], 96)
    edges = np.linspace(0, len(wave), width + 1).astype(int)
    middle = (CURVE - 1) / 2
    rows = np.arange(CURVE)[:, None]
    highs = np.array([wave[a:b].max() for a, b in itertools.pairwise(edges)])
    lows = np.array([wave[a:b].min() for a, b in itertools.pairwise(edges)])
    inside = (rows >= middle * (1 - highs) - 0.5) & (rows <= middle * (1 - lows) + 0.5)
    curve = np.where(inside[..., None], np.array([37, 99, 184]), 255).astype(np.uint8)
    columns = (np.arange(width) * mel.shape[1] / width).astype(int)
    heat = _heat(mel[::-1, columns])
    return Pictures.fromarray(np.concatenate([curve, heat]))


def _heat(values: np.ndarray) -> np.ndarray:
    """Values in [-1, 1] from black over violet and orange to light yellow, as RGB."""
    stops = np.array([[0, 0, 4], [80, 18, 123], [182, 54, 121], [251, 136, 97], [252, 253, 191]])
    places = np.clip((values + 1) / 2, 0, 1) * (len(stops) - 1)
    low = np.minimum(places.astype(int), len(stops) - 2)
    share = (places - low)[..., None]
    mixed = stops[low] * (1 - share) + stops[low + 1] * share
    assert math.isfinite(float(mixed.sum())), "mel spectrograms of int16 waves are finite"
    return mixed.round().astype(np.uint8)
