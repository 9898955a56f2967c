"""Folders of recordings: every rate and channel on one array, each step stated."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.data.sound_folder import SoundFolder
from sparring.modalities import _sound

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


def noise(seed: int, count: int = 1600) -> np.ndarray:
    return np.random.RandomState(seed).uniform(-0.5, 0.5, count)


def fill(folder: Path, count: int = 10, rate: int = 8_000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        soundfile.write(folder / f"{seed:03}.wav", noise(seed), rate)


def everything(data: SoundFolder) -> dict[str, np.ndarray]:
    """Every recording by its name."""
    parts = [data.split("train").values, data.split("test").values]
    return dict(zip(data.report["files"], np.concatenate(parts), strict=True))


@pytest.mark.parametrize(
    ("seconds", "rate", "samples", "frames"),
    [(1.024, 8_000, 8192, 128), (1.0, 8_000, 8192, 128), (0.064, 8_000, 512, 8),
     (1.0, 22_050, 22528, 128), (0.7, 44_100, 31064, 88), (2.0, 48_000, 95232, 248)],
)  # fmt: skip
def test_the_length_is_a_whole_number_of_eight_frames(
    recordings: Path, seconds: float, rate: int, samples: int, frames: int
) -> None:
    fill(recordings, 2)
    data = SoundFolder(path=str(recordings), seconds=seconds, rate=rate)
    assert data.spec.shape == (64, frames)
    assert data.spec.rate == rate
    assert data.split("train").values.shape == (1, samples)
    assert samples == frames * _sound.hop_of(rate)
    assert SoundFolder(
        path=str(recordings), seconds=seconds, rate=rate, form="wave"
    ).spec.shape == (samples,)


def test_both_forms_share_one_pack(recordings: Path, cache: Path) -> None:
    fill(recordings)
    mel, wave = (SoundFolder(path=str(recordings), form=form) for form in ("mel", "wave"))  # pyrefly: ignore
    assert mel.split("train").hash() == wave.split("train").hash()
    assert SoundFolder(path=str(recordings), bins=80).spec.shape[0] == 80
    assert len(list((cache / "packs").iterdir())) == 1


def test_every_step_is_counted(recordings: Path) -> None:
    soundfile.write(recordings / "a.wav", noise(1, 44_100), 44_100)
    soundfile.write(recordings / "b.flac", np.stack([noise(2), noise(3)], axis=1), 8_000)
    soundfile.write(recordings / "c.ogg", noise(4, 16_000), 16_000)
    silence = np.zeros(800)
    soundfile.write(recordings / "d.wav", np.concatenate([silence, noise(5), silence]), 8_000)
    soundfile.write(recordings / "e.wav", noise(6) * 4, 8_000, subtype="FLOAT")
    data = SoundFolder(path=str(recordings), seconds=0.512)
    assert data.report["conversions"] == {
        "2 channels to 1": 1,
        "16,000 to 8,000 Hz": 1,
        "44,100 to 8,000 Hz": 1,
        "beyond full scale, scaled down": 1,
        "constant offset removed": data.report["conversions"]["constant offset removed"],
        "cut": 2,
        "levelled": 5,
        "padded": 3,
        "quiet ends trimmed": 1,
    }
    assert data.report["settings"]["samples"] == 4096
    assert data.report["settings"]["trim"] is True
    assert data.report["filter"].startswith("polyphase")


def test_nothing_is_done_unasked(recordings: Path) -> None:
    half = np.random.RandomState(0).randint(-9_000, 9_000, 256).astype(np.int16)
    for name, wave in (("a", half), ("b", half // 2 * 2)):
        soundfile.write(recordings / f"{name}.wav", np.concatenate([wave, -wave]), 8_000)
    data = SoundFolder(path=str(recordings), seconds=0.064, trim=False, level=False)
    assert np.array_equal(everything(data)["a.wav"], np.concatenate([half, -half]))
    assert data.report["conversions"] == {}


def test_sub_folders_are_classes(recordings: Path) -> None:
    for name in ("yes", "no", "no/really"):
        fill(recordings / name, 4)
    (recordings / "README.md").write_text("about")
    data = SoundFolder(path=str(recordings))
    assert data.spec.labels == {"class": ("no", "yes")}
    labels = np.concatenate([data.split(part).labels["class"] for part in ("train", "test")])
    for name, label in zip(data.report["files"], labels, strict=True):
        assert data.spec.labels["class"][label] == name.split("/")[0]
    assert data.report["others"] == 1
    assert data.source.startswith("12 recordings in ")


def test_recordings_beside_classes_are_refused(recordings: Path) -> None:
    for name in (".", "yes", "no"):
        fill(recordings / name, 2)
    with pytest.raises(BadData, match=r"has recordings beside its sub-folders \(2\)"):
        SoundFolder(path=str(recordings)).split("train")


def test_the_split_is_stable_and_copies_stay_on_one_side(recordings: Path) -> None:
    fill(recordings, 20)
    for seed in range(20):
        shutil.copy(recordings / f"{seed:03}.wav", recordings / f"zz copy {seed}.wav")
    before = SoundFolder(path=str(recordings), seconds=0.064, test_share=0.5)
    train = {wave.tobytes() for wave in before.split("train").values}
    test = {wave.tobytes() for wave in before.split("test").values}
    assert len(train | test) == 20
    assert not train & test
    soundfile.write(recordings / "one more.wav", noise(99), 8_000)
    after = SoundFolder(path=str(recordings), seconds=0.064, test_share=0.5)
    assert train <= {wave.tobytes() for wave in after.split("train").values}
    assert test <= {wave.tobytes() for wave in after.split("test").values}


def test_recordings_are_packed_once(
    recordings: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(recordings)
    (recordings / "broken.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    first = SoundFolder(path=str(recordings)).split("train")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Packing 11 recordings" in shown.err
    assert "broken.wav: broken WAV" in shown.err
    second = SoundFolder(path=str(recordings)).split("train")
    assert capsys.readouterr().err == ""
    assert isinstance(first.values, np.memmap)
    assert first.values.dtype == np.int16
    assert first.hash() == second.hash()
    (pack,) = (cache / "packs").iterdir()
    facts = json.loads((pack / "pack.json").read_text())
    assert facts["quarantined"].keys() == {"broken.wav"}
    SoundFolder(path=str(recordings), level=False).split("train")
    assert len(list((cache / "packs").iterdir())) == 2, "other settings are another pack"


def test_a_zip_gives_what_its_folder_gives(recordings: Path, tmp_path: Path) -> None:
    fill(recordings / "yes", 5)
    fill(recordings / "no", 5, 16_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(recordings.rglob("*")):
            archive.write(path, path.relative_to(recordings))
    inside, folder = (SoundFolder(path=str(p)) for p in (tmp_path / "a.zip", recordings))
    assert inside.spec == folder.spec
    for part in ("train", "test"):
        assert inside.split(part).hash() == folder.split(part).hash()


@pytest.mark.parametrize(
    "settings",
    [{"rate": 4_000}, {"rate": 96_000}, {"seconds": 0.01}, {"seconds": 61}, {"bins": 4},
     {"form": "midi"}, {"test_share": 1}],
)  # fmt: skip
def test_settings_out_of_bounds_are_named(settings: dict[str, object]) -> None:
    (name,) = settings
    with pytest.raises(UserError, match=rf"data\.{name}"):
        components.build(
            components.DATASET, {"name": "sound_folder", "path": "x", **settings}, where="data"
        )
