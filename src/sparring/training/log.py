"""What a run writes down: rows of numbers, pictures, and TensorBoard events where installed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring.core import files
from sparring.core.files import read_rows
from sparring.networks import Networks
from sparring.training.detectors import Finding
from sparring.training.distributed import Team

ENOUGH = 10_000  # weights of one tensor that a histogram is made of


class Tally:
    """Logged scalars since the last row; kept as they are, so that a step costs next to nothing."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Tensor]] = {}

    def add(self, logs: Mapping[str, Tensor]) -> None:
        """Note one value of each scalar."""
        for name, value in logs.items():
            self._seen.setdefault(name, []).append(value.detach())

    def take(self) -> dict[str, Tensor]:
        """The means of all scalars so far, in float64; the tally starts anew."""
        means = {name: values.double().mean() for name, values in self.state().items()}
        self._seen.clear()
        return means

    def share(self, team: Team) -> None:
        """Hold what all processes have seen on average, so that any of them may store it."""
        if team.world > 1:
            self.restore({name: team.mean(values) for name, values in self.state().items()})

    def state(self) -> dict[str, Tensor]:
        """All values of every scalar, in order of name."""
        return {name: torch.stack(values).float() for name, values in sorted(self._seen.items())}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state`."""
        self._seen = {name: list(values.unbind()) for name, values in state.items()}


class Log:
    """`metrics.jsonl`, `previews/` and TensorBoard events of one run.

    Args:
        folder: the run's folder.
        samples: samples shown when writing starts; later rows of an earlier attempt are cut off.
    """

    def __init__(self, folder: Path, samples: int) -> None:
        self.folder = folder
        self.events = _tensorboard(folder, samples)
        self._path = folder / "metrics.jsonl"
        self._rows = self._path.open("a", encoding="utf-8")
        self._carried: list[str] = []  # found in rows that were forgotten
        self._cut(samples)

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rows.close()
        if self.events is not None:
            self.events.close()

    @property
    def carries(self) -> bool:
        """Whether something was found that stands in no row."""
        return bool(self._carried)

    def cut(self, samples: int) -> None:
        """Forget what was written after `samples`, as it goes another way from there on.

        What was found stands in the next row, as that is not undone; when it was found, the
        manifest knows.
        """
        self._carried += self._cut(samples)

    def _cut(self, samples: int) -> list[str]:
        rows = read_rows(self._path)
        kept = [row for row in rows if row["samples"] <= samples]
        self._rows.close()
        files.atomic_write(self._path, "".join(json.dumps(r) + "\n" for r in kept).encode())
        self._rows = self._path.open("a", encoding="utf-8")
        for preview in (self.folder / "previews").glob("*.png"):
            if preview.stem.isdigit() and int(preview.stem) > samples:
                preview.unlink()
        return [name for row in rows[len(kept) :] for name in row.get("findings", ())]

    def row(self, values: Mapping[str, int | float], findings: Sequence[Finding] = ()) -> None:
        """Append one row of numbers; "samples" says when, "findings" what began to go wrong."""
        names = self._carried + [finding.name for finding in findings]
        self._carried = []
        said = {"findings": names} if names else {}
        text = json.dumps({**values, **said}, allow_nan=False) + "\n"
        with files.writing(self._path, len(text)):
            self._rows.write(text)
            self._rows.flush()
        if self.events is not None:
            for name, value in values.items():
                if name != "samples":
                    self.events.add_scalar(name, value, int(values["samples"]))
            for finding in findings:
                self.events.add_text(f"health/{finding.name}", finding.sentence, finding.samples)

    def preview(self, samples: int, png: bytes) -> Path:
        """Keep the picture of the fixed latents after `samples`."""
        path = self.folder / "previews" / f"{samples:09d}.png"
        files.atomic_write(path, png)
        if self.events is not None:
            with Image.open(path) as picture:
                pixels = np.asarray(picture.convert("RGB"))
            self.events.add_image("preview", pixels, samples, dataformats="HWC")
        return path

    def histograms(self, samples: int, networks: Networks) -> None:
        """How the weights of every player are spread, for TensorBoard alone."""
        if self.events is not None:
            for name, weight in networks.named_parameters():
                self.events.add_histogram(name, _some(weight).float().cpu(), samples)


def _some(weight: Tensor) -> Tensor:
    """Enough of the weights for a histogram; TensorBoard sorts all it is given, three times."""
    flat = weight.detach().flatten()
    if flat.numel() <= ENOUGH:
        return flat
    # Steps of no whole length, so that no column of a matrix is left out.
    chosen = torch.linspace(0, flat.numel() - 1, ENOUGH, dtype=torch.float64).long()
    return flat[chosen.to(flat.device)]


def _tensorboard(folder: Path, samples: int) -> Any | None:
    # The writer's class cannot be named where the extra is missing.
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=samples + 1)
