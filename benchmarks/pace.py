"""How fast two recipes show images, in turns: `python benchmarks/pace.py digits anchor.toml`.

A distance depends on the samples shown and not on how busy a machine is; a time does. So what a
recipe needs to reach a distance is counted in samples (`quality.py`), and turned into seconds by
the pace that all recipes have in one run, in alternation, on the same machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

import torch

from sparring.core import device as devices
from sparring.core.recipe import Recipe
from sparring.training import session
from sparring.training.distributed import Team
from sparring.training.loop import Match
from sparring.training.rehearsal import rehearse, settled


def match_of(recipe: Recipe) -> Match:
    """The recipe's match on the CPU, in the faster precision."""
    alone = Team(0, 1, torch.device("cpu"))
    dataset, samples = session.read_data(recipe, alone)
    return settled(session.prepare(recipe, dataset.spec, samples, alone))


def main() -> None:
    """One JSON row a recipe: images a second, median over rounds, and all rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).with_name("baselines")))  # where local networks are
    with devices.threads(0) as threads:
        matches = [match_of(Recipe.read(name)) for name in options.recipes]
        paces: list[list[float]] = [[] for _ in matches]
        for _ in range(options.rounds):
            for match, pace in zip(matches, paces, strict=True):
                pace.append(match.recipe.batch / rehearse(match, match.precision))
    for match, pace in zip(matches, paces, strict=True):
        row = {
            "recipe": match.recipe.name,
            "precision": match.precision,
            "batch": match.recipe.batch,
            "threads": threads,
            "images_per_second": round(statistics.median(pace)),
            "rounds": [round(p) for p in pace],
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
