"""Sound from files: every kind and rate, and the steps on the way to one shape."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sparring.modalities import _sound
from sparring.modalities._sound import Settings, Sound

RATE = 8_000


def tone(seconds: float, rate: int = RATE, hertz: float = 440, height: float = 0.5) -> np.ndarray:
    """A sine."""
    times = np.arange(round(seconds * rate)) / rate
    return (height * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def silence(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.zeros(round(seconds * rate), np.float32)


def stored(
    wave: np.ndarray, rate: int = RATE, form: str = "WAV", subtype: str | None = None
) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format=form, subtype=subtype)
    return content.getvalue()


def plain(wave: np.ndarray, rate: int = RATE) -> Sound:
    return Sound(wave, rate, 1, "WAV PCM_16", ())


def loudness(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(wave.astype(np.float64)))))


@pytest.mark.parametrize(
    ("form", "subtype", "error"),
    [
        ("WAV", "PCM_16", 1e-4), ("WAV", "PCM_24", 1e-6), ("WAV", "PCM_U8", 1e-2),
        ("WAV", "FLOAT", 0), ("WAV", "ULAW", 2e-2), ("WAV", "IMA_ADPCM", 5e-2),
        ("FLAC", "PCM_16", 1e-4), ("FLAC", "PCM_24", 1e-6),
        ("OGG", "VORBIS", 5e-2), ("OGG", "OPUS", 5e-2),
    ],
)  # fmt: skip
def test_every_coding_is_read(form: str, subtype: str, error: float) -> None:
    wave = tone(0.5)
    sound = _sound.decode(stored(wave, form=form, subtype=subtype))
    assert sound.kind == f"{form} {subtype}"
    assert (sound.rate, sound.channels, sound.conversions) == (RATE, 1, ())
    assert sound.wave.dtype == np.float32
    assert abs(len(sound.wave) - len(wave)) <= 64, "one codec rounds up to its block"
    assert loudness(sound.wave[: len(wave)] - wave[: len(sound.wave)]) <= error


def test_an_ogg_of_many_pages_that_is_cut_anywhere_is_refused() -> None:
    content = stored(np.random.RandomState(0).uniform(-0.5, 0.5, 160_000), form="OGG")
    assert content.count(b"OggS") > 5
    assert len(_sound.decode(content).wave) == 160_000
    for end in (*range(len(content) // 3, len(content), 997), content.rindex(b"OggS")):
        with pytest.raises(_sound.Unreadable, match="cut off"):
            _sound.decode(content[:end])


@pytest.mark.parametrize("channels", [2, 5, 64])
def test_channels_are_folded_into_their_mean(channels: int) -> None:
    waves = np.stack([tone(0.1, hertz=100 * (i + 1)) for i in range(channels)], axis=1)
    sound = _sound.decode(stored(waves, subtype="FLOAT"))
    assert np.allclose(sound.wave, waves.mean(axis=1), atol=1e-6)
    assert sound.conversions == (f"{channels} channels to 1",)
    assert sound.channels == channels


def test_what_is_beyond_full_scale_is_scaled_down() -> None:
    sound = _sound.decode(stored(tone(0.1) * 20_000, subtype="FLOAT"))
    assert np.abs(sound.wave).max() == 1
    assert np.allclose(sound.wave / np.abs(tone(0.1) / 0.5).max(), tone(0.1) / 0.5, atol=2e-3)
    assert sound.conversions == ("beyond full scale, scaled down",)


def test_a_length_left_open_is_read_to_the_end() -> None:
    content = bytearray(stored(tone(0.1)))
    content[40:44] = content[4:8] = b"\xff" * 4
    sound = _sound.decode(bytes(content))
    assert len(sound.wave) == 800
    assert sound.conversions == ("length left open in its header",)


def test_names_and_first_bytes_claim() -> None:
    assert _sound.claims_to_be_sound("a", stored(tone(0.1))[:16])
    assert _sound.claims_to_be_sound("a", stored(tone(0.1), form="FLAC")[:16])
    assert _sound.claims_to_be_sound("a.txt", stored(tone(0.1), form="OGG"))
    assert _sound.claims_to_be_sound("A.WAV", b"")
    assert _sound.claims_to_be_sound("a.mp3", b"ID3")
    assert not _sound.claims_to_be_sound("a.txt", b"RIFF\0\0\0\0WEBP")


@pytest.mark.parametrize(
    ("from_rate", "to_rate"),
    [(44_100, 8_000), (8_000, 44_100), (16_000, 8_000), (11_025, 8_000), (47_999, 48_000),
     (384_000, 8_000), (1_001, 48_000)],
)  # fmt: skip
def test_a_tone_keeps_its_pitch_and_loudness_at_another_rate(from_rate: int, to_rate: int) -> None:
    made = _sound.resampled(tone(1, from_rate, 200), from_rate, to_rate)
    assert made.dtype == np.float32
    assert abs(len(made) - to_rate) <= 2
    spectrum = np.abs(np.fft.rfft(made))
    assert abs(int(spectrum.argmax()) - 200) <= 1
    middle = made[len(made) // 4 : -len(made) // 4]
    assert loudness(middle) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_what_the_new_rate_cannot_hold_is_filtered_out() -> None:
    assert loudness(_sound.resampled(tone(1, 44_100, 6_000), 44_100, 8_000)[80:-80]) < 2e-3


def test_trimming_leaves_twenty_milliseconds() -> None:
    noise = 1e-3 * np.random.RandomState(0).randn(RATE).astype(np.float32)
    wave = np.concatenate([silence(0.5), tone(0.2), noise])
    kept = _sound.trimmed(wave, RATE)
    assert np.array_equal(kept, wave[4000 - 160 : 5600 + 160])
    assert np.array_equal(_sound.trimmed(tone(0.2), RATE), tone(0.2))


def test_a_soft_ending_is_kept() -> None:
    wave = np.concatenate([tone(0.2), tone(0.2, height=0.5 * 10 ** (-33 / 20)), silence(0.3)])
    assert len(_sound.trimmed(wave, RATE)) == 3200 + 160
    wave = np.concatenate([tone(0.2), tone(0.2, height=0.5 * 10 ** (-37 / 20)), silence(0.3)])
    assert len(_sound.trimmed(wave, RATE)) == 1600 + 160


def test_levels_are_equal_unless_peaks_forbid_it() -> None:
    for height in (0.001, 0.1, 1):
        assert loudness(_sound.levelled(tone(0.5, height=height))) == pytest.approx(0.1, rel=1e-3)
    click = silence(0.5)
    click[100] = 0.01
    assert np.abs(_sound.levelled(click * 10)).max() == pytest.approx(0.99)


def test_fitting_pads_at_the_end_or_fades_out() -> None:
    wave = tone(0.1)
    assert np.array_equal(_sound.fitted(wave, 1000, RATE), np.append(wave, np.zeros(200)))
    cut = _sound.fitted(wave, 400, RATE)
    assert np.array_equal(cut[:240], wave[:240])
    assert cut[-1] == 0
    assert (np.abs(cut[240:]) <= np.abs(wave[240:400])).all()
    assert np.array_equal(_sound.fitted(wave, 800, RATE), wave)
    assert len(_sound.fitted(wave, 10, RATE)) == 10


def test_every_step_is_told() -> None:
    wave = np.concatenate([silence(0.3, 16_000), tone(0.5, 16_000), silence(0.3, 16_000)]) + 0.1
    made, steps = _sound.prepared(plain(wave, 16_000), Settings(RATE, 2048))
    assert made.dtype == np.int16
    assert made.shape == (2048,)
    assert steps == (
        "16,000 to 8,000 Hz", "constant offset removed", "quiet ends trimmed", "cut", "levelled",
    )  # fmt: skip
    made, steps = _sound.prepared(plain(tone(0.1)), Settings(RATE, 2048))
    assert steps == ("levelled", "padded")
    assert loudness(made[:800] / 32768) == pytest.approx(0.1, rel=1e-2)
    assert not made[800:].any()


def test_sixteen_bits_pass_unchanged_where_nothing_is_asked() -> None:
    half = np.random.RandomState(0).randint(-32767, 32768, 1024).astype(np.int16)
    wave = np.concatenate([half, -half])
    sound = _sound.decode(stored(wave))
    made, steps = _sound.prepared(sound, Settings(RATE, 2048, trim=False, level=False))
    assert np.array_equal(made, wave)
    assert steps == ()


@pytest.mark.parametrize("trim", [True, False])
@pytest.mark.parametrize("level", [True, False])
def test_silence_is_refused(trim: bool, level: bool) -> None:
    for wave in (silence(1), silence(1) + 0.3, tone(1, height=1e-4)):
        with pytest.raises(_sound.Unreadable, match="silent: nothing in it is louder"):
            _sound.prepared(plain(wave), Settings(RATE, 2048, trim, level))


@pytest.mark.parametrize("level", [True, False])
def test_silence_in_all_that_is_kept_is_refused(level: bool) -> None:
    late = np.concatenate([silence(0.5), tone(0.5)])
    with pytest.raises(_sound.Unreadable, match=r"^silent: nothing in its first 0\.256 s is "):
        _sound.prepared(plain(late), Settings(RATE, 2048, trim=False, level=level))
    _sound.prepared(plain(late), Settings(RATE, 2048, trim=True, level=level))
    _sound.prepared(plain(late), Settings(RATE, 6000, trim=False, level=level))


def test_real_recordings_come_out_alike(full_data: Path) -> None:
    archive = full_data / "fsdd" / "recordings.tar.gz"
    if not archive.is_file():
        pytest.skip("SPARRING_DATA has no folder fsdd")
    with tarfile.open(archive, "r|gz") as members:
        contents = []
        for member in members:
            if member.name.endswith(".wav") and len(contents) < 40:
                file = members.extractfile(member)
                assert file is not None
                contents.append(file.read())
    for content in contents:
        sound = _sound.decode(content)
        assert (sound.rate, sound.kind, sound.conversions) == (RATE, "WAV PCM_16", ())
        made, steps = _sound.prepared(sound, Settings(RATE, 5120))
        assert made.shape == (5120,)
        assert "levelled" in steps
        assert np.abs(made).max() <= 0.991 * 32768
