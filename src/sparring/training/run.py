"""A run: one training as a folder that explains, repeats and resumes itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.generation.sampler import Sampler, load
from sparring.training import checkpoint
from sparring.training.log import read_rows


class Run:
    """The folder of one training.

    Args:
        folder: made by `train`; `recipe.json` and `manifest.json` stand in it.

    Raises:
        BadData: the folder is no run.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / "recipe.json").is_file():
            raise BadData(f"{folder} is not a run: there is no recipe.json in it.")

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe, as it was when the run began."""
        # A run is the user's own folder, so the components of a local recipe may be their own too.
        return Recipe.model_validate(self._json("recipe.json"))

    @property
    def manifest(self) -> dict[str, Any]:
        """Versions, device, threads, data hash, seeds, duration and energy estimate."""
        return self._json("manifest.json")

    @property
    def metrics(self) -> list[dict[str, int | float]]:
        """The rows written so far; "samples" says when."""
        return read_rows(self.folder / "metrics.jsonl")

    @property
    def previews(self) -> list[Path]:
        """Pictures of the same latents, oldest first; the file name is the samples shown."""
        return sorted((self.folder / "previews").glob("*.png"))

    @property
    def checkpoints(self) -> list[Path]:
        """Complete checkpoints, newest first."""
        return checkpoint.complete(self.folder / "checkpoints")

    @property
    def samples(self) -> int:
        """Real samples shown up to the newest checkpoint."""
        return int(self.checkpoints[0].name) if self.checkpoints else 0

    def sampler(self) -> Sampler:
        """What makes samples, as of the newest checkpoint."""
        return load(self.folder, trusted=True)  # as `recipe` above: the folder is the user's own

    def _json(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadData(f"{self.folder / name} cannot be read: {error}.") from error

    def _repr_png_(self) -> bytes | None:
        return self.previews[-1].read_bytes() if self.previews else None

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {self.samples:,} of {self.recipe.samples:,} samples)"


def free_folder(name: str) -> Path:
    """The first of runs/NAME, runs/NAME-2, ... that does not exist."""
    path, number = Path("runs") / name, 1
    while path.exists():
        number += 1
        path = Path("runs") / f"{name}-{number}"
    return path


def create(folder: Path, recipe: Recipe, manifest: dict[str, Any]) -> Run:
    """Make the folder of a new run.

    Raises:
        UserError: there is something in the folder already.
    """
    if (folder / "recipe.json").exists():
        raise UserError(
            f"{folder} holds a run already; go on with 'sparring resume {folder}', "
            "or choose another folder with --out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    files.atomic_write(folder / "manifest.json", json.dumps(manifest, indent=1).encode())
    files.atomic_write(folder / "recipe.json", json.dumps(recipe.to_json(), indent=1).encode())
    return Run(folder)
