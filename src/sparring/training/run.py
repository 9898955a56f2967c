"""A run: one training as a folder that explains, repeats and resumes itself."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.generation.loading import load
from sparring.generation.sampler import Sampler
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
        try:
            return Recipe.from_json(self._json("recipe.json"), trusted=True)
        except UserError as error:
            raise BadData(f"{self.folder / 'recipe.json'} is damaged: {error}") from error

    @property
    def manifest(self) -> dict[str, Any]:
        """Versions, device, threads, data hash, seeds, duration and energy estimate."""
        return self._json("manifest.json")

    @property
    def metrics(self) -> list[dict[str, Any]]:
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
    def best(self) -> Path | None:
        """The checkpoint that scored best, whose model `sampler` loads; None without scores."""
        return checkpoint.best(self.folder / "checkpoints")

    @property
    def samples(self) -> int:
        """Real samples shown up to the newest checkpoint."""
        return int(self.checkpoints[0].name) if self.checkpoints else 0

    def sampler(self) -> Sampler:
        """What makes samples, as of the best checkpoint, or of the newest without scores."""
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


def create(out: str, recipe: Recipe, manifest: dict[str, Any]) -> Run:
    """Make the folder of a new run: `out`, or the first free one of runs/NAME, runs/NAME-2, ...

    It appears with recipe and manifest inside, or not at all, so that two trainings can never
    begin in the same one.

    Raises:
        UserError: there is something in `out` already.
    """
    for folder in [Path(out)] if out else _numbered(recipe.name):
        with files.writing(folder, 0):
            folder.parent.mkdir(parents=True, exist_ok=True)
        draft = files.temporary(folder)
        facts = {"manifest.json": manifest, "recipe.json": recipe.to_json()}
        for name, content in facts.items():
            files.atomic_write(draft / name, json.dumps(content, indent=1).encode())
        try:
            draft.rename(folder)  # onto nothing or an empty folder alone
            return Run(folder)
        except OSError:
            shutil.rmtree(draft)
    raise UserError(
        f"There is something in {out} already; if it is a run, go on with 'sparring resume {out}', "
        "else choose another folder."
    )


def _numbered(name: str) -> Iterator[Path]:
    for number in itertools.count(1):
        folder = Path("runs") / (name if number == 1 else f"{name}-{number}")
        if not folder.exists():
            yield folder
