"""Sound from outside: recognised by content, limited by its header, brought to one plain wave."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float, Int16
from scipy import signal

from sparring.core.errors import BadData
from sparring.core.interrupts import held

Wave = Float[np.ndarray, " _t"]  # of a length that steps may change

MAX_BYTES = 200_000_000
MAX_SECONDS = 600
MAX_VALUES = 120_000_000  # of all channels: ten minutes of stereo at 96 kHz
RATES = (1_000, 384_000)  # Hz
MAX_CHANNELS = 64
SHORTEST = 0.008  # seconds, one frame of a spectrogram
HEAD = 16  # bytes that tell what a file is
KINDS = "WAV, FLAC or OGG"
SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus")
# Sound all the same, so that somebody's files are refused with a reason and not passed over.
OTHER_SUFFIXES = (".mp3", ".m4a", ".aac", ".wma", ".aif", ".aiff", ".au", ".caf")

BLOCK = 1 << 18  # values decoded at a time
MAX_CHUNKS = 10_000  # of a WAV before its samples
OPEN_END = 0xFFFFFFFF  # what a recorder that writes into a pipe gives as number of bytes
MAX_FACTOR = 48_000  # of a change of rate by up / down
FRAME = 100  # frames a second in which loudness is measured
SILENT = 1e-4  # RMS of the loudest frame below which nothing is heard (-80 dB of full scale)
QUIET = 10 ** (-35 / 20)  # of the loudest frame, below which the ends are trimmed
MARGIN = 0.02  # seconds that trimming leaves, and that fading out takes
OFFSET = 1e-3  # mean that is taken away (-60 dB of full scale)
LEVEL = 0.1  # RMS of levelled sound (-20 dB of full scale)
PEAK = 0.99
STEPS = 32768  # of a 16-bit sample to full scale


class Unreadable(BadData):
    """These bytes are no sound that can be used; the message is the reason alone."""


@dataclass(frozen=True)
class Sound:
    """One recording as a plain wave, and what was done to get there.

    Attributes:
        wave: float32 [t] in [-1, 1].
        rate: samples a second (Hz), 1,000 to 384,000.
        channels: as stored, 1 to 64.
        kind: format and coding as stored, such as "WAV PCM_16".
        conversions: what was changed, such as "2 channels to 1"; empty where nothing was.
    """

    wave: Wave
    rate: int
    channels: int
    kind: str
    conversions: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.wave) / self.rate


@dataclass(frozen=True)
class Settings:
    """How sound is brought to one shape.

    Attributes:
        rate: Hz.
        length: samples.
        trim: whether quiet ends are taken away.
        level: whether all get the same loudness.
    """

    rate: int
    length: int
    trim: bool = True
    level: bool = True


def hop_of(rate: int) -> int:
    """Samples from one frame of a spectrogram to the next, 8 ms, at `rate` Hz."""
    return max(round(rate / 125), 2)


def sniff(head: bytes) -> str:
    """The format that the first 16 bytes of a file speak of; "" where it is none of ours."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "WAV"
    return {b"fLaC": "FLAC", b"OggS": "OGG"}.get(head[:4], "")


def claims_to_be_sound(name: str, head: bytes) -> bool:
    """Whether a file has a sound's first bytes or at least a sound's name."""
    return bool(sniff(head[:HEAD])) or name.lower().endswith(SUFFIXES + OTHER_SUFFIXES)


def decode(content: bytes) -> Sound:
    """The sound in `content`, its channels folded into their mean.

    Rate, channels and length are checked on the header before anything is decoded, and decoding
    goes by blocks, so that a header that lies makes room for nothing. What ends before its header
    says so is refused, as is what holds a sample that is not a number.

    Raises:
        Unreadable: not WAV, FLAC or OGG, broken or cut off, or beyond a limit.
    """
    form = _checked_format(content)
    open_end = form == "WAV" and _has_open_end(content)
    if form == "OGG":
        _check_last_page(content)
    try:
        with held(), soundfile.SoundFile(io.BytesIO(content)) as file:
            _check_header(file)
            wave, kind = _mono(file), f"{form} {file.subtype}"
            rate, channels = file.samplerate, file.channels
    except Unreadable:
        raise
    except soundfile.LibsndfileError as error:
        # The whole message names an address in memory, and reports should stay the same.
        raise Unreadable(f"broken {form}: {error.error_string.strip().rstrip('.')}") from error
    except Exception as error:
        # A decoder fed with foreign bytes raises nearly anything; all of it means the same.
        raise Unreadable(f"broken {form}: {error or type(error).__name__}") from error
    loudest = float(np.abs(wave).max())
    if loudest > 1:
        wave /= loudest
    changes = {
        "length left open in its header": open_end,
        f"{channels} channels to 1": channels > 1,
        "beyond full scale, scaled down": loudest > 1,
    }
    conversions = tuple(change for change, made in changes.items() if made)
    return Sound(wave, rate, channels, kind, conversions)


def resampled(wave: Wave, from_rate: int, to_rate: int) -> Wave:
    """`wave` at another rate, by a polyphase filter against aliasing.

    Where the ratio of the rates takes a number above 48,000 it is rounded to the nearest one that
    does not, which moves pitch by less than 0.05 per mille.
    """
    if from_rate == to_rate:
        return wave
    lower, higher = sorted((from_rate, to_rate))
    ratio = 1 / Fraction(lower, higher).limit_denominator(MAX_FACTOR)
    if to_rate < from_rate:
        ratio = 1 / ratio
    made = signal.resample_poly(wave, ratio.numerator, ratio.denominator)
    return made.astype(np.float32, copy=False)


def trimmed(wave: Wave, rate: int) -> Wave:
    """`wave` from 20 ms before to 20 ms after all that is within 35 dB of its loudest 10 ms.

    Raises:
        Unreadable: nothing is to be heard at all.
    """
    loudness, _ = _loudness(wave, rate)
    _check_heard(loudness)
    return wave[loud_part(wave, rate)]


def loud_part(wave: Wave, rate: int) -> slice:
    """What `trimmed` leaves of a wave; all of a silent one."""
    loudness, frame = _loudness(wave, rate)
    loud = np.flatnonzero(loudness >= QUIET * loudness.max())
    margin = round(MARGIN * rate)
    start = max(int(loud[0]) * frame - margin, 0)
    return slice(start, (int(loud[-1]) + 1) * frame + margin)


def levelled(wave: Wave) -> Wave:
    """`wave` with an RMS of 0.1 (-20 dB of full scale), or less where peaks would pass 0.99.

    Raises:
        Unreadable: nothing is to be heard at all.
    """
    _check_heard(rms := np.sqrt(np.mean(np.square(wave), keepdims=True)))
    return wave * np.float32(min(LEVEL / rms[0], PEAK / np.abs(wave).max()))


def fitted(wave: Wave, length: int, rate: int) -> Wave:
    """`wave` with zeros at its end, or cut with a fade-out of 20 ms, so that it has `length`."""
    if len(wave) <= length:
        return np.pad(wave, (0, length - len(wave)))
    cut = wave[:length].copy()
    fade = min(round(MARGIN * rate), length)
    cut[length - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return cut


def read(path: Path) -> Sound:
    """The sound in a file, of which no more is read than may be used.

    Raises:
        OSError: it cannot be opened.
        Unreadable: as `decode`.
    """
    with path.open("rb") as file:
        return decode(file.read(MAX_BYTES + 1))


def prepared(sound: Sound, settings: Settings) -> tuple[Int16[np.ndarray, " _t"], tuple[str, ...]]:
    """`sound` at the settings' rate and length in 16 bits, and all that was done to it.

    A constant offset is taken away; loudness is measured on what is left after cutting and before
    padding.

    Raises:
        Unreadable: nothing is to be heard, in all of it or in what is kept.
    """
    rate, length = settings.rate, settings.length
    wave, steps = resampled(sound.wave, sound.rate, rate), list(sound.conversions)
    if sound.rate != rate:
        steps.append(f"{sound.rate:,} to {rate:,} Hz")
    offset = np.mean(wave, dtype=np.float64)
    if abs(offset) > OFFSET:
        wave = wave - np.float32(offset)
        steps.append("constant offset removed")
    heard = trimmed(wave, rate)  # also where it is not wanted, as silence is of no use
    if settings.trim and len(heard) < len(wave):
        wave = heard
        steps.append("quiet ends trimmed")
    if len(wave) > length:
        wave = fitted(wave, length, rate)
        _check_heard(_loudness(wave, rate)[0], f"its first {length / rate:g} s")
        steps.append("cut")
    if settings.level:
        wave = levelled(wave)
        steps.append("levelled")
    if len(wave) < length:
        wave = fitted(wave, length, rate)
        steps.append("padded")
    return (wave * STEPS).round().clip(-STEPS, STEPS - 1).astype(np.int16), tuple(steps)


def _checked_format(content: bytes) -> str:
    if not content:
        raise Unreadable("empty file")
    form = sniff(content[:HEAD])
    if not form:
        raise Unreadable(f"not {KINDS}: it begins with {content[:12]!r}")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"{len(content):,} bytes, more than {MAX_BYTES:,}")
    return form


def _has_open_end(content: bytes) -> bool:
    """Whether a WAV leaves open how long it is; refuses one that says more than is there."""
    place = 12
    for _ in range(MAX_CHUNKS):
        name, size = content[place : place + 4], content[place + 4 : place + 8]
        place += 8
        if place > len(content):
            break
        num_bytes, there = int.from_bytes(size, "little"), len(content) - place
        if name == b"data" and OPEN_END > num_bytes > there:
            raise Unreadable(
                f"cut off: its header speaks of {num_bytes:,} bytes of sound and {there:,} are "
                "there"
            )
        if name == b"data":
            return num_bytes == OPEN_END
        place += num_bytes + num_bytes % 2
    raise Unreadable("broken WAV: no sound follows its header")


def _check_last_page(content: bytes) -> None:
    """Refuse an OGG that lacks its end, which decoders pass over without a word (RFC 3533)."""
    page = content[content.rfind(b"OggS") :]
    lacing = page[27 : 27 + page[26]] if len(page) > 26 else b""
    ends = len(page) > 26 and bool(page[5] & 4)
    if not ends or len(page) < 27 + page[26] + sum(lacing):
        raise Unreadable("cut off: its last page is missing or not whole")


def _check_header(file: soundfile.SoundFile) -> None:
    rate, channels, frames = file.samplerate, file.channels, file.frames
    if not RATES[0] <= rate <= RATES[1]:
        raise Unreadable(f"{rate:,} Hz; {RATES[0]:,} to {RATES[1]:,} are allowed")
    if not 1 <= channels <= MAX_CHANNELS:
        raise Unreadable(f"{channels:,} channels; 1 to {MAX_CHANNELS} are allowed")
    if frames > MAX_SECONDS * rate:
        raise Unreadable(
            f"{frames / rate / 60:,.1f} minutes; {MAX_SECONDS // 60} are allowed, cut it into clips"
        )
    if frames * channels > MAX_VALUES:
        raise Unreadable(f"{frames * channels:,} samples; {MAX_VALUES:,} are allowed")
    if frames < SHORTEST * rate:
        raise Unreadable(
            f"{1000 * frames / rate:.1f} ms; at least {1000 * SHORTEST:.0f} are needed"
        )


def _mono(file: soundfile.SoundFile) -> Wave:
    mono = bytearray()  # grows with what is there, whatever the header says
    block = max(BLOCK // file.channels, 1)
    left = file.frames
    while left > 0:
        values = file.read(min(block, left), dtype="float32", always_2d=True)
        if not len(values):
            raise Unreadable(
                f"cut off: its header speaks of {file.frames:,} samples and "
                f"{file.frames - left:,} are there"
            )
        if not np.isfinite(values).all():
            raise Unreadable("it holds samples that are not numbers (NaN or infinite)")
        mono += values.mean(axis=1, dtype=np.float64).astype(np.float32).tobytes()
        left -= len(values)
    return np.frombuffer(mono, np.float32)


def _loudness(wave: Wave, rate: int) -> tuple[Wave, int]:
    """The RMS of every 10 ms, the last of which may be shorter; and their length in samples."""
    frame = max(rate // FRAME, 1)
    starts = np.arange(0, len(wave), frame)
    sums = np.add.reduceat(np.square(wave), starts)
    return np.sqrt(sums / np.diff(starts, append=len(wave))).astype(np.float32), frame


def _check_heard(loudness: Wave, where: str = "it") -> None:
    if not loudness.max() >= SILENT:
        raise Unreadable(f"silent: nothing in {where} is louder than -80 dB of full scale")
