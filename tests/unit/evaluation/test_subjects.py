"""Folders of samples, and models with and without labels."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

import sparring
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.evaluation.reference import Reference, reference
from sparring.evaluation.session import silent
from sparring.evaluation.subjects import Drawn, Wanted, subject


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


@pytest.mark.parametrize(
    ("number", "sentence"), [({"count": -1}, "count = -1"), ({"seed": -1}, "seed = -1")]
)
def test_numbers_out_of_range(number: dict[str, int], sentence: str, digits: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        sparring.evaluate(digits, "mnist_5k", count=number.get("count", 0),
                          seed=number.get("seed", 0))  # fmt: skip


def test_too_few_held_out_samples(trained: sparring.Run) -> None:
    with pytest.raises((BadData, UserError)):
        sparring.evaluate(trained.folder, quick=True)
