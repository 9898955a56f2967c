"""Does jobs, one at a time of each kind, and writes down how far they are."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sparring.core.errors import UserError
from sparring.serve.jobs import (
    CANCELLED,
    FAILED,
    INTERRUPTED,
    QUEUED,
    SUCCEEDED,
    Event,
    Job,
    JobStore,
)
from sparring.serve.limits import WATCH_EVERY

IDLE = 5.0  # seconds after which a lane looks for work though nobody told it to
AGAIN = 1.0  # seconds after which a lane tries again what the database refused


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
        try:
            self._store.progress(self.job.id, share, facts)
        except sqlite3.Error:  # the work itself is worth more than a line about it
            traceback.print_exc()


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
        told: what clients are told of an error; the whole of it is printed where that is less.
    """

    def __init__(
        self,
        store: JobStore,
        kinds: Sequence[Kind],
        folder: Path,
        told: Callable[[UserError], str] = str,
    ) -> None:
        self._store, self._told = store, told
        self.folder = folder
        # Between a claim and its task nobody may cancel, or nobody would hear of it.
        self._claiming = threading.Lock()
        self._tasks: dict[str, Task] = {}
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._lane, args=(kind,), name=f"jobs-{kind.name}", daemon=True)
            for kind in kinds
        ]

    def start(self) -> None:
        """Mark what the last end cut off, say so, and begin with what waits."""
        cut_off, waiting = self._store.interrupt_running(), self.counts()[QUEUED]
        for job in cut_off:  # what a kill left half written
            shutil.rmtree(self.folder / job.id, ignore_errors=True)
        if cut_off or waiting:
            print(told_at_start(len(cut_off), waiting), file=sys.stderr)
        self._forget_old()
        for thread in self._threads:
            thread.start()

    @property
    def are_alive(self) -> bool:
        """Whether every lane works."""
        return all(thread.is_alive() for thread in self._threads)

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
            repeat: a key; who comes with it again gets the same job, unless that failed or was
                interrupted.

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

    def repeated(self, repeat: str) -> Job | None:
        """The job that this key has made, if there is one."""
        return self._store.repeated(repeat)

    def unfinished(self, kind: str) -> list[Job]:
        """All jobs of a kind that run or wait, those that run first, then the oldest first."""
        return self._store.unfinished(kind)

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
        with self._claiming:
            task = self._tasks.get(name)
            if task is None:
                return self._store.finish(name, CANCELLED)
            task.cancelled.set()
        return self.get(name)

    def events(self, name: str, after: int = 0) -> Sequence[Event]:
        """What happened to a job since the event `after`."""
        return self._store.events(name, after)

    async def watch(self, name: str, after: int = 0) -> AsyncIterator[Event | None]:
        """What happens to a job from the event `after` on, until it is over or the service ends.

        Between two events comes None now and then, so that a listener may say that it still lives.
        """
        while True:
            # The database may wait for a disk, and whoever else is served must not.
            is_over, events = await asyncio.to_thread(self._news, name, after)
            for event in events:
                after = event.id
                yield event
            if is_over or self._closing.is_set():
                return
            yield None
            await asyncio.sleep(WATCH_EVERY)

    def _news(self, name: str, after: int) -> tuple[bool, Sequence[Event]]:
        # Whether it is over is asked first, or the last event could be missed.
        return self.get(name).is_over, self.events(name, after)

    def _lane(self, kind: Kind) -> None:
        while not self._closing.is_set():
            try:
                task = self._claimed(kind)
                if task is None:
                    self._forget_old()
            except sqlite3.Error:  # a full disk, say; a lane outlives it
                traceback.print_exc()
                self._closing.wait(AGAIN)
                continue
            if task is not None:
                self._do(kind, task)
                continue
            with self._wake:
                if not self._closing.is_set():
                    self._wake.wait(IDLE)

    def _claimed(self, kind: Kind) -> Task | None:
        with self._claiming:
            job = self._store.claim(kind.name)
            if job is None:
                return None
            task = self._tasks[job.id] = Task(job, self._store)
        if self._closing.is_set():
            task.closing.set()
        return task

    def _forget_old(self) -> None:
        for name in self._store.forget_old():
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _do(self, kind: Kind, task: Task) -> None:
        finish, name = self._store.finish, task.job.id
        end: Callable[[], object]
        try:
            end = partial(finish, name, SUCCEEDED, result=kind.run(task))
        except Stopped as error:
            if task.cancelled.is_set():
                end = partial(finish, name, CANCELLED, error=str(error))
            elif kind.starts_anew:
                end = partial(self._store.requeue, name)
            else:
                end = partial(finish, name, INTERRUPTED, error=str(error))
        except UserError as error:
            told = self._told(error)
            if told != str(error):
                print(f"{name}: {error}", file=sys.stderr)
            end = partial(finish, name, FAILED, error=told)
        except Exception as error:  # a lane must outlive its jobs
            traceback.print_exc()
            end = partial(finish, name, FAILED, error=f"An unforeseen {type(error).__name__}.")
        self._written_down(end)
        del self._tasks[name]

    def _written_down(self, end: Callable[[], object]) -> None:
        """Write how a job ended, as often as it takes; what the next start finds is "running"."""
        while True:
            try:
                end()
                return
            except sqlite3.Error:
                traceback.print_exc()
            if self._closing.wait(AGAIN):
                return


def told_at_start(cut_off: int, waiting: int) -> str:
    """What became of the jobs of before; of one kind at least there are some."""
    interrupted = f"{cut_off} {'job was' if cut_off == 1 else 'jobs were'} interrupted"
    runs = f"{waiting} that waited {'runs' if waiting == 1 else 'run'} now"
    parts = [interrupted] * (cut_off > 0) + [runs] * (waiting > 0)
    return f"Since the last end: {'; '.join(parts)}."
