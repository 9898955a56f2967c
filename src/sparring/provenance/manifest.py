"""Where a run and a sample came from: versions, machine, data, code, time and energy."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sparring.core import device as devices
from sparring.core.recipe import Recipe
from sparring.core.version import VERSION

WATTS = {"cpu": 65.0, "cuda": 465.0}  # of the whole machine, a GPU included; assumed


def of_run(recipe: Recipe, *, device: torch.device, threads: int, processes: int, precision: str,
           data_hash: str, data_source: str, data_licence: str) -> dict[str, Any]:  # fmt: skip
    """What `manifest.json` of a new run says; everything that could change its numbers."""
    return {
        "sparring": VERSION,
        "code_revision": _revision(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "device": device.type,
        "device_name": devices.named(device),
        "threads": threads,
        "processes": processes,
        "precision": precision,
        "recipe_hash": recipe.hash,
        "seed": recipe.seed,
        "data": {"sha256": data_hash, "source": data_source, "licence": data_licence},
        "started": now(),
    }


def energy(seconds: float, device: str) -> dict[str, Any]:
    """A rough estimate of the energy of a training on "cpu" or "cuda", and what it rests on."""
    watts = WATTS.get(device, WATTS["cpu"])
    return {
        "kilowatt_hours": round(seconds * watts / 3.6e6, 6),
        "basis": f"estimate: {watts:.0f} W assumed for the whole time",
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
