"""A loss that is not a number: skip once, roll back once, then stop with a diagnosis."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import TrainingFailed
from sparring.core.recipe import Recipe
from sparring.core.weights import read
from sparring.training.run import Run


def exploding(tiny: Recipe, times: int) -> Recipe:
    table = {"name": "exploding:Exploding", "at": 10, "times": times}
    changes = {f"objective.{key}": value for key, value in table.items()}
    return tiny.replace({**changes, "training.checkpoint_every": 16 * 4, "samples": 16 * 30})


def test_one_bad_step_is_skipped(
    tiny: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = sparring.train(exploding(tiny, 1), out=tmp_path / "run")
    assert run.samples == 16 * 30
    assert "its step is skipped" in capsys.readouterr().err


def test_two_bad_steps_roll_back_and_training_ends_well(
    tiny: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = sparring.train(exploding(tiny, 2), out=tmp_path / "run")
    assert run.samples == 16 * 30
    assert "back to 128" in capsys.readouterr().err  # 8 steps of 16, the checkpoint before step 10


def test_still_bad_after_the_roll_back_ends_with_a_diagnosis(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"diverged: .* again .*learning_rate") as end:
        sparring.train(exploding(tiny, 100), out=tmp_path / "run", quiet=True)
    assert end.value.code == 4
    run = Run(tmp_path / "run")
    said = [name for row in run.metrics for name in row.get("findings", ())]
    assert said == [finding["name"] for finding in run.manifest["health"]]
    assert set(said) == {"not_finite"}
    last = run.checkpoints[0] / "weights.safetensors"
    assert all(bool(torch.isfinite(t).all()) for t in read(last)[0].values())


def test_a_checkpoint_that_does_not_help_is_tried_once(tiny: Recipe, tmp_path: Path) -> None:
    # Far from the checkpoint, so that many good steps lie between the troubles.
    recipe = exploding(tiny, 100).replace(
        {"objective.at": 120, "training.checkpoint_every": 10**6, "samples": 16 * 200}
    )
    with pytest.raises(TrainingFailed, match="returning to 0 samples"):
        sparring.train(recipe, out=tmp_path / "run", quiet=True)


def test_rows_are_numbers_and_come_once(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(exploding(tiny, 2), out=tmp_path / "run", quiet=True)
    shown = [row["samples"] for row in run.metrics]
    assert shown == sorted(set(shown))
    rows = run.metrics
    said = [name for row in rows for name in row.pop("findings", [])]
    assert set(said) == {"not_finite"}
    assert all(math.isfinite(value) for row in rows for value in row.values())
