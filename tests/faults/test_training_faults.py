"""What can go wrong around a training: full disks, flipped bits, second trainers, signals."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import BadData, OutOfResources, UserError
from sparring.core.recipe import Recipe, to_toml
from sparring.training import checkpoint, session
from sparring.training.run import Run


def weights_of(folder: Path) -> bytes:
    return (Run(folder).checkpoints[0] / "weights.safetensors").read_bytes()


def test_a_full_disk_leaves_the_old_checkpoint_intact(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, {"samples": 64}, out=tmp_path / "run", quiet=True)
    before = weights_of(run.folder)
    resource_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails with EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource_limit[1]))
    try:
        with pytest.raises(OutOfResources, match=r"checkpoints.*bytes") as caught:
            checkpoint.save(
                run.folder / "checkpoints", 999, {"weights": {"w": torch.zeros(50_000)}}, {}
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, resource_limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.code == 5
    assert weights_of(run.folder) == before
    assert not list((run.folder / "checkpoints").glob("*.tmp-*"))


def test_a_flipped_bit_is_named_and_the_one_before_is_used(
    tiny: Recipe, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    straight = sparring.train(tiny, out=tmp_path / "straight", quiet=True)
    run = sparring.train(tiny, out=tmp_path / "run", quiet=True)
    damaged = run.checkpoints[0] / "weights.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-5] ^= 1
    damaged.write_bytes(content)
    session.resume(run.folder)
    talk = capfd.readouterr().err
    assert str(damaged) in talk
    assert "Going on from" in talk
    assert weights_of(run.folder) == weights_of(straight.folder)


def test_without_any_whole_checkpoint_there_is_one_sentence(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, {"samples": 32}, out=tmp_path / "run", quiet=True)
    for folder in run.checkpoints:
        (folder / "state.json").write_text("{")
    with pytest.raises(BadData, match="damaged"):
        session.resume(run.folder, quiet=True)


def test_a_second_trainer_is_refused(
    tiny: Recipe, tmp_path: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    folder = tmp_path / "run"
    first = started(tiny.replace(samples=10**9), folder)
    with pytest.raises(UserError, match=str(first.pid)) as caught:
        session.resume(folder, quiet=True)
    assert caught.value.code == 3
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 130


def test_an_existing_run_is_not_overwritten(tiny: Recipe, tmp_path: Path) -> None:
    sparring.train(tiny, {"samples": 32}, out=tmp_path / "run", quiet=True)
    with pytest.raises(UserError, match="sparring resume"):
        sparring.train(tiny, out=tmp_path / "run", quiet=True)


def test_interrupted_and_resumed_is_the_same_as_never_stopped(
    tiny: Recipe, tmp_path: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    # Checkpoints far apart, so that what is resumed is the moment of the signal itself.
    recipe = tiny.replace({"training.checkpoint_every": 10**6}, samples=16 * 400)
    folder = tmp_path / "run"
    process = started(recipe, folder)
    process.send_signal(signal.SIGINT)
    assert process.wait(300) == 130
    assert process.stderr is not None
    talk = process.stderr.read()
    assert "sparring resume" in talk
    assert "Traceback" not in talk
    stopped = Run(folder).samples
    assert 0 < stopped < recipe.samples
    resumed = subprocess.run(
        [sys.executable, "-m", "sparring", "resume", folder, "--quiet"],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    straight = tmp_path / "straight"
    assert started(recipe, straight, wait=False).wait(600) == 0
    assert weights_of(folder) == weights_of(straight)


def test_resuming_elsewhere_needs_inexact(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, {"samples": 32}, out=tmp_path / "run", quiet=True)
    file = run.folder / "manifest.json"
    facts = json.loads(file.read_text())
    file.write_text(json.dumps({**facts, "torch": "1.0"}))
    with pytest.raises(UserError, match=r"torch was 1\.0 .* --inexact"):
        session.resume(run.folder, quiet=True)
    assert session.resume(run.folder, inexact=True, quiet=True).samples == 32


def test_other_networks_than_the_checkpoint_are_named(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, {"samples": 32}, out=tmp_path / "run", quiet=True)
    file = run.folder / "recipe.json"
    stored = json.loads(file.read_text())
    stored["networks"]["generator"]["widths"] = [8, 8]
    file.write_text(json.dumps(stored))
    with pytest.raises(BadData, match=r"does not fit this network: .* (is|missing)"):
        session.resume(run.folder, quiet=True)


def test_finished_runs_stay_as_they_are(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, out=tmp_path / "run", quiet=True)
    before = weights_of(run.folder)
    time.sleep(0.01)
    session.resume(run.folder, quiet=True)
    assert weights_of(run.folder) == before


def test_a_run_lost_before_its_first_step_resumes(tiny: Recipe, tmp_path: Path) -> None:
    straight = sparring.train(tiny, out=tmp_path / "straight", quiet=True)
    first = tiny.replace({"training.keep": 100})
    run = sparring.train(first, out=tmp_path / "run", quiet=True)
    for later in run.checkpoints[:-1]:
        shutil.rmtree(later)
    assert run.samples == 0
    session.resume(run.folder, quiet=True)
    assert weights_of(run.folder) == weights_of(straight.folder)


def test_the_command_leaves_with_5_where_the_disk_is_full(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(to_toml(tiny))
    program = (
        "import resource, sys\n"
        "from sparring.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, resource.RLIM_INFINITY))\n"
        "sys.argv = ['sparring', 'train', 'tiny.toml', '--out', 'run', '--quiet']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 5, done.stderr
    assert "safetensors" in done.stderr
    assert "bytes are needed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "run").rglob("*.tmp-*"))
