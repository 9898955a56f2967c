"""Many samples as a job: a zip of labelled files, made between the asks of others."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import UserError
from sparring.generation.batch import Ask, rows
from sparring.generation.generated import Generated
from sparring.generation.sampler import BLOCK
from sparring.generation.wording import Wording
from sparring.provenance.labelling import BESIDE
from sparring.serve.batching import Worker
from sparring.serve.lanes import Kind, Stopped, Task
from sparring.serve.limits import MOST_IN_A_JOB
from sparring.serve.registry import Registry

ARCHIVE = "samples.zip"


class Makings(Kind):
    """Makes many samples of one model.

    A request is `{"model", "count", "seed", "label", "truncation", "wording", "visible"}`, of
    which the last five may be left out. Its result says where the zip lies beneath the job's
    folder.

    Args:
        registry: of the models.
        worker: makes them.
        folder: where results lie, one folder a job.
    """

    name = "generate"
    starts_anew = True

    def __init__(self, registry: Registry, worker: Worker, folder: Path) -> None:
        self._registry, self._worker, self._folder = registry, worker, folder

    def check(self, request: Mapping[str, Any]) -> None:
        """Find out at once what would fail later.

        Raises:
            UserError: no such model, a label that it does not know, a number out of range.
        """
        ask = _ask(request)
        if not 1 <= ask.count <= MOST_IN_A_JOB:
            raise UserError(f"count = {ask.count}: a job makes 1 to {MOST_IN_A_JOB:,} samples.")
        # The last ones have the largest seeds.
        last = replace(ask, count=1, seed=ask.seed + ask.count - 1)
        rows(self._registry.sampler(str(request["model"])), last)

    def run(self, task: Task) -> Mapping[str, Any]:
        """Make them all; nothing is kept of a job that ends early."""
        ask = _ask(task.job.request)
        sampler = self._registry.sampler(str(task.job.request["model"]))
        path = self._folder / task.job.id / ARCHIVE
        # How large it will be is not known, and it may be too large for the memory.
        with (
            files.writing(path, 0),
            files.replacing(path) as file,
            zipfile.ZipFile(file, "w") as archive,
        ):
            for done in range(0, ask.count, BLOCK):
                if task.shall_stop:
                    raise Stopped(f"Stopped after {done:,} of {ask.count:,} samples.")
                some = min(BLOCK, ask.count - done)
                piece = replace(ask, count=some, seed=ask.seed + done)
                made = self._worker.submit(rows(sampler, piece), patient=True).result()
                made.note_unlabelled([path])
                for number in range(len(made)):
                    name, each = file_name(made, number), made.one(number)
                    archive.writestr(name, each.content)
                    if each.beside:
                        archive.writestr(name + BESIDE, each.beside)
                task.tell((done + some) / ask.count, samples=done + some, of=ask.count)
        return {"file": ARCHIVE, "samples": ask.count, "bytes": path.stat().st_size}


def file_name(made: Generated, number: int) -> str:
    """What the file of one sample is called: its seed and its labels."""
    labels = ["".join(c if c.isalnum() else "_" for c in x) for x in made.labels[number].values()]
    return "-".join([f"{made.seeds[number]:06d}", *labels]) + made.modality.suffix


def _ask(request: Mapping[str, Any]) -> Ask:
    wording = request.get("wording")
    return Ask(
        count=int(request["count"]),
        seed=int(request.get("seed", 0)),
        labels=request.get("label", ""),
        truncation=float(request.get("truncation", 1.0)),
        wording=Wording(**wording) if wording is not None else None,
        visible=bool(request.get("visible", False)),
    )
