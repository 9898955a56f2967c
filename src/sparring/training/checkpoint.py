"""The checkpoint protocol: complete or absent, verified when read, never half of one.

A checkpoint is written into `NAME.tmp-PID-RANDOM`, every file fsynced, then a manifest with the
SHA-256 of each, then the folder is renamed and `LATEST` replaced. `BEST` names the one that
scored best, where a training is judged; it stays when others are pruned.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from sparring.core import files, weights
from sparring.core.errors import BadData

MANIFEST = "manifest.json"
LATEST = "LATEST"
BEST = "BEST"


def name_of(samples: int) -> str:
    """The folder name of the checkpoint after `samples`."""
    return f"{samples:09d}"


def save(
    folder: Path, samples: int, parts: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any]
) -> Path:
    """Write one checkpoint: each part as `PART.safetensors`, and `state` as JSON.

    Raises:
        OutOfResources: not enough space; older checkpoints stay as they are.
    """
    needed = sum(t.nbytes for part in parts.values() for t in part.values()) + 2**20
    files.require_space(folder, needed)
    name = name_of(samples)
    building = files.temporary(folder / name)
    try:
        for part, tensors in parts.items():
            weights.write(building / f"{part}.safetensors", tensors, {})
        files.atomic_write(building / "state.json", json.dumps(state).encode())
        hashes = {path.name: files.sha256(path) for path in sorted(building.iterdir())}
        files.atomic_write(building / MANIFEST, json.dumps({"sha256": hashes}).encode())
        final = folder / name
        replaced = files.temporary(final)
        if final.exists():  # the same moment again, after a roll-back
            final.rename(replaced)
        building.rename(final)
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    files.sync_folder(folder)
    files.atomic_write(folder / LATEST, name.encode())
    return final


def load(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """The parts and the state of one checkpoint, each file checked against its hash.

    Raises:
        BadData: a file is missing or differs from its hash; it is named.
    """
    try:
        hashes: dict[str, str] = json.loads((path / MANIFEST).read_text())["sha256"]
        for name, expected in hashes.items():
            if files.sha256(path / name) != expected:
                raise BadData(f"{path / name} is damaged: its SHA-256 is not the recorded one.")
        parts = {
            name.removesuffix(".safetensors"): weights.read(path / name)[0]
            for name in hashes
            if name.endswith(".safetensors")
        }
        return parts, json.loads((path / "state.json").read_text())
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadData(f"{path} is not a complete checkpoint: {error}.") from error


def complete(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, newest first (by samples shown)."""
    if not folder.is_dir():
        return []
    return sorted(
        (p for p in folder.iterdir() if p.is_dir() and p.name.isdigit()),
        key=lambda p: int(p.name),
        reverse=True,
    )


def newest(
    folder: Path,
) -> tuple[Path, dict[str, dict[str, Tensor]], dict[str, Any], list[str]]:
    """The newest checkpoint that is whole, its contents, and what was wrong with newer ones.

    Raises:
        BadData: there is none that can be read.
    """
    complaints: list[str] = []
    for path in complete(folder):
        try:
            return path, *load(path), complaints
        except BadData as error:
            complaints.append(str(error))
    raise BadData(" ".join(complaints) or f"There is no checkpoint in {folder}.")


def sweep(folder: Path) -> None:
    """Remove what dead trainers left half-written; only the holder of the run's lock may."""
    for path in folder.glob("*.tmp-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def mark_best(folder: Path, samples: int) -> None:
    """Let `BEST` name the checkpoint after `samples`, unless it does so already."""
    name = name_of(samples)
    if best(folder) != folder / name:
        files.atomic_write(folder / BEST, name.encode())


def best(folder: Path) -> Path | None:
    """The checkpoint that `BEST` names; None where nothing was scored yet."""
    try:
        path = folder / (folder / BEST).read_text(encoding="utf-8")
    except OSError:
        return None
    return path if path.name.isdigit() and path.is_dir() else None


def prune(folder: Path, keep: int) -> None:
    """Keep the newest `keep` checkpoints, and the best."""
    kept = best(folder)
    for path in complete(folder)[keep:]:
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)


def drop_after(folder: Path, samples: int) -> None:
    """Remove the checkpoints after `samples`, newest first, as if they had never been."""
    for path in complete(folder):
        if int(path.name) > samples:
            shutil.rmtree(path)
    files.atomic_write(folder / LATEST, name_of(samples).encode())
