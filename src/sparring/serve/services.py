"""Everything that works in a service, without HTTP: models, the worker, jobs, kept files."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from sparring.core import files
from sparring.core.recipe import Recipe
from sparring.exporting._engine import Engine
from sparring.generation.batch import Ask, rows
from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler
from sparring.provenance.labelling import Labelling
from sparring.serve.auth import Tokens
from sparring.serve.batching import Worker
from sparring.serve.errors import refusal
from sparring.serve.jobs import Job, JobStore
from sparring.serve.lanes import Jobs
from sparring.serve.limits import QUEUE
from sparring.serve.makings import Makings
from sparring.serve.metrics import Metrics
from sparring.serve.registry import Registry
from sparring.serve.repeats import Repeats
from sparring.serve.shelf import Shelf
from sparring.serve.trainings import RunInWork, Trainings
from sparring.training.run import Run

ENCODERS = 2  # threads that turn samples into files


@dataclass(frozen=True)
class Settings:
    """How a service is set up.

    Attributes:
        folder: of the service: its jobs, their results, and files behind links.
        models: what is served, by public name: a run folder, a model folder or a shipped name.
        runs: the folder of all runs, which are trained there and served from there.
        device: as in `load`.
        engine: as in `Registry`.
        tokens: who may do what; none = everybody on this machine may do everything.
        hosts: names under which clients may address it, beyond those of this machine.
        queue: asks that may wait.
        labelling: which labels files get.
        trusted: whether models may name components outside of Sparring.
    """

    folder: Path
    models: Mapping[str, str | Path]
    runs: Path = Path("runs")
    device: str = "auto"
    engine: Engine = "torch"
    tokens: Tokens = field(default_factory=Tokens)
    hosts: tuple[str, ...] = ()
    queue: int = QUEUE
    labelling: Labelling = field(default_factory=Labelling)
    trusted: bool = False


class Services:
    """What HTTP and the studio call. Use it in a `with` block: it starts there and ends after it.

    Attributes:
        settings: how it is set up.
        registry: the models by name.
        worker: makes samples.
        jobs: long work.
        makings: jobs that make many samples.
        trainings: jobs that train, and the runs.
        shelf: files behind links.
        repeats: answers by Idempotency-Key.
        metrics: what is counted.
        closing: set once the service was asked to end.

    Raises:
        BadData: another service works in the same folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        folder = settings.folder
        self._lock = files.Lock(folder / "lock", f"the service folder {folder}")
        self._lock.__enter__()
        self.metrics = Metrics()
        self.registry = Registry(
            settings.models, runs=settings.runs, device=settings.device,
            engine=settings.engine, labelling=settings.labelling, trusted=settings.trusted,
        )  # fmt: skip
        self.worker = Worker(queue=settings.queue, made=self.metrics.made)
        self._store = JobStore(folder / "jobs.sqlite")
        self.makings = Makings(self.registry, self.worker, folder / "jobs")
        self.trainings = Trainings(settings.runs, settings.device)
        self.jobs = Jobs(
            self._store, [self.makings, self.trainings], folder / "jobs",
            told=lambda error: str(refusal(error).detail),
        )  # fmt: skip
        self.shelf = Shelf(folder / "files")
        self.repeats = Repeats()
        self.closing = threading.Event()
        self._naming = threading.Lock()  # between looking for a free name and taking it
        self._encoders = ThreadPoolExecutor(ENCODERS, "encoder")
        self.metrics.look_at(self.worker, self.jobs)

    def __enter__(self) -> Services:
        self.worker.start()
        self.jobs.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what was accepted; trainings save, and go on when they are resumed."""
        self.begin_closing()
        self.jobs.stop()
        self.worker.stop()
        self._encoders.shutdown()
        self._store.close()
        self._lock.__exit__(kind, error, trace)

    def begin_closing(self) -> None:
        """Let endless answers end, and running jobs save; called from a signal handler too."""
        self.closing.set()
        self.jobs.begin_closing()

    async def sampler(self, name: str) -> Sampler:
        """The model of that name; one that must be loaded first holds nobody else up.

        Raises:
            UnknownModel: there is none.
            BadData: its file cannot be used.
        """
        return self.registry.ready(name) or await asyncio.to_thread(self.registry.sampler, name)

    async def generate(self, model: str, ask: Ask) -> Generated:
        """Samples of a model, made together with what others ask of it at the same time.

        Raises:
            UnknownModel: there is no such model.
            Overloaded: too many wait already.
            UserError: what the model cannot do.
        """
        return await self.worker.made(rows(await self.sampler(model), ask))

    async def encode(self, made: Generated, form: str = "") -> list[bytes]:
        """The labelled file of every sample, in one of the modality's forms or its usual one."""

        def encoded() -> list[bytes]:
            made.note_unlabelled((), len(made))
            return [made.encoded(number, form) for number in range(len(made))]

        return await asyncio.get_running_loop().run_in_executor(self._encoders, encoded)

    async def encode_row(self, made: Generated, form: str = "") -> bytes:
        """One labelled file in which all samples follow each other."""

        def encoded() -> bytes:
            made.note_unlabelled((), 1)
            return made.row(form).content

        return await asyncio.get_running_loop().run_in_executor(self._encoders, encoded)

    def train(self, recipe: Recipe, name: str = "", repeat: str = "") -> Job:
        """A new training as a job; its request says the name of the run under "run".

        Raises:
            UserError: the name cannot be one of a folder.
            OtherRequest: `repeat` came with another request before.
            TooManyJobs: too many wait already.
        """
        wished = name or recipe.name
        with self._naming:
            # Who comes again is compared by what they wished, not by the name that they got.
            known = self.jobs.repeated(repeat)
            if known is not None:
                run = known.request.get("run")
            else:
                run = self.trainings.free_name(wished, self.in_work())
            asked = {"run": run, "name": wished, "recipe": recipe.to_json()}
            return self.jobs.add("train", asked, repeat)

    def resume(self, name: str, repeat: str = "") -> Job:
        """Going on with a run as a job.

        Raises:
            UnknownRun: there is no such run.
            RunInWork: a job trains it, or will.
            TooManyJobs: too many wait already.
        """
        with self._naming:
            if self.jobs.repeated(repeat) is None and name in self.in_work():
                raise RunInWork(f"The run {name} is in work already; see its job, or stop it.")
            self.trainings.find(name)  # last, as one that waited may be cancelled meanwhile
            return self.jobs.add("train", {"run": name}, repeat)

    def run(self, name: str, job: Job | None) -> Run | None:
        """The run of that name, which a job works at; None = it waits, and has no folder yet.

        Raises:
            UnknownRun: there is no such run.
        """
        if job is not None and name not in self.trainings.names():
            return None
        return self.trainings.find(name)

    def in_work(self) -> dict[str, Job]:
        """The job that trains each run, or will, by the name of the run."""
        jobs: dict[str, Job] = {}
        for job in self.jobs.unfinished(self.trainings.name):
            jobs.setdefault(str(job.request["run"]), job)
        return jobs

    def make_many(self, request: Mapping[str, object], repeat: str = "") -> Job:
        """Many samples as a job, whose request is as `Makings` says.

        Raises:
            UserError: no such model, or what it cannot do.
            TooManyJobs: too many wait already.
        """
        self.makings.check(request)
        return self.jobs.add("generate", request, repeat)
