"""Samples, data and extractors that no verdict can rest on: one sentence, nothing half-written."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sparring
from sparring import cli
from sparring.core import weights
from sparring.core.errors import BadData
from sparring.evaluation.reference import reference
from sparring.extractors import _choosing

Ends = Callable[..., str]


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Ends:
    """Type `sparring evaluate` in a folder of its own; what it says when it ends with 3."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def run(*words: object) -> str:
        typed = ["sparring", "evaluate", *(str(word) for word in words), "--quick", "--quiet"]
        monkeypatch.setattr(sys, "argv", [*typed, "--device", "cpu"])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert end.value.code == 3, said.err
        assert said.out == ""
        talk = [line for line in said.err.splitlines() if not line.startswith("Packing")]
        assert len(talk) == 1, "one sentence"
        assert not list(here.iterdir()), "nothing is written"
        return said.err

    return run


def pictures(folder: Path, count: int, mode: str = "L", side: int = 28) -> Path:
    folder.mkdir()
    chance = np.random.default_rng(0)
    depth = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    for number in range(count):
        pixels = chance.integers(0, 256, (side, side, *depth), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return folder


def test_empty_folder(tmp_path: Path, refused: Ends) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "sheet.png").write_bytes(b"")
    assert "holds no samples" in refused(tmp_path / "empty", "--data", "mnist_5k")


def test_nothing_there(tmp_path: Path, refused: Ends) -> None:
    assert "There is no" in refused(tmp_path / "nothing", "--data", "mnist_5k")


def test_run_without_a_model(trained: sparring.Run, tmp_path: Path, refused: Ends) -> None:
    shutil.copytree(trained.folder, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "model")
    assert "There is no model in" in refused(tmp_path / "run")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "stacked_mnist"])
def test_judging_downloads_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Ends
) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path / "none"))
    said = refused(pictures(tmp_path / "some", 3), "--data", name)
    assert f"The data set {name} is not on this machine" in said
    assert f"sparring data get {name}" in said


def test_other_size(tmp_path: Path, refused: Ends) -> None:
    said = refused(pictures(tmp_path / "large", 3, side=32), "--data", "mnist_5k")
    assert "000.png has 32 x 32 pixels; 28 x 28 are needed" in said


@pytest.mark.parametrize(
    ("mode", "data", "sentence"),
    [
        ("RGB", "mnist_5k", "is in colour; the data are gray"),
        ("RGBA", "mnist_5k", "is in colour with transparency"),
    ],
)
def test_other_channels(mode: str, data: str, sentence: str, tmp_path: Path, refused: Ends) -> None:
    assert sentence in refused(pictures(tmp_path / "other", 3, mode), "--data", data)


def test_gray_for_colours(full_data: Path, tmp_path: Path, refused: Ends) -> None:
    said = refused(pictures(tmp_path / "gray", 3), "--data", "stacked_mnist", "--set", "count=2000")
    assert "is gray; the data are in colour" in said


def test_unreadable_file(tmp_path: Path, refused: Ends) -> None:
    folder = pictures(tmp_path / "torn", 3)
    whole = (folder / "001.png").read_bytes()
    (folder / "001.png").write_bytes(whole[: len(whole) // 2])
    assert "001.png cannot be read" in refused(folder, "--data", "mnist_5k")


def test_too_few_samples(tmp_path: Path, refused: Ends) -> None:
    said = refused(pictures(tmp_path / "few", 20), "--data", "mnist_5k")
    assert "There are only 20 samples of few; every metric needs at least 100." in said


def test_too_few_real_samples(tmp_path: Path, refused: Ends) -> None:
    real = pictures(tmp_path / "real", 40, side=16)
    fake = pictures(tmp_path / "fake", 120, side=16)
    data = ("--data", "image_folder", "--set", f"path={real}", "--set", "size=16")
    said = refused(fake, *data)
    assert "held-out samples of image_folder; every metric needs at least 100." in said
    assert "With 10 % held out that takes about 1,300 samples in all; add some." in said


def test_pictures_that_would_do_if_more_were_held_out(tmp_path: Path, refused: Ends) -> None:
    real = pictures(tmp_path / "real", 400, side=16)
    fake = pictures(tmp_path / "fake", 120, side=16)
    data = ("--data", "image_folder", "--set", f"path={real}", "--set", "size=16")
    said = refused(fake, *data)
    assert "about 1,300 samples in all; add some, or train anew with data.test_share=0.33." in said
    advised = reference({"name": "image_folder", "path": str(real), "test_share": 0.33})
    assert len(advised.held_out) >= 100


def test_constant_samples(tmp_path: Path, refused: Ends) -> None:
    folder = pictures(tmp_path / "same", 1)
    for number in range(1, 120):
        shutil.copy(folder / "000.png", folder / f"{number:03d}.png")
    assert "All 120 samples of same are the same one." in refused(folder, "--data", "mnist_5k")


def test_not_a_number(tmp_path: Path, refused: Ends) -> None:
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [8]},
        "discriminator": {"name": "mlp", "widths": [8]},
    }
    recipe = sparring.Recipe.from_json(
        {"samples": 16, "data": {"name": "mnist_5k", "batch": 16}, "networks": networks,
         "objective": {"name": "hinge"}}
    )  # fmt: skip
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    model = run.folder / "model" / "model.safetensors"
    tensors, header = weights.read(model)
    weights.write(model, {name: t * float("nan") for name, t in tensors.items()}, header)
    assert "samples of run are not all numbers" in refused(run.folder)


def test_other_shape_than_the_data(trained: sparring.Run, refused: Ends) -> None:
    said = refused(trained.folder, "--data", "mnist_5k")
    assert "makes image samples of shape (1, 8, 8); the data are" in said


def test_extractor_that_is_not_the_one_of_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Ends
) -> None:
    shutil.copytree(_choosing.SHIPPED, tmp_path / "shipped")
    monkeypatch.setattr(_choosing, "SHIPPED", tmp_path / "shipped")
    weights_file = tmp_path / "shipped" / "mnist" / "residual.safetensors"
    content = bytearray(weights_file.read_bytes())
    content[-1] ^= 1
    weights_file.write_bytes(content)
    said = refused(pictures(tmp_path / "some", 120), "--data", "mnist_5k")
    assert "is not the extractor of its card" in said


@pytest.mark.parametrize(
    ("card", "wrong"),
    [
        (None, "there is no residual.json beside it"),
        ("}", "residual.json is no JSON"),
        ("[]", "residual.json does not tell architecture, data, data_sha256, ..."),
        ("{}", "residual.json does not tell architecture, data, data_sha256, ..."),
    ],
)
def test_extractor_without_a_card_of_its_own(
    card: str | None, wrong: str, tmp_path: Path, refused: Ends
) -> None:
    file = tmp_path / "residual.safetensors"
    shutil.copy(_choosing.SHIPPED / "mnist" / file.name, file)
    if card is not None:
        file.with_suffix(".json").write_text(card)
    some = pictures(tmp_path / "some", 120)
    assert wrong in refused(some, "--data", "mnist_5k", "--extractor", file)


def test_what_one_metric_cannot_measure_the_others_still_do(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "noise", 120)
    report = sparring.evaluate(folder, "mnist_5k", count=120, quick=True, device="cpu")
    assert {"kernel", "precision", "class_kl"} <= set(report.scores)
    assert "frechet" not in report.scores
    (omitted,) = report.to_json()["not_computed"]
    assert omitted["metric"] == "frechet"
    assert omitted["reason"] == (
        "There are 120 generated samples; this number needs more than the 128 features that each "
        "has."
    )
    assert report.sentence.startswith("noise: Kernel distance")
    page = report.save(tmp_path / "report").with_suffix(".md").read_text(encoding="utf-8")
    assert "Not computed: Fréchet distance, by plain/mnist" in page


def test_errors_are_ours(tmp_path: Path) -> None:
    with pytest.raises(BadData):
        sparring.evaluate(tmp_path / "nothing", "mnist_5k")
