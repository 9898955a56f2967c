"""Folders of samples, and models with and without labels."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

import sparring
from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.evaluation import _folder
from sparring.evaluation.judge import Judge
from sparring.evaluation.limits import limits_of
from sparring.evaluation.reference import Reference, reference
from sparring.evaluation.session import silent
from sparring.evaluation.subjects import Drawn, Wanted, subject
from sparring.extractors import _choosing
from sparring.extractors._choosing import looks_for
from sparring.metrics import Better, Evidence, Figure, Metric, train_on_synthetic


@pytest.fixture(scope="module")
def real() -> Reference:
    return reference({"name": "mnist_5k"})


def drawn(given: str | Path | sparring.Sampler, real: Reference, count: int = 1_000) -> Drawn:
    return subject(given, "cpu").draw(0, Wanted(count), real.spec, real.modality, silent)


def test_sub_folders_tell_classes(digits: Path, real: Reference) -> None:
    found = drawn(digits, real)
    assert found.raw.shape == (150, 1, 28, 28)
    assert found.raw.dtype == torch.uint8
    assert [str(i) for i in found.labels["digit"].tolist()] == [n[0] for n in found.names]
    some = drawn(digits, real, 40)
    assert len(some.raw) == len(set(some.names)) == 40


def test_files_of_our_own_tell_classes(
    runs: list[sparring.Run], tmp_path: Path, real: Reference
) -> None:
    made = runs[0].sampler().generate(20, seed=5)
    made.save(tmp_path / "made")
    found = drawn(tmp_path / "made", real)
    assert found.labels["digit"].tolist() == [i % 10 for i in range(5, 25)]
    assert torch.equal(found.raw, real.modality.to_raw(made.samples))


def test_files_and_the_model_behind_them_are_the_same(
    runs: list[sparring.Run], tmp_path: Path, real: Reference
) -> None:
    from_model = drawn(runs[0].folder, real, 12)
    runs[0].sampler().generate(12).save(tmp_path / "made")
    from_files = drawn(tmp_path / "made", real)
    assert torch.equal(from_model.raw, from_files.raw)
    assert torch.equal(from_model.labels["digit"], from_files.labels["digit"])


def test_one_file_without_a_class_leaves_all_without(
    digits: Path, tmp_path: Path, real: Reference
) -> None:
    shutil.copytree(digits, tmp_path / "digits")
    shutil.copy(next((digits / "3").iterdir()), tmp_path / "digits" / "loose.png")
    assert drawn(tmp_path / "digits", real).labels == {}


TWO_SETS = Spec(
    "audio", (64, 80), rate=8_000,
    labels={"digit": ("1", "7"), "speaker": ("theo", "ann marie"), "mood": ("7", "calm")},
)  # fmt: skip


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["000012-7-theo-calm.wav", "000013-1-ann_marie-7.wav"],
         {"digit": [1, 0], "speaker": [0, 1], "mood": [1, 0]}),
        (["theo/a.wav", "ann marie/b.wav"], {"speaker": [0, 1]}),
        (["calm/theo/1/a.wav", "theo/7/000012-1-theo-calm.wav"],
         {"digit": [0, 0], "speaker": [0, 0], "mood": [1, 1]}),
        (["000012-7-theo.wav", "000013-1.wav"], {}),
        (["000012-7-theo-calm.wav", "000013-1-strange-calm.wav"],
         {"digit": [1, 0], "mood": [1, 1]}),
        (["7/a.wav", "7/b.wav"], {}),
    ],
    ids=["names", "folders", "both", "not one for each", "not all", "of two label sets"],
)  # fmt: skip
def test_several_label_sets_are_told(names: list[str], told: dict[str, list[int]]) -> None:
    found = _folder.labels([Path("made", name) for name in names], Path("made"), TWO_SETS)
    assert {name: index.tolist() for name, index in found.items()} == told


def test_gray_saved_in_colour_is_gray(digits: Path, tmp_path: Path, real: Reference) -> None:
    path = next((digits / "3").iterdir())
    with Image.open(path) as picture:
        picture.convert("RGB").save(tmp_path / "0.png")
        picture.save(tmp_path / "1.png")
    found = drawn(tmp_path, real)
    assert torch.equal(found.raw[0], found.raw[1])


def test_labels_that_a_network_ignores_are_no_labels(
    small: Recipe, tmp_path: Path, real: Reference
) -> None:
    recipe = small.replace({"networks.generator.conditional": False}, samples=32)
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    assert drawn(run.folder, real, 4).labels == {}


def test_what_to_compare_with_must_be_known(digits: Path) -> None:
    with pytest.raises(UserError, match=r"Say what .* is compared with: --data NAME"):
        sparring.evaluate(digits)


def test_a_folder_is_judged_as_a_model_is(digits: Path) -> None:
    report = sparring.evaluate(digits, "mnist_5k", count=150, quick=True, device="cpu")
    assert report.scores["label_accuracy"].value > 0.9
    assert report.verdict.subject["kind"] == "folder"


class Asked(Metric):
    """How many label sets were asked for."""

    title, source = "Label sets", "none"
    better: ClassVar[Mapping[str, Better]] = {"sets": "real"}
    by_labels = True

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        count = float(len(evidence.generated.labels))
        return {"sets": Figure(count, count, count)}


class Labelled(Asked):
    """Has no floor where no label was asked for."""

    title = "Labels alone"

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        if not evidence.generated.labels:
            raise BadData("There are no labels.")
        return self.measure(evidence, rng)


def test_floors_are_of_the_label_sets_that_a_subject_tells(
    digits: Path, tmp_path: Path, real: Reference
) -> None:
    for number, path in enumerate(sorted(digits.glob("*/*.png"))):
        shutil.copy(path, tmp_path / f"{number}.png")
    looks = looks_for(real.table, real.dataset, real.modality, device=torch.device("cpu"))
    judge = Judge(real, looks[:1], count=150, seed=0, quick=True, hear=silent)
    judge.metrics = {"asked": Asked(), "labelled": Labelled()}
    told, untold = (judge.examine(subject(each, "cpu")) for each in (digits, tmp_path))
    floors = [score.floor and score.floor.value for score in (*told.scores, *untold.scores)]
    assert floors == [1, 1, 0, None]
    assert not any(limit.startswith("There is no floor") for limit in limits_of(judge, told))
    said = limits_of(judge, untold)[0]
    assert said == "There is no floor of Labels alone. There are no labels."


def test_training_samples_of_other_classes_than_the_held_out_ones_set_no_floor(
    digits: Path,
) -> None:
    threes = {"digits": [3]}
    report = sparring.evaluate(
        digits, "mnist_5k", settings=threes, count=150, quick=True, device="cpu"
    )
    assert report.floors == {}
    assert report.sentence.endswith("; there is no floor to compare it with.")
    (said,) = (limit for limit in report.limits if limit.startswith("There is no floor of"))
    assert "Fréchet distance" in said
    assert said.endswith(
        "A floor needs training samples with as large a share of each 'digit' as held-out ones "
        "have."
    )


@pytest.mark.parametrize(
    ("number", "sentence"), [({"count": -1}, "count = -1"), ({"seed": -1}, "seed = -1")]
)
def test_numbers_out_of_range(number: dict[str, int], sentence: str, digits: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        sparring.evaluate(digits, "mnist_5k", count=number.get("count", 0),
                          seed=number.get("seed", 0))  # fmt: skip


def test_too_few_held_out_samples(trained: sparring.Run) -> None:
    with pytest.raises(BadData, match=r"There are only \d held-out samples of image_folder; every"):
        sparring.evaluate(trained.folder, quick=True)


def noisy(folder: Path, count: int, seed: int, classes: tuple[str, ...] = ("",)) -> Path:
    """Small pictures of a bright spot somewhere, each class at another height."""
    chance = np.random.default_rng(seed)
    for number in range(count):
        pixels = chance.integers(0, 60, (8, 8), dtype=np.uint8)
        place = number % len(classes)
        pixels[4 * place : 4 * place + 4, chance.integers(8)] = 255
        target = folder / classes[place]
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(target / f"{number}.png")
    return folder


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extractors and classifiers learn for a few steps only."""
    learn = train_on_synthetic.recognised_after
    monkeypatch.setattr(_choosing, "STEPS", 4)
    monkeypatch.setattr(
        train_on_synthetic, "recognised_after", lambda given, _steps, seed: learn(given, 4, seed)
    )


@pytest.mark.usefixtures("in_no_time")
def test_everything_is_measured_where_nothing_presses(tmp_path: Path) -> None:
    both = ("high", "low")
    real = noisy(tmp_path / "real", 1_600, 0, both)
    fake = noisy(tmp_path / "fake", 200, 1, both)
    settings = {"path": str(real), "size": 8}
    report = sparring.evaluate(fake, "image_folder", settings=settings, device="cpu")
    assert report.basis["counts"]["train"] > 1_300
    assert not report.verdict.omitted
    measured = {score.metric for score in report.verdict.scores}
    metrics = {
        name: components.find(components.METRIC, name)() for name in components.names("metrics")
    }
    assert measured == {
        n for n, metric in metrics.items() if metric.applies(report.verdict.evidence)
    }
    assert {"frechet", "train_on_synthetic"} <= measured
    assert {score.name for score in report.verdict.scores if len(score.readings) < 2} == {"cas"}
    assert report.verdict.pairs is not None
    page = report.save(tmp_path / "report").with_suffix(".md").read_text(encoding="utf-8")
    for title in ("Figures", "Class by class", "Closest to the training data"):
        assert f"## {title}" in page


@pytest.mark.usefixtures("in_no_time")
def test_pictures_without_labels_are_judged(tmp_path: Path) -> None:
    real = noisy(tmp_path / "real", 1_600, 0)
    fake = noisy(tmp_path / "fake", 200, 1)
    settings = {"path": str(real), "size": 8}
    report = sparring.evaluate(fake, "image_folder", settings=settings, quick=True, device="cpu")
    assert set(report.scores) == {
        "frechet", "kernel", "precision", "recall", "density", "coverage",
        "diversity", "diversity_worst",
    }  # fmt: skip
    assert report.verdict.classes == ()
    assert "Class by class" not in report.paper().markdown.decode()


def test_stacked_digits_are_judged_by_their_modes(full_data: Path, tmp_path: Path) -> None:
    settings = {"count": 1_500}
    stacked = reference({"name": "stacked_mnist", **settings})
    samples = stacked.modality.to_samples(stacked.learned_from(150, seed=0)[0])
    (tmp_path / "fake").mkdir()
    for number, sample in enumerate(samples):
        (tmp_path / "fake" / f"{number}.png").write_bytes(stacked.modality.encode(sample))
    report = sparring.evaluate(
        tmp_path / "fake", "stacked_mnist", settings=settings, quick=True, device="cpu"
    )
    assert 100 < report.scores["modes"].value <= 150
    omitted = {each.metric: each.reason for each in report.verdict.omitted}
    assert set(omitted) == {"frechet", "diversity"}  # 10 of a mode are too many to ask for here
    assert "more than the 384 features" in omitted["frechet"]
    assert report.sentence.startswith("fake: Kernel distance")
