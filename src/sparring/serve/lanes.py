"""Does jobs, one at a time of each kind, and writes down how far they are."""

from __future__ import annotations

import asyncio
import shutil
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sparring.core.errors import UserError
from sparring.serve.jobs import CANCELLED, FAILED, INTERRUPTED, SUCCEEDED, Event, Job, JobStore
from sparring.serve.limits import WATCH_EVERY

IDLE = 5.0  # seconds after which a lane looks for work though nobody told it to


class Stopped(Exception):
    """A job ended early, as it was told to."""


class Task:
    """A job in work: says whether it shall end, and hears how far it is.

    Args:
        job: it.
        store: where it is kept.
    """

    def __init__(self, job: Job, store: JobStore) -> None:
        self.job = job
        self.cancelled = threading.Event()
        """Set where somebody wants it to end."""
        self.closing = threading.Event()
        """Set where the service is about to end."""
        self._store = store

    @property
    def shall_stop(self) -> bool:
        """Whether it shall end as soon as it can."""
        return self.cancelled.is_set() or self.closing.is_set()

    def tell(self, share: float, **facts: Any) -> None:
        """Write down how far it is, with whatever else is worth knowing."""
        self._store.progress(self.job.id, share, facts)


class Kind(ABC):
    """One kind of long work."""

    name: str
    """What jobs of this kind are called."""
    starts_anew: bool
    """Whether a job that the end of the service cuts off may simply be begun again."""

    @abstractmethod
    def run(self, task: Task) -> Mapping[str, Any]:
        """Do it, and return what came out.

        Raises:
            Stopped: it was told to stop, and did.
            UserError: it failed; the message says why.
        """


class Jobs:
    """All jobs of a service: new ones, what becomes of them, and the lanes in which they are done.

    Args:
        store: where they are kept.
        kinds: what can be done.
        folder: where results lie, one folder a job.
    """

    def __init__(self, store: JobStore, kinds: Sequence[Kind], folder: Path) -> None:
        self._store = store
        self.folder = folder
        self._tasks: dict[str, Task] = {}
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._lane, args=(kind,), name=f"jobs-{kind.name}", daemon=True)
            for kind in kinds
        ]

    def start(self) -> None:
        """Mark what the last end cut off, and begin with what waits."""
        self._store.interrupt_running()
        for name in self._store.forget_old():
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for thread in self._threads:
            thread.start()

    def begin_closing(self) -> None:
        """Ask running jobs to end where they can go on later, and begin no others."""
        self._closing.set()
        for task in list(self._tasks.values()):
            task.closing.set()

    def stop(self, patience: float | None = None) -> None:
        """Wait until running jobs have ended, and leave the waiting ones waiting."""
        self.begin_closing()
        with self._wake:
            self._wake.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(patience)

    def add(self, kind: str, request: Mapping[str, Any], repeat: str = "") -> Job:
        """A new job, which begins as soon as others of its kind are done.

        Args:
            kind: "generate" or "train".
            request: what it shall do, as JSON.
            repeat: a key; who comes with it again gets the same job.

        Raises:
            TooManyJobs: too many wait already.
            OtherRequest: `repeat` came with another request before.
        """
        job = self._store.add(kind, request, repeat)
        with self._wake:
            self._wake.notify_all()
        return job

    def get(self, name: str) -> Job:
        """The job of that id. Raises UnknownJob where there is none."""
        return self._store.get(name)

    def newest(self, kind: str = "", limit: int = 100) -> list[Job]:
        """The newest jobs, newest first, of one kind or all."""
        return self._store.newest(kind, limit)

    def position(self, name: str) -> int:
        """How many jobs of its kind come before a waiting one."""
        return self._store.position(name)

    def counts(self) -> dict[str, int]:
        """How many jobs there are of each status."""
        return self._store.counts()

    def cancel(self, name: str) -> Job:
        """End a job: a waiting one at once, a running one as soon as it can.

        Raises:
            UnknownJob: there is none.
        """
        task = self._tasks.get(name)
        if task is not None:
            task.cancelled.set()
            return self.get(name)
        self._store.get(name)
        return self._store.finish(name, CANCELLED)

    def events(self, name: str, after: int = 0) -> Sequence[Event]:
        """What happened to a job since the event `after`."""
        return self._store.events(name, after)

    async def watch(self, name: str, after: int = 0) -> AsyncIterator[Event | None]:
        """What happens to a job from the event `after` on, until it is over or the service ends.

        Between two events comes None now and then, so that a listener may say that it still lives.
        """
        while True:
            is_over = self.get(name).is_over  # asked first, or the last event could be missed
            for event in self.events(name, after):
                after = event.id
                yield event
            if is_over or self._closing.is_set():
                return
            yield None
            await asyncio.sleep(WATCH_EVERY)

    def _lane(self, kind: Kind) -> None:
        while not self._closing.is_set():
            job = self._store.claim(kind.name)
            if job is not None:
                self._do(kind, job)
                continue
            with self._wake:
                if not self._closing.is_set():
                    self._wake.wait(IDLE)

    def _do(self, kind: Kind, job: Job) -> None:
        task = Task(job, self._store)
        self._tasks[job.id] = task
        if self._closing.is_set():
            task.closing.set()
        try:
            result = kind.run(task)
            self._store.finish(job.id, SUCCEEDED, result=result)
        except Stopped as error:
            if task.cancelled.is_set():
                self._store.finish(job.id, CANCELLED, error=str(error))
            elif kind.starts_anew:
                self._store.requeue(job.id)
            else:
                self._store.finish(job.id, INTERRUPTED, error=str(error))
        except UserError as error:
            self._store.finish(job.id, FAILED, error=str(error))
        except Exception as error:  # a lane must outlive its jobs
            traceback.print_exc()
            self._store.finish(job.id, FAILED, error=f"An unforeseen {type(error).__name__}.")
        finally:
            del self._tasks[job.id]
