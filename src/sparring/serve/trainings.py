"""Trainings as jobs: each runs in a process of its own, and is watched through its run folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import TrainingFailed, UserError, WrongSetting, nearest
from sparring.core.recipe import PLACES, Recipe, failing, shipped, to_toml
from sparring.serve.lanes import Kind, Stopped, Task
from sparring.serve.limits import STOPPING
from sparring.training.run import Run

LOOK_EVERY = 0.5  # seconds between two looks at the rows of a training
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PLACE = re.compile(r"[/\\~]")


class UnknownRun(UserError):
    """There is no such run."""


class RunInWork(UserError):
    """A job works at the run already, or will."""


def recipe_from_afar(name: str, overrides: Mapping[str, Any]) -> Recipe:
    """A shipped recipe with changes that somebody asks for over a network.

    Raises:
        UserError: no such recipe.
        WrongSetting: a setting that would read a path of this machine or run code from outside
            Sparring, or that `Recipe.read` refuses.
    """
    known = shipped() | failing()
    if name not in known:
        raise UserError(f"There is no recipe {name!r}. {nearest(name, shipped())}")
    for key, value in overrides.items():
        if key.rpartition(".")[2] in PLACES or (isinstance(value, str) and PLACE.search(value)):
            what = "a request cannot name files or folders of this machine"
            raise WrongSetting(f"{key}: {what}.", key)
        if key.endswith("name") and isinstance(value, str) and ":" in value:
            what = "a request can name components of Sparring, and no code from elsewhere"
            raise WrongSetting(f"{key}: {what}.", key)
    return Recipe.read(name, overrides, trusted=False)


class Trainings(Kind):
    """Trains recipes into the service's folder of runs, and goes on with those that were stopped.

    A request is `{"run": name, "name": wished, "recipe": {...}}`, the recipe as `Recipe.to_json`
    writes it, or `{"run": name}` to go on. Its result says the run, and how many samples were
    shown.

    Args:
        folder: of all runs.
        device: as in `train`.
    """

    name = "train"
    starts_anew = False

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self.folder, self.device = folder, device

    def free_name(self, wished: str, taken: Collection[str] = ()) -> str:
        """`wished` itself as the name of a new run, or with the first number that is free.

        Args:
            wished: the name.
            taken: names of runs that have no folder yet.

        Raises:
            UserError: it is no name of a folder.
        """
        if not NAME.fullmatch(wished):
            raise UserError(
                f"{wished!r} cannot name a run: letters, digits, '.', '-' and '_' are allowed, "
                "64 at most, and a letter or digit comes first."
            )
        name, number = wished, 1
        while name in taken or (self.folder / name).exists():
            number += 1
            name = f"{wished}-{number}"
        return name

    def names(self) -> list[str]:
        """All runs, in order."""
        return sorted(path.parent.name for path in self.folder.glob("*/recipe.json"))

    def find(self, name: str) -> Run:
        """The run of that name.

        Raises:
            UnknownRun: there is none.
        """
        if name not in self.names():
            raise UnknownRun(f"There is no run {name!r}. {nearest(name, self.names())}")
        return Run(self.folder / name)

    def run(self, task: Task) -> Mapping[str, Any]:
        """Train, or go on."""
        request = task.job.request
        folder = self.folder / str(request["run"])
        if "recipe" in request:
            # The child reads a file, as people do; it says all that was asked.
            recipe = Recipe.from_json(request["recipe"], trusted=True)
            file = self.folder / ".asked" / f"{task.job.id}.toml"
            files.atomic_write(file, to_toml(recipe).encode())
            words = ["train", str(file), "--out", str(folder)]
        else:
            recipe, words = Run(folder).recipe, ["resume", str(folder)]
        words += ["--quiet", "--json", "--device", self.device]
        complaints = self.folder / ".asked" / f"{task.job.id}.log"
        complaints.parent.mkdir(parents=True, exist_ok=True)
        with complaints.open("wb") as log, _child(words, log) as child:
            _followed(child, folder, recipe.samples, task)
        said = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = from_afar(said[-1].removeprefix("sparring: "), folder) if said else ""
        shown = Run(folder).samples if (folder / "recipe.json").is_file() else 0
        if child.returncode == 0:
            return {"run": folder.name, "samples": shown}
        if task.shall_stop:
            raise Stopped(last or "The training was stopped.")
        raise TrainingFailed(last or f"The training ended with code {child.returncode}.")


def from_afar(said: str, folder: Path) -> str:
    """What a training said, for clients: they know runs by name, and not where they lie.

    That one may go on inexactly is for whoever has the folder.
    """
    name, said = folder.name, said.partition(" To go on all the same")[0]
    told = said.replace(f"sparring resume {folder}", f"POST /v1/runs/{name}/resume")
    return told.replace(str(folder), name)


def _child(words: list[str], log: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sparring.cli.trainee", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,  # Ctrl-C at the service's terminal is for the service
    )


def _followed(child: subprocess.Popen[bytes], folder: Path, samples: int, task: Task) -> None:
    """Tell of each new row until the child ends; where it shall stop, ask it to save and leave."""
    told = len(files.read_rows(folder / "metrics.jsonl"))
    asked = False
    while True:
        try:
            child.wait(STOPPING if asked else LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if asked:
                child.kill()
        rows = files.read_rows(folder / "metrics.jsonl")
        for row in rows[told:]:
            shown = row.get("samples", 0)
            task.tell(min(shown / samples, 1.0), run=folder.name, of=samples, **row)
        told = len(rows)
        if child.returncode is not None:
            return
        if task.shall_stop and not asked:
            child.terminate()
            asked = True
