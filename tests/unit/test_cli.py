"""The command line as people and programs use it: words in, streams and exit codes out.

All but a few run inside the test's process, which saves the seconds of starting one.
"""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import typer
from typer.core import TyperGroup

import sparring
from sparring import cli
from sparring.cli._printing import to_the_end
from sparring.core import mark
from sparring.core.errors import OutOfResources
from sparring.core.recipe import Recipe, to_toml
from sparring.provenance import unlabelled


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


Says = Callable[..., Done]


@pytest.fixture
def says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Says:
    """Type a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["sparring", *(str(word) for word in words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, *capsys.readouterr())

    return run


def process(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Type a command that starts a real process."""
    command = [sys.executable, "-m", "sparring", *(str(word) for word in words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_a_real_process_trains_and_speaks_json(tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny))
    done = process("train", "mine.toml", "samples=16", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == str(Path("runs") / tiny.name)


def test_a_real_process_ends_with_a_sentence_and_a_code(tmp_path: Path) -> None:
    done = process("train", "digitz", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sparring: There is no recipe 'digitz'. Did you mean 'digits'? " \
        "A file of your own ends in .toml.\n"  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "O_DIRECT"), reason="pipes that keep writes apart")
def test_a_sentence_is_written_in_one_piece(tmp_path: Path) -> None:
    # Others may write in between. With -u every write is a packet of its own, as pipes go.
    ours, theirs = os.pipe2(os.O_DIRECT)
    command = [sys.executable, "-u", "-m", "sparring", "train", "digitz"]
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs, check=False)
    os.close(theirs)
    with open(ours, "rb", buffering=0) as pipe:
        first = pipe.read(2**16)
    assert first.startswith(b"sparring: ")
    assert first.endswith(b"\n")


def test_train_generate_and_walk(tiny: Recipe, tmp_path: Path, says: Says) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny))
    trained = says("train", "mine.toml", "samples=64", "--json")
    assert trained.returncode == 0, trained.stderr
    facts = json.loads(trained.stdout)
    assert facts["metrics"]["samples"] == 64
    made = says("generate", facts["run"], "-n", 3, "--label", "dark")
    assert made.returncode == 0, made.stderr
    files = made.stdout.split()
    assert [Path(f).name for f in files] == [
        "000000-dark.png", "000001-dark.png", "000002-dark.png", "sheet.png",
    ]  # fmt: skip
    assert all((tmp_path / f).stat().st_size for f in files)
    walk = says("generate", facts["run"], "--between", "0,4", "--json")
    assert [Path(f).name for f in json.loads(walk.stdout)["files"]] == ["strip.png", "walk.gif"]


def test_the_run_goes_to_the_next_free_folder(tiny: Recipe, tmp_path: Path, says: Says) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny.replace(name="mine")))
    runs = [says("train", "mine.toml", "samples=16") for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == ["runs/mine", "runs/mine-2"]


def test_dry_run_writes_nothing(tiny: Recipe, tmp_path: Path, says: Says) -> None:
    (tmp_path / "mine.toml").write_text(to_toml(tiny))
    plan = says("train", "mine.toml", "--dry-run", "--json")
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
        (["train", "digits", "data.batch=100000"], 2, "from 1 to 16,384"),
        (["train", "digits", "name=../../evil"], 2, "name = '../../evil'"),
        (["train", "digits", "samples=many"], 2, "samples = 'many'"),
        (["train", "digits", "samples=0"], 2, "samples = 0"),
        (["train", "digits", "seed=-1"], 2, "seed = -1"),
        (["train", "digits", "nonsense"], 2, "write table.key=value"),
        (["train", "digits", "objective.name=hinj"], 2, "Did you mean 'hinge'?"),
        (["train", "digits", "optimiser.learning_rate=[1,2,3]"], 2, "two numbers, not 3"),
        (["train", "digits", "training.accumulate=7"], 2, "equal micro-batches"),
        (["train", "digits", "--device", "warp"], 2, "no device 'warp'"),
        (["train", "folder"], 2, "data.path"),
        (["train", "sounds"], 2, "data.path"),
        (["train", "none.toml"], 2, "no recipe file none.toml"),
        (["generate", "nothing"], 3, "There is no"),
        (["generate", "digits_best"], 3, "'sparring train digits_best' makes the run"),
        (["generate", "fashion", "--label", "Handbag"], 2, "Did you mean 'Bag'?"),
        (["resume", "nothing"], 3, "is not a run"),
        (["data", "check", "nothing"], 3, "nothing"),
        (["data", "get", "mnits"], 2, "Did you mean 'mnist'?"),
    ],
)
def test_mistakes_get_one_sentence(
    words: list[str], code: int, sentence: str, tmp_path: Path, says: Says
) -> None:
    done = says(*words)
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
        (["--steps", "5"], "--steps is for a walk"),
        (["--seed", "-1"], "seed = -1"),
        (["--truncation", "2"], "truncation = 2"),
        (["--label", "dark,light"], "one class for each set"),
        (["--between", "1"], "two seeds"),
        (["--between", "-1,2"], "seed = -1"),
        (["--between", "1,2", "--truncation", "0"], "truncation = 0"),
        (["--between", "1,2", "--count", "3"], "leave --count and --seed out"),
        (["--between", "1,2", "-n", "16"], "leave --count and --seed out"),
        (["--between", "1,2", "--seed", "0"], "leave --count and --seed out"),
        (["--between", "a,b"], "not a list of seeds"),
    ],
)
def test_mistakes_in_asking(
    trained: sparring.Run, words: list[str], sentence: str, tmp_path: Path, says: Says
) -> None:
    done = says("generate", trained.folder, *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("more", [(), ("--between", "0,1")])
def test_nothing_is_made_for_a_place_that_cannot_be_written(
    trained: sparring.Run,
    more: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: Says,
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(sparring.Sampler, "__call__", lambda *_: pytest.fail("samples were made"))
    done = says("generate", trained.folder, *more, "--out", "taken/deep")
    assert (done.returncode, done.stdout) == (2, "")
    assert "taken is no folder" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["generate", "{}"], ["resume", "{}"], ["verify", "{}"], ["train", "{}.toml"],
     ["data", "check", "{}"]],
)  # fmt: skip
def test_a_path_that_no_disk_can_hold_is_refused(words: list[str], says: Says) -> None:
    done = says(*(word.format("春" * 5_000) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert "too long for a path" in done.stderr
    assert len(done.stderr) < 400


@pytest.mark.parametrize("words", [["{}"], ["digits", "training.precision={}", "--dry-run"],
                                   ["digits", "{}=1", "--dry-run"], ["digits", "{}"]])  # fmt: skip
def test_what_was_given_is_not_said_again_at_any_length(words: list[str], says: Says) -> None:
    done = says("train", *(word.format("x" * 20_000) for word in words))
    assert done.returncode == 2
    assert len(done.stderr) < 1_500


def test_debug_shows_the_traceback(tmp_path: Path, says: Says) -> None:
    done = process("--debug", "data", "check", "nothing", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("sparring: There is no file, folder")
    done = says("--debug", "train", "digitz")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert says("train", "digitz", "--debug").returncode == 2  # no option of this verb
    assert "digitz" in says("train", "digitz").stderr  # nothing is left behind


@pytest.mark.parametrize("words", [["doctor"], ["recipes", "list"], ["data", "list"],
                                   ["recipes", "show", "digits"]])  # fmt: skip
def test_lists_speak_json_and_text(words: list[str], says: Says) -> None:
    assert json.loads(says(*words, "--json").stdout)
    assert says(*words).stdout.strip()


@pytest.mark.parametrize(("rank", "speaks"), [("0", True), ("1", False)])
def test_one_of_several_processes_prints(
    rank: str, speaks: bool, monkeypatch: pytest.MonkeyPatch, says: Says
) -> None:
    monkeypatch.setenv("RANK", rank)
    for words in (["recipes", "list"], ["recipes", "list", "--json"]):
        assert bool(says(*words).stdout) == speaks
    assert says("train", "digitz").stderr  # what went wrong here may not have elsewhere


def test_missing_memory_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, says: Says) -> None:
    def summaries() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr("sparring.core.recipe.summaries", summaries)
    done = says("recipes", "list")
    assert done.returncode == 5
    assert done.stderr.startswith("sparring: The memory does not suffice")


def test_checking_examples_leaves_them_as_they_are(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Says
) -> None:
    before = sorted(pictures.rglob("*"))
    monkeypatch.chdir(pictures)
    done = says("data", "check", ".")
    assert done.returncode == 1  # so few of them are a thing to know
    assert "contact sheet" not in done.stdout
    for inside in ("check.png", "dark/../check.png", "dark/check.png"):
        done = says("data", "check", ".", "--sheet", inside)
        assert done.returncode == 2
        assert "would become an example" in done.stderr
    assert sorted(pictures.rglob("*")) == before
    done = says("data", "check", ".", "--sheet", tmp_path / "check.png")
    assert f"contact sheet: {tmp_path / 'check.png'}" in done.stdout
    assert (tmp_path / "check.png").stat().st_size


def test_the_version_needs_no_verb(says: Says) -> None:
    done = says("--version")
    assert done.returncode == 0
    assert done.stdout.strip() == sparring.__version__


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
def test_a_full_disk_behind_stdout_gets_a_sentence(wrote: sparring.Run, tmp_path: Path) -> None:
    streamed = ["generate", str(wrote.folder), "--device", "cpu", "--stream"]
    for words in (["recipes", "list"], ["recipes", "list", "--json"], streamed):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "sparring", *words], stdout=full, stderr=subprocess.PIPE,
                text=True, cwd=tmp_path,
            )  # fmt: skip
        assert done.returncode == OutOfResources.code, words
        assert done.stderr.splitlines()[-1].startswith("sparring: What was to be printed"), words
        assert "Traceback" not in done.stderr


def test_a_full_disk_elsewhere_is_not_blamed_on_stdout() -> None:
    with pytest.raises(OSError, match="runs/rows"), to_the_end():
        raise OSError(errno.ENOSPC, "No space left on device", "runs/rows")


def test_who_stops_reading_hears_no_complaint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sparring", "recipes", "list"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as run:
        assert run.stdout and run.stderr
        run.stdout.close()
        assert run.stderr.read() == b""


def test_the_help_of_a_verb_speaks_of_its_own_options_alone() -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        told = [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]
        own = {word for each in command.params for word in (*each.opts, *each.secondary_opts)}
        assert {*re.findall(r"--[a-z-]+", " ".join(told))} <= own, name


def test_a_streamed_text_says_what_it_is(
    wrote: sparring.Run, says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    words = ("generate", wrote.folder, "--device", "cpu", "--seed", "3", "--stream")
    text = wrote.sampler().generate(1, seed=3)
    (told,) = text.modality.texts(text.samples)
    assert says(*words).stdout == f"{told}{mark.VISIBLE}\n"
    latin = subprocess.run(
        [sys.executable, "-m", "sparring", *map(str, words)], cwd=tmp_path, capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )  # fmt: skip
    assert latin.stdout.decode("cp1252").splitlines()[-1] == r"[AI-generated] AI\u751f\u6210", (
        latin.stderr
    )
    assert not unlabelled.log().is_file()
    assert says(*words, "--no-labels").stdout == f"{told}\n"
    assert says(*words, "--no-labels", "--visible").stdout == f"{told}{mark.VISIBLE}\n"
    line, _ = unlabelled.log().read_text().splitlines()
    assert (json.loads(line)["num_files"], json.loads(line)["seeds"]) == (1, [3])
