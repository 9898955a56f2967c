"""The command line as people and programs use it: real processes, real exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sparring
from sparring.core.recipe import Recipe, to_toml


def sparring_says(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sparring", *(str(word) for word in words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_train_generate_and_walk(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny))
    trained = sparring_says("train", "mine.toml", "samples=64", "--json", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    facts = json.loads(trained.stdout)
    assert facts["metrics"]["samples"] == 64
    made = sparring_says("generate", facts["run"], "-n", 3, "--label", "dark", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    files = made.stdout.split()
    assert [Path(f).name for f in files] == [
        "000000-dark.png", "000001-dark.png", "000002-dark.png", "sheet.png",
    ]  # fmt: skip
    assert all((tmp_path / f).stat().st_size for f in files)
    walk = sparring_says("generate", facts["run"], "--between", "0,4", "--json", cwd=tmp_path)
    assert [Path(f).name for f in json.loads(walk.stdout)["files"]] == ["strip.png", "walk.gif"]


def test_the_run_goes_to_the_next_free_folder(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny.replace(name="mine")))
    runs = [sparring_says("train", "mine.toml", "samples=16", cwd=tmp_path) for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == ["runs/mine", "runs/mine-2"]


def test_dry_run_writes_nothing(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny))
    plan = sparring_says("train", "mine.toml", "--dry-run", "--json", cwd=tmp_path)
    assert plan.returncode == 0, plan.stderr
    estimate = json.loads(plan.stdout)["estimate"]
    assert estimate["parameters"]["generator"] > 0
    assert estimate["seconds_per_thousand"] > 0
    assert estimate["disk_bytes"] > 0
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["train", "digitz"], 2, "Did you mean 'digits'?"),
        (["train", "digits", "objective.gama=1"], 2, "Did you mean 'gamma'?"),
        (["train", "digits", "sample=1"], 2, "Did you mean 'samples'?"),
        (["train", "digits", "data.batch=-1"], 2, "data.batch = -1"),
        (["train", "digits", "samples=many"], 2, "samples = 'many'"),
        (["train", "digits", "samples=0"], 2, "samples = 0"),
        (["train", "digits", "seed=-1"], 2, "seed = -1"),
        (["train", "digits", "nonsense"], 2, "write table.key=value"),
        (["train", "digits", "objective.name=hinj"], 2, "Did you mean 'hinge'?"),
        (["train", "digits", "optimiser.learning_rate=[1,2,3]"], 2, "two numbers, not 3"),
        (["train", "digits", "training.accumulate=7"], 2, "equal micro-batches"),
        (["train", "digits", "--device", "warp"], 2, "no device 'warp'"),
        (["train", "folder"], 2, "data.path"),
        (["train", "none.toml"], 2, "no recipe file none.toml"),
        (["generate", "nothing"], 3, "There is no"),
        (["resume", "nothing"], 3, "is not a run"),
        (["data", "check", "nothing"], 3, "nothing"),
        (["data", "get", "mnits"], 2, "Did you mean 'mnist'?"),
    ],
)
def test_mistakes_get_one_sentence(
    words: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    done = sparring_says(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--label", "mauve"], "There is no class 'mauve'"),
        (["--label", "shade=dark"], "no label set 'shade'"),
        (["--count", "0"], "count = 0"),
        (["--seed", "-1"], "seed = -1"),
        (["--truncation", "2"], "truncation = 2"),
        (["--between", "1"], "two seeds"),
        (["--between", "a,b"], "not a list of seeds"),
    ],
)
def test_mistakes_in_asking(
    trained: sparring.Run, words: list[str], sentence: str, tmp_path: Path
) -> None:
    done = sparring_says("generate", trained.folder, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not list(tmp_path.iterdir())


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in sparring_says("--debug", "train", "digitz", cwd=tmp_path).stderr


@pytest.mark.parametrize("words", [["doctor"], ["recipes", "list"], ["data", "list"],
                                   ["recipes", "show", "digits"]])  # fmt: skip
def test_lists_speak_json_and_text(words: list[str], tmp_path: Path) -> None:
    assert json.loads(sparring_says(*words, "--json", cwd=tmp_path).stdout)
    assert sparring_says(*words, cwd=tmp_path).stdout.strip()
