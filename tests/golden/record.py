"""Writes the golden traces anew: `make golden`, only where a change of numbers is meant."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import torch

import sparring
from sparring.core import device
from sparring.core.recipe import Recipe

TRACES = Path(__file__).with_name("traces.json")
PAIRS = {
    "mlp minimax": ("mlp", "minimax"),
    "mlp non_saturating": ("mlp", "non_saturating"),
    "dcgan least_squares": ("dcgan", "least_squares"),
    "dcgan wasserstein_gp": ("dcgan", "wasserstein_gp"),
    "resnet hinge": ("resnet", "hinge"),
    "r3gan relativistic": ("r3gan", "relativistic"),
    "painter relativistic": ("painter", "relativistic"),
}


def trace(networks: str, objective: str, folder: Path) -> list[dict[str, float]]:
    """The losses of the first ten steps on the 5,000 digits, one thread, float32."""
    players = {"generator": {"name": networks}, "discriminator": {"name": networks}}
    rhythm = {"log_every": 8, "preview_every": 80, "checkpoint_every": 80}
    recipe = Recipe.from_json(
        {
            "name": "golden",
            "samples": 80,
            "data": {"name": "mnist_5k", "batch": 8},
            "networks": players,
            "objective": {"name": objective},
            "training": {"precision": "float32", "threads": 1, "preview_count": 1, **rhythm},
        }
    )
    run = sparring.train(recipe, out=folder, quiet=True)
    return [{k: v for k, v in row.items() if k.startswith("loss_")} for row in run.metrics]


def machine() -> dict[str, str]:
    """What decides how sums are rounded."""
    return {
        "processor": device.describe()["processor"],
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
    }


def main() -> None:
    """Record every pair, and where."""
    with tempfile.TemporaryDirectory() as folder:
        traces = {
            name: trace(*pair, Path(folder) / name.replace(" ", "-"))
            for name, pair in PAIRS.items()
        }
    stored = {"machine": machine(), "traces": traces}
    TRACES.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
