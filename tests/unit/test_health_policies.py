"""What a training does about trouble: it says so, goes back, or stops."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import sparring
from sparring.core.errors import Interrupted, TrainingFailed
from sparring.core.recipe import Recipe
from sparring.training import detectors, history, judging
from sparring.training.detectors import Detector
from sparring.training.keeper import Keeper
from sparring.training.run import Run
from sparring.training.signs import Signs

pytest.importorskip("mlxtend")

GENTLY = {"health.policy": "rollback", "health.learning_rate_factor": 0.01}


@pytest.fixture(scope="module", autouse=True)
def never_young() -> Iterator[None]:
    """Trainings this short would all pass as young."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detectors, "YOUNG", 0)
        patch.setattr(detectors, "UNPRACTISED", 0)
        yield


@pytest.fixture(scope="module")
def failing() -> Recipe:
    """Digits with steps far too large on tiny networks: it collapses within seconds."""
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [32]},
        "discriminator": {"name": "mlp", "widths": [32]},
    }
    rhythm = {"log_every": 64, "preview_every": 10**6, "checkpoint_every": 128, "keep": 2}
    table: dict[str, Any] = {
        "name": "failing",
        "samples": 640,
        "data": {"name": "mnist_5k", "batch": 32},
        "networks": networks,
        "objective": {"name": "non_saturating"},
        "optimiser": {"learning_rate": 0.5},
        "training": {"precision": "float32", "threads": 1, "preview_count": 1, **rhythm},
        "judge": {"every": 64, "count": 100, "budget": 1.0},
    }
    return Recipe.from_json(table)


@pytest.fixture(scope="module")
def warned(failing: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run that failed; look, do not touch."""
    return sparring.train(failing, out=tmp_path_factory.mktemp("failing") / "run", quiet=True)


def test_findings_stand_in_rows_and_manifest(warned: Run) -> None:
    found = warned.manifest["health"]
    assert found
    for finding in found:
        row = next(row for row in warned.metrics if row["samples"] == finding["samples"])
        assert finding["name"] in row["findings"]
        assert any(letter.isdigit() for letter in finding["sentence"])


def test_findings_stand_in_tensorboard(warned: Run) -> None:
    tags = EventAccumulator(str(warned.folder)).Reload().Tags()["tensors"]
    for finding in warned.manifest["health"]:
        assert f"health/{finding['name']}/text_summary" in tags


def test_each_onset_is_said_once(
    failing: Recipe, warned: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sparring.train(failing, out=tmp_path / "run", quiet=True)
    talk = capsys.readouterr().err
    assert talk.count("Health, ") == len(warned.manifest["health"])
    assert len(warned.manifest["health"]) < 10


def test_a_resumed_run_keeps_its_findings(warned: Run, tmp_path: Path) -> None:
    run = Run(shutil.copytree(warned.folder, tmp_path / "run"))
    shutil.rmtree(run.checkpoints[0])
    sparring.resume(run.folder, quiet=True)
    assert run.manifest["health"] == warned.manifest["health"]


def test_stop_ends_with_the_diagnosis_and_keeps_checkpoints(
    failing: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(TrainingFailed, match=r"health\.policy asks\. .*\d") as end:
        sparring.train(failing, {"health.policy": "stop"}, out=tmp_path / "run", quiet=True)
    assert end.value.code == 4
    run = Run(tmp_path / "run")
    assert run.best is not None
    assert run.manifest["health"]
    assert run.sampler().generate(1).samples.shape == (1, 1, 28, 28)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only trouble there is comes after 320 samples, as long as steps are large."""

    def seen(looks: Sequence[Signs]) -> str:
        return "Large." if looks[-1]["samples"] >= 320 and looks[-1]["learning_rate"] > 0.1 else ""

    trouble = Detector("late", "late", True, seen, "Steps are large.", "Make them smaller.")
    monkeypatch.setattr(history, "DETECTORS", (trouble,))


def test_rollback_returns_to_the_best_and_goes_on_more_gently(
    failing: Recipe, late: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = sparring.train(failing, GENTLY, out=tmp_path / "run", quiet=True)
    assert capsys.readouterr().err.count("to the best checkpoint") == 1
    assert run.samples == 640
    state = json.loads((run.checkpoints[0] / "state.json").read_text())
    assert state["health"]["returns"] == 1
    assert state["learning_rate_factor"] == pytest.approx(0.01)
    assert run.metrics[-1]["learning_rate"] == pytest.approx(0.005)
    shown = [row["samples"] for row in run.metrics]
    assert shown == list(range(64, 641, 64))
    assert [finding["name"] for finding in run.manifest["health"]] == ["late"]
    assert [row["findings"] for row in run.metrics if "findings" in row] == [["late"]]


def test_a_rollback_that_was_killed_ends_with_the_same_bits(
    failing: Recipe, late: None, tmp_path: Path
) -> None:
    run = sparring.train(failing, GENTLY, out=tmp_path / "run", quiet=True)
    end, best = run.checkpoints[0] / "weights.safetensors", run.best
    before = end.read_bytes()
    assert best is not None
    for path in run.checkpoints:
        if path != best or path == run.checkpoints[0]:
            shutil.rmtree(path)
    sparring.resume(run.folder, quiet=True)
    assert end.read_bytes() == before


def test_returns_are_limited(failing: Recipe, late: None, tmp_path: Path) -> None:
    care = {"health.policy": "rollback", "health.learning_rate_factor": 1.0, "health.rollbacks": 1}
    with pytest.raises(
        TrainingFailed, match="going back to the best checkpoint 1 times did not help"
    ):
        sparring.train(failing, care, out=tmp_path / "run", quiet=True)


def test_what_was_found_before_the_way_back_is_written_where_someone_stops_then(
    failing: Recipe, late: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = Keeper._return_to_best

    def stop_soon(keeper: Keeper) -> None:
        back(keeper)
        keeper.stop.set()

    monkeypatch.setattr(Keeper, "_return_to_best", stop_soon)
    with pytest.raises(Interrupted):
        sparring.train(failing, GENTLY, out=tmp_path / "run", quiet=True)
    run = Run(tmp_path / "run")
    assert [row["findings"] for row in run.metrics if "findings" in row] == [["late"]]


def test_each_onset_acts_however_often_it_was_said(
    failing: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([*range(100, 90, -1), *range(105, 200)])
    moments = (128, 448, 768)  # the score is still the best one at the first two

    def seen(looks: Sequence[Signs]) -> str:
        bad = looks[-1]["samples"] in moments and looks[-1]["learning_rate"] > 1e-5
        return "Bad." if bad else ""

    trouble = Detector("late", "late", True, seen, "So it is.", "Make it better.")
    monkeypatch.setattr(history, "DETECTORS", (trouble,))
    monkeypatch.setattr(judging.Judge, "score", lambda *_: float(next(scores)))
    settings = {**GENTLY, "optimiser.learning_rate": 1e-4, "samples": 1024}
    run = sparring.train(failing, settings, out=tmp_path / "run", quiet=True)
    assert [finding["samples"] for finding in run.manifest["health"]] == list(moments)
    assert run.metrics[-1]["learning_rate"] < 1e-5
