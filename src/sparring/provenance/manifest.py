"""Where a run and a sample came from: versions, machine, data, code, time and energy."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sparring.core.recipe import Recipe
from sparring.core.version import VERSION

WATTS_ASSUMED = 65.0
MARK = {"Software": f"Sparring {VERSION}", "Description": "AI-generated"}
"""The text that every picture carries, previews of a training too."""


def of_run(recipe: Recipe, *, device: str, threads: int, processes: int, precision: str,
           data_hash: str, data_source: str, data_licence: str) -> dict[str, Any]:  # fmt: skip
    """What `manifest.json` of a new run says; everything that could change its numbers."""
    return {
        "sparring": VERSION,
        "code_revision": _revision(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "device": device,
        "threads": threads,
        "processes": processes,
        "precision": precision,
        "recipe_hash": recipe.hash,
        "seed": recipe.seed,
        "data": {"sha256": data_hash, "source": data_source, "licence": data_licence},
        "started": now(),
    }


def energy(seconds: float) -> dict[str, Any]:
    """A rough estimate of the energy of a training, and what it rests on."""
    return {
        "kilowatt_hours": round(seconds * WATTS_ASSUMED / 3.6e6, 6),
        "basis": f"estimate: {WATTS_ASSUMED:.0f} W assumed for the whole time",
    }


def stamp(
    *,
    model_hash: str,
    recipe_hash: str,
    seeds: list[int],
    labels: Sequence[Mapping[str, str]],
    truncation: float,
    ways: Mapping[str, Any],
) -> dict[str, str]:
    """The text that every generated file carries: that it is AI-made, and how to make it again.

    `ways` are settings beyond truncation, such as a temperature, where there are any.
    """
    made = {
        "ai_generated": True,
        "system": f"Sparring {VERSION}",
        "model": model_hash,
        "recipe": recipe_hash,
        "seeds": seeds,
        "labels": [dict(names) for names in labels],
        "truncation": truncation,
        **ways,
        "created": now(),
    }
    return {
        **MARK,
        "sparring": json.dumps(made, sort_keys=True),
    }


def now() -> str:
    """This moment in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def tensors_hash(tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 over names, shapes and values, which names a model wherever it is stored.

    Values are taken in float32, in which a model computes that is stored in half precision.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        plain = tensors[name].detach().cpu().contiguous()
        plain = plain.float() if plain.is_floating_point() else plain
        digest.update(f"{name}{plain.dtype}{tuple(plain.shape)}".encode())
        digest.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _revision() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
