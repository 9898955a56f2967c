"""What the pages work with: the services, what was made, and what takes a while to prepare."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sparring.core.errors import UserError
from sparring.generation.sampler import Sampler
from sparring.provenance.verify import Verdict, verify
from sparring.serve.jobs import JobStore
from sparring.serve.lanes import Jobs
from sparring.serve.registry import Description
from sparring.serve.services import Services
from sparring.studio.atlas import Directions, directions
from sparring.studio.judgings import Judgings
from sparring.studio.neighbours import Neighbours
from sparring.studio.pieces import Pieces
from sparring.training.run import Run

Anything = TypeVar("Anything")
HELD = 32  # directions that are remembered

REPORTS = "/reports"
"""Where reports are served."""


class Desk:
    """The desk of a studio. Use it in a `with` block, inside that of its services.

    Args:
        services: models, trainings and the worker.
        folder: of what is kept.

    Attributes:
        pieces: what was made.
        reports: the folder of reports; one folder for each model in it.
        uploads: the folder of data that were uploaded.
        judging: jobs that judge.
    """

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.pieces = Pieces(folder / "made")
        self.reports = folder / "reports"
        self.uploads = folder / "uploads"
        for each in (self.reports, self.uploads):
            each.mkdir(parents=True, exist_ok=True)
        self._store = JobStore(folder / "judging.sqlite")
        self.judgings = Judgings(self)
        self.judging = Jobs(self._store, [self.judgings], self.reports)
        self._lock = threading.Lock()
        self._neighbours: dict[str, Neighbours] = {}
        self._directions: dict[tuple[str, str], Directions] = {}

    def __enter__(self) -> Desk:
        self.judging.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.judging.stop()
        self._store.close()

    def names(self) -> list[str]:
        """The names of all models."""
        return self.services.registry.names()

    def describe(self, model: str) -> Description:
        """What a model is; at once.

        Raises:
            UserError: there is none of that name, or its file cannot be used.
        """
        return self.services.registry.describe(model)

    def sampler(self, model: str) -> Sampler:
        """The model; loading takes a moment.

        Raises:
            UserError: as `describe`.
        """
        return self.services.registry.sampler(model)

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.services.settings.runs

    def place_of(self, model: str) -> Path:
        """What the command line calls the model: its run's folder, or its name.

        Raises:
            UserError: there is none.
        """
        self.describe(model)
        given = self.services.settings.models.get(model)
        return Path(given) if given is not None else self.runs / model

    def address_of(self, report: Path) -> str:
        """Where the browser finds a report."""
        return f"{REPORTS}/{report.relative_to(self.reports).as_posix()}"

    async def worked(self, function: Callable[[], Anything]) -> Anything:
        """Have something done by the one thread that works the device, however much waits.

        Raises:
            Overloaded: the studio is being closed.
        """
        return await asyncio.wrap_future(self.services.worker.call(function, patient=True))

    def knows_neighbours(self, model: str) -> bool:
        """Whether the training examples of a model are ready to be searched."""
        return self.sampler(model).model_hash in self._neighbours

    def neighbours(self, model: str) -> Neighbours:
        """The training examples of a model, which takes a while the first time.

        Raises:
            UserError: its data are not here.
        """
        sampler = self.sampler(model)
        with self._lock:
            if sampler.model_hash not in self._neighbours:
                self._neighbours[sampler.model_hash] = Neighbours(self._data_of(model))
            return self._neighbours[sampler.model_hash]

    def _data_of(self, model: str) -> Mapping[str, Any]:
        """What a model learned from; its run alone knows where data of one's own lie."""
        place = self.place_of(model)
        if (place / "recipe.json").is_file():
            return Run(place).recipe.data
        return self.sampler(model).recipe.data

    def directions(self, model: str, labels: Mapping[str, str]) -> Directions:
        """The principal directions of a model; some seconds the first time."""
        sampler = self.sampler(model)
        key = (sampler.model_hash, str(sorted(labels.items())))
        found = self._directions.get(key)
        if found is None:
            found = directions(sampler, labels)
            self._directions[key] = found
            while len(self._directions) > HELD:
                del self._directions[next(iter(self._directions))]
        return found

    def model_of(self, model_hash: str) -> str:
        """The name of the model of a hash; "" where it is not here."""
        for name in self.names():
            try:
                if self.sampler(name).model_hash == model_hash:
                    return name
            except UserError:
                continue  # damaged, and so not the one that made something
        return ""

    def verify(self, content: bytes, name: str, beside: bytes = b"") -> Verdict:
        """What a file says of where it came from.

        Args:
            content: the whole file.
            name: what it is called.
            beside: the file with its label, where it has no room for one.

        Raises:
            BadData: it is of no known kind, or damaged.
        """
        return verify(content, name, beside)
