"""Spoken digits: the makers' split, and an archive that is known by what is inside."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.data import spoken_digits
from sparring.data.spoken_digits import SPEAKERS, SpokenDigits


def recordings() -> dict[str, bytes]:
    """Two takes, one of either part, of every digit by every speaker."""
    made = {}
    for digit in range(10):
        for speaker in SPEAKERS:
            for take in (4, 5):
                content = io.BytesIO()
                seed = 100 * digit + 10 * SPEAKERS.index(speaker) + take
                wave = np.random.RandomState(seed).uniform(-0.5, 0.5, 800 + 80 * digit)
                soundfile.write(content, wave, 8_000, format="WAV")
                made[f"{digit}_{speaker}_{take}.wav"] = content.getvalue()
    return made


RECORDINGS = recordings()
CONTENT = hashlib.sha256(
    "".join(
        f"{hashlib.sha256(RECORDINGS[name]).hexdigest()}  {name}\n" for name in sorted(RECORDINGS)
    ).encode()
).hexdigest()


def packed(path: Path, contents: dict[str, bytes], prefix: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{prefix}recordings/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        archive.addfile(tarfile.TarInfo(f"{prefix}README.md"))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the archive is looked for."""
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(spoken_digits, "CONTENT", CONTENT)
    return tmp_path / "fsdd" / "recordings.tar.gz"


@pytest.mark.parametrize("prefix", ["", "free-spoken-digit-dataset-26eb9aa/"])
def test_an_archive_of_either_kind_is_read(place: Path, prefix: str) -> None:
    assert not SpokenDigits().is_here
    packed(place, RECORDINGS, prefix)
    data = SpokenDigits()
    assert data.is_here
    train, test = data.split("train"), data.split("test")
    assert train.values.shape == test.values.shape == (60, 5120)
    for samples in (train, test):
        pairs = {*zip(*samples.labels.values(), strict=True)}
        assert len(pairs) == 60
    assert not {w.tobytes() for w in train.values} & {w.tobytes() for w in test.values}


def test_labels_belong_to_their_recordings(place: Path) -> None:
    packed(place, RECORDINGS)
    test = SpokenDigits(seconds=0.256).split("test")
    for digit, wave in zip(test.labels["digit"], test.values, strict=True):
        assert np.flatnonzero(wave)[-1] + 1 == pytest.approx(800 + 80 * digit, abs=2)


@pytest.mark.parametrize(
    "change",
    [
        lambda good: {**good, "0_theo_4.wav": good["0_theo_4.wav"] + b"!"},
        lambda good: {**good, "0_theo_6.wav": good["0_theo_4.wav"]},
        lambda good: {name: content for name, content in good.items() if name != "9_theo_5.wav"},
        lambda good: {},
    ],
)
def test_another_content_is_refused(place: Path, change: object) -> None:
    assert callable(change)
    packed(place, change(RECORDINGS))
    with pytest.raises(BadData, match=r"does not hold the 3,000 recordings.*delete it"):
        SpokenDigits().split("train")


def test_what_is_no_archive_is_refused(place: Path) -> None:
    packed(place, RECORDINGS)
    whole = place.read_bytes()
    for content in (b"", b"<html>", whole[:-900], gzip.compress(b"x" * 2000)):
        place.write_bytes(content)
        with pytest.raises(BadData, match=r"no intact tar\.gz|does not hold"):
            SpokenDigits().split("train")


def test_a_bomb_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(place, {**RECORDINGS, "0_theo_7.wav": bytes(90_000)})
    monkeypatch.setattr(spoken_digits, "MAX_UNPACKED", 80_000)
    with pytest.raises(BadData, match="unpacks to more than 80,000 bytes"):
        SpokenDigits().split("train")


def test_without_a_network_it_says_where_to_put_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadData, match=r"Fetch it by hand and put it at .*recordings\.tar\.gz"):
        SpokenDigits().split("train")
    assert "at most 100 MB" in capsys.readouterr().err


def test_forms_and_lengths() -> None:
    assert SpokenDigits().spec.shape == (64, 80)
    assert SpokenDigits(seconds=1.024, bins=80).spec.shape == (80, 128)
    assert SpokenDigits(form="wave").spec.shape == (5120,)
    with pytest.raises(UserError, match=r"seconds = 0\.7 is no multiple of 0\.064; 0\.704 is"):
        components.build(
            components.DATASET, {"name": "spoken_digits", "seconds": 0.7}, where="data"
        )


def test_the_real_ones_are_all_there(full_data: Path) -> None:
    if not (full_data / "fsdd").is_dir():
        pytest.skip("SPARRING_DATA has no folder fsdd")
    data = SpokenDigits()
    train, test = data.split("train"), data.split("test")
    assert (len(train), len(test)) == (2700, 300)
    assert set(np.bincount(train.labels["digit"])) == {270}
    assert set(np.bincount(test.labels["speaker"])) == {50}
    levels = np.sqrt(np.mean(np.square(train.values / 32768), axis=1))
    assert levels.max() < 0.101
    assert np.median(levels) > 0.05
    # Any stretch holds everything.
    assert len(set(train.labels["digit"][:100])) == 10
    assert len(set(train.labels["speaker"][:100])) == 6
