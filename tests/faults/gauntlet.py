"""Trains in a child process that is killed at random moments, again and again, until it is done.

Run as a program of its own: it forks before any thread exists, so a kill costs milliseconds and
not the start of an interpreter. Prints a JSON report.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from sparring.core.recipe import Recipe
from sparring.training import checkpoint, session
from sparring.training.run import Run

LONGEST = 0.6  # seconds a child lives at most before it is killed


def run_to_the_end(recipe: Recipe, folder: Path, kills: int, chance: random.Random) -> int:
    """Train `recipe` in `folder` through up to `kills` kills; returns how many there were."""
    done = 0
    while True:
        child = os.fork()
        if child == 0:
            _train(recipe, folder)
        if done < kills:
            time.sleep(chance.uniform(0, LONGEST))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, f"a child failed with {os.WEXITSTATUS(status)}"
            return done
        done += 1
        checkpoints = folder / "checkpoints"
        if checkpoint.complete(checkpoints):
            _, _, _, complaints = checkpoint.newest(checkpoints)
            assert not complaints, complaints


def _train(recipe: Recipe, folder: Path) -> None:
    try:
        if (folder / "recipe.json").exists():
            session.resume(folder, quiet=True)
        else:
            session.train(recipe, out=folder, quiet=True)
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        os._exit(1)


def main() -> None:
    """`gauntlet.py FOLDER RECIPE_JSON KILLS SEED`."""
    folder, recipe_file, kills, seed = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    torch.set_num_threads(1)
    recipe = Recipe.from_json(json.loads(Path(recipe_file).read_text()))
    chance, killed, runs = random.Random(int(seed)), 0, 0
    run_to_the_end(recipe, folder / "reference", 0, chance)
    expected = (Run(folder / "reference").checkpoints[0] / "weights.safetensors").read_bytes()
    while killed < int(kills):
        run = folder / f"run-{runs}"
        killed += run_to_the_end(recipe, run, int(kills) - killed, chance)
        runs += 1
        ended = (Run(run).checkpoints[0] / "weights.safetensors").read_bytes()
        assert ended == expected, f"{run} ended with other weights after {killed} kills"
        rows = [row["samples"] for row in Run(run).metrics]
        assert rows == sorted(set(rows)), f"{run} wrote rows twice: {rows}"
        assert not list((run / "checkpoints").glob("*.tmp-*")), "left-overs were not swept"
    print(json.dumps({"kills": killed, "runs": runs}))


if __name__ == "__main__":
    main()
