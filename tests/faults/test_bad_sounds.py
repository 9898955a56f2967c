"""Bad recordings: put aside with a reason, or refused in a sentence; never a crash."""

from __future__ import annotations

import io
import re
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparring.core.errors import BadData
from sparring.data._inspect import inspect
from sparring.data.sound_folder import SoundFolder
from sparring.modalities import _sound

pytestmark = pytest.mark.usefixtures("cache")


def stored(wave: np.ndarray, rate: int = 8_000, form: str = "WAV", subtype: str = "") -> bytes:
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format=form, subtype=subtype or None)
    return content.getvalue()


def noise(seed: int, count: int = 1600) -> np.ndarray:
    return np.random.RandomState(seed).uniform(-0.5, 0.5, count)


def good_ones(folder: Path, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        (folder / f"good {seed}.wav").write_bytes(stored(noise(seed)))
    return folder


def with_bytes(content: bytes, place: int, form: str, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(form, changed, place, value)
    return bytes(changed)


def flac_of(num_samples: int) -> bytes:
    """A FLAC whose header speaks of so many samples."""
    content = stored(noise(9), form="FLAC")
    fields = int.from_bytes(content[18:26], "big")
    return content[:18] + (fields >> 36 << 36 | num_samples).to_bytes(8, "big") + content[26:]


def with_value(value: float) -> bytes:
    wave = noise(9)
    wave[700] = value
    return stored(wave, subtype="FLOAT")


WAV = stored(noise(9))  # 44 bytes of header: channels at 22, rate at 24, bytes of samples at 40
BAD = {
    "empty.wav": (b"", "empty file"),
    "page.wav": (b"<!DOCTYPE html><html>404</html>", "not WAV, FLAC or OGG: it begins with"),
    "song.mp3": (b"ID3\x04\0\0\0\0\0\0" + b"\0" * 99, "not WAV, FLAC or OGG"),
    "film.wav": (b"RIFF\x10\0\0\0AVI LIST", "not WAV, FLAC or OGG"),
    "signature.wav": (WAV[:12], "broken WAV: no sound follows its header"),
    "header.wav": (WAV[:36], "broken WAV: no sound follows its header"),
    "nothing.wav": (with_bytes(WAV[:44], 40, "<I", 0), "0.0 ms; at least 8 are needed"),
    "cut.wav": (WAV[:-200], "cut off: its header speaks of 3,200 bytes of sound and 3,000 are"),
    "lying.wav": (with_bytes(WAV, 40, "<I", 4_000_000_000), "cut off: its header speaks of 4,0"),
    "cut.flac": (stored(noise(9), form="FLAC")[:-300], "broken FLAC"),
    "cut.ogg": (stored(noise(9), form="OGG")[:-300], "cut off: its last page"),
    "no channels.wav": (with_bytes(WAV, 22, "<H", 0), "broken WAV: Channel count is zero"),
    "channels.wav": (with_bytes(WAV, 22, "<H", 65), "65 channels; 1 to 64 are allowed"),
    "many channels.wav": (with_bytes(WAV, 22, "<H", 65_535), "broken WAV: Too many channels"),
    "no rate.wav": (with_bytes(WAV, 24, "<I", 0), "broken WAV"),
    "slow.wav": (with_bytes(WAV, 24, "<I", 999), "999 Hz; 1,000 to 384,000 are allowed"),
    "fast.wav": (with_bytes(WAV, 24, "<I", 1_000_000), "1,000,000 Hz; 1,000 to 384,000"),
    "no bits.wav": (with_bytes(WAV, 34, "<H", 0), "broken WAV"),
    "nan.wav": (with_value(float("nan")), "samples that are not numbers"),
    "infinite.wav": (with_value(float("inf")), "samples that are not numbers"),
    "ten hours.flac": (flac_of(36_000 * 8_000), "600.0 minutes; 10 are allowed"),
    "for ever.flac": (flac_of(2**36 - 1), "minutes; 10 are allowed"),
    "eleven minutes.wav": (stored(np.zeros(660_000, np.int16), 1_000), "11.0 minutes; 10 are"),
    "short.wav": (stored(noise(9, 63)), "7.9 ms; at least 8 are needed"),
    "silent.wav": (stored(np.zeros(1600)), "silent: nothing in it is louder than -80 dB"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_recording_is_put_aside_with_its_reason(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    folder = good_ones(tmp_path / "recordings")
    (folder / name).write_bytes(content)
    data = SoundFolder(path=str(folder), seconds=0.128)
    assert len(data.split("train")) + len(data.split("test")) == 3
    assert data.report["quarantined"].keys() == {name}
    assert reason in data.report["quarantined"][name]
    checked = inspect(folder)
    assert checked.count == 3
    assert reason in checked.quarantined[name]


@pytest.mark.parametrize("name", ["lying.wav", "ten hours.flac", "for ever.flac", "fast.wav"])
def test_a_header_that_lies_allocates_nothing(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(_sound.Unreadable):
            _sound.decode(BAD[name][0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_reasons_are_the_same_every_time() -> None:
    for name, (content, _) in BAD.items():
        if name == "silent.wav":
            continue
        reasons = set()
        for _ in range(2):
            with pytest.raises(_sound.Unreadable) as caught:
                _sound.decode(content)
            reasons.add(str(caught.value))
        assert len(reasons) == 1
        assert not re.search("0x[0-9a-f]{6}|\n", reasons.pop())


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sound, "MAX_VALUES", 3_000)
    stereo = np.stack([noise(1), noise(2)], axis=1)
    with pytest.raises(_sound.Unreadable, match="3,200 samples; 3,000 are allowed"):
        _sound.decode(stored(stereo))


def test_a_wav_of_nothing_but_chunks_ends_soon() -> None:
    with pytest.raises(_sound.Unreadable, match="no sound follows"):
        _sound.decode(WAV[:12] + b"junk\0\0\0\0" * 1_000_000)


def refusal(path: Path) -> str:
    with pytest.raises(BadData) as caught:
        SoundFolder(path=str(path)).split("train")
    assert caught.value.code == 3
    return str(caught.value)


def test_only_bad_recordings_are_refused(tmp_path: Path) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    expected = rf"no usable WAV, FLAC or OGG recordings; at least 2.*cannot be used: {len(BAD)} "
    assert re.search(expected, refusal(tmp_path))


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "no usable WAV, FLAC or OGG recordings; at least 2" in refusal(tmp_path)


def test_a_silent_folder(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.wav").write_bytes(stored(np.zeros(800 + i)))
    assert re.search(r"no usable.*cannot be used: 3 \(first: .\.wav: silent", refusal(tmp_path))
    report = inspect(tmp_path)
    assert report.count == 0
    assert any("Usable recordings: 0" in problem for problem in report.problems)


def test_one_recording_only(tmp_path: Path) -> None:
    assert "holds only 1 usable recording; at least 2" in refusal(good_ones(tmp_path, 1))


def test_all_recordings_the_same(tmp_path: Path) -> None:
    for i in range(5):
        (tmp_path / f"{i}.wav").write_bytes(stored(noise(1)))
    assert "All 5 recordings" in refusal(tmp_path)


HEADS = [content[:48] for content, _ in BAD.values()]
GOOD = [
    WAV,
    stored(noise(1), subtype="FLOAT"),
    stored(noise(1), subtype="IMA_ADPCM"),
    stored(np.stack([noise(1), noise(2)], axis=1), form="FLAC"),
    stored(noise(1), form="OGG", subtype="VORBIS"),
    stored(noise(1), form="OGG", subtype="OPUS"),
]
FOREIGN = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.binary(max_size=200)),
)


def check_decoder(content: bytes) -> None:
    try:
        sound = _sound.decode(content)
    except _sound.Unreadable as reason:
        assert str(reason)
    else:
        assert sound.wave.dtype == np.float32
        assert np.abs(sound.wave).max() <= 1
        assert 0.008 <= sound.seconds <= 600


@settings(max_examples=300, deadline=None)
@given(FOREIGN)
def test_foreign_bytes_never_crash_the_decoder(content: bytes) -> None:
    check_decoder(content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 2**30), st.binary(min_size=1, max_size=8))
def test_damaged_recordings_never_crash_the_decoder(good: bytes, where: int, damage: bytes) -> None:
    start = where % len(good)
    check_decoder(good[:start] + damage + good[start + len(damage) :])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(FOREIGN, st.sampled_from(GOOD)), max_size=4))
def test_foreign_files_never_crash_a_folder(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for i, content in enumerate(contents):
            Path(folder, f"{i}.wav").write_bytes(content)
        try:
            SoundFolder(path=folder, seconds=0.064).split("train")
        except BadData as refused:
            assert "at least 2" in str(refused) or "the same" in str(refused)
        inspect(Path(folder))
