"""The report on a folder of recordings."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sparring import cli
from sparring.data._inspect import inspect
from sparring.data._picture_report import PictureReport
from sparring.data._sound_report import SoundReport, sound_hash
from sparring.modalities import _sound


def voice(seed: int, seconds: float = 0.4, rate: int = 8_000) -> np.ndarray:
    """Noise whose colour changes all the time, as in speech."""
    random = np.random.RandomState(seed)
    pieces = []
    for _ in range(12):
        piece = random.randn(round(seconds * rate / 12))
        width = random.randint(1, 12)
        pieces.append(np.convolve(piece, np.ones(width) / width, "same"))
    wave = np.concatenate(pieces)
    return 0.4 * (wave - wave.mean()) / np.abs(wave).max()


def looked_over(folder: Path) -> SoundReport:
    report = inspect(folder)
    assert isinstance(report, SoundReport)
    return report


def test_everything_is_counted(tmp_path: Path) -> None:
    for name, count in (("yes", 24), ("no", 2)):
        (tmp_path / name).mkdir()
        for seed in range(count):
            soundfile.write(tmp_path / name / f"{seed:02}.wav", voice(seed + 100 * count), 8_000)
    stereo = np.stack([voice(1, 1.2, 44_100)] * 2, axis=1)
    soundfile.write(tmp_path / "yes" / "x.flac", stereo, 44_100)
    soundfile.write(tmp_path / "yes" / "y softer.wav", voice(2401) * 0.2, 8_000, subtype="PCM_24")
    shutil.copy(tmp_path / "no" / "00.wav", tmp_path / "no" / "copy.wav")
    (tmp_path / "no" / "broken.wav").write_bytes(b"")
    (tmp_path / "no" / "song.mp3").write_bytes(b"ID3")
    soundfile.write(tmp_path / "no" / "silent.wav", np.zeros(800), 8_000)
    loud = (voice(7) * 9).clip(-1, 1)
    soundfile.write(tmp_path / "no" / "loud.wav", np.concatenate([loud, -loud]), 8_000)
    soundfile.write(tmp_path / "no" / "tilted.wav", voice(8) + 0.1, 8_000)
    (tmp_path / "LICENSE").write_text("CC0")
    report = looked_over(tmp_path)
    assert report.count == 31
    assert report.others == 1
    assert report.rates == {"8,000 Hz": 30, "44,100 Hz": 1}
    assert report.channels == {"1": 30, "2": 1}
    assert report.kinds == {"WAV PCM_16": 29, "FLAC PCM_16": 1, "WAV PCM_24": 1}
    assert report.conversions == {"2 channels to 1": 1}
    assert report.classes == {"no": 5, "yes": 26}
    assert report.copies == [["no/00.wav", "no/copy.wav"]]
    assert report.near_copies == [("yes/01.wav", "yes/y softer.wav")]
    assert report.quarantined.keys() == {"no/broken.wav", "no/silent.wav", "no/song.mp3"}
    assert report.silent == ["no/silent.wav"]
    assert report.clipped == ["no/loud.wav"]
    assert report.offset == ["no/tilted.wav"]
    assert report.seconds["min"] == pytest.approx(0.4, abs=0.01)
    assert report.seconds["max"] == pytest.approx(1.2, abs=0.01)
    assert report.loudness["max"] - report.loudness["min"] > 14
    said = " ".join(report.problems)
    for words in ("only 31 recordings", "will be left out: 3.", "exact copies of others: 1;",
                  "almost the same: 1;", "clipped: 1;", "constant offset: 1;"):  # fmt: skip
        assert words in said
    assert "licence" not in said


def test_short_tones_of_other_pitches_are_not_alike(tmp_path: Path) -> None:
    time = np.arange(3_200) / 8_000
    for number, pitch in enumerate((50, 55, 60, 200, 220, 240)):
        wave = 0.5 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.08)
        soundfile.write(tmp_path / f"{number}.wav", wave, 8_000)
    soundfile.write(tmp_path / "5 softer.wav", wave / 3, 8_000)
    assert looked_over(tmp_path).near_copies == [("5 softer.wav", "5.wav")]


def test_the_report_is_json_and_text(tmp_path: Path) -> None:
    for seed in range(3):
        soundfile.write(tmp_path / f"{seed}.wav", voice(seed), 8_000)
    report = looked_over(tmp_path)
    assert json.loads(json.dumps(report.to_json(), allow_nan=False)) == report.to_json()
    assert "contact_sheet" not in report.to_json()
    assert report.text().startswith("usable recordings in")
    assert "seconds: 0.40 to 0.40" in report.text()
    with Image.open(io.BytesIO(report.contact_sheet)) as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 96


def test_silence_alone_is_reported_too(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8_000)
    report = looked_over(tmp_path)
    assert (report.count, report.contact_sheet) == (0, b"")
    assert json.loads(json.dumps(report.to_json(), allow_nan=False)) == report.to_json()
    assert any("Usable recordings: 0" in problem for problem in report.problems)


@pytest.mark.parametrize(("num_sounds", "kind"), [(1, PictureReport), (3, SoundReport)])
def test_what_most_files_are_decides(tmp_path: Path, num_sounds: int, kind: type) -> None:
    for seed in range(num_sounds):
        soundfile.write(tmp_path / f"{seed}.wav", voice(seed), 8_000)
    for seed in range(2):
        pixels = np.random.RandomState(seed).randint(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{seed}.png")
    report = inspect(tmp_path)
    assert isinstance(report, kind)
    assert (report.count, report.others) == (max(2, num_sounds), min(2, num_sounds))


@pytest.mark.parametrize("rate", [1_000, 8_000, 44_100, 384_000])
def test_the_hash_ignores_loudness_at_any_rate(rate: int) -> None:
    wave = voice(3, rate=rate).astype(np.float32)
    first = sound_hash(wave, rate)
    assert first.shape == (64,)
    assert np.array_equal(first, sound_hash(wave / 5, rate))
    other = sound_hash(voice(4, rate=rate).astype(np.float32), rate)
    assert rate == 1_000 or np.sum(first != other) > 10
    assert sound_hash(wave[: rate // 125], rate).shape == (64,)


def test_the_hash_ignores_the_rate() -> None:
    wave = voice(3).astype(np.float32)
    other = _sound.resampled(wave, 8_000, 44_100)
    assert np.sum(sound_hash(wave, 8_000) != sound_hash(other, 44_100)) <= 2


def test_the_command_reports_on_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sheet = tmp_path / "recordings", tmp_path / "sheet.png"
    folder.mkdir()
    for seed in range(3):
        soundfile.write(folder / f"{seed}.wav", voice(seed), 8_000)
    words = ["data", "check", str(folder), "--json", "--sheet", str(sheet)]
    monkeypatch.setattr(sys, "argv", ["sparring", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1, "so few of them are a thing to know"
    assert json.loads(capsys.readouterr().out)["rates"] == {"8,000 Hz": 3}
    assert sheet.is_file()
