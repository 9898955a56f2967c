"""Long work that outlives its request: kept in a database, so that a restart loses none."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparring.core.errors import UserError
from sparring.serve.limits import JOB_LIFETIME, MOST_JOBS_WAITING

QUEUED, RUNNING = "queued", "running"
SUCCEEDED, FAILED, CANCELLED, INTERRUPTED = "succeeded", "failed", "cancelled", "interrupted"
STATUSES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED, INTERRUPTED)
OVER = (SUCCEEDED, FAILED, CANCELLED, INTERRUPTED)
IN_VAIN = (FAILED, INTERRUPTED)
"""Ends of no use to who asks again: their keys are free for another job."""

TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    status TEXT NOT NULL, request TEXT NOT NULL, repeat TEXT UNIQUE, created REAL NOT NULL,
    started REAL, finished REAL, progress REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS by_status ON jobs (status, kind, number);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, type TEXT NOT NULL,
    time REAL NOT NULL, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_job ON events (job, id);
"""


class UnknownJob(UserError):
    """There is no such job."""


class TooManyJobs(UserError):
    """As many jobs wait as may wait."""


class OtherRequest(UserError):
    """One key for repeated requests came with two different requests."""


@dataclass(frozen=True)
class Job:
    """One piece of long work.

    Attributes:
        id: by which people ask for it.
        kind: "generate" or "train".
        status: one of `STATUSES`.
        request: what was asked.
        created: seconds since 1970, as `started` and `finished`, which are None before.
        progress: the share that is done, in [0, 1].
        error: a sentence, where it failed.
        result: what came out.
    """

    id: str
    kind: str
    status: str
    request: Mapping[str, Any]
    created: float
    started: float | None = None
    finished: float | None = None
    progress: float = 0.0
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in OVER


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; numbers of events grow."""

    id: int
    type: str
    time: float
    data: Mapping[str, Any]


class JobStore:
    """Jobs and what happened to them, in an SQLite file with a write-ahead log.

    Every change is on the disk when its method returns. May be used by many threads.

    Args:
        path: of the file, which is made where missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        # Each statement commits by itself; the lock keeps threads out of each other's way.
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def add(self, kind: str, request: Mapping[str, Any], repeat: str = "") -> Job:
        """Keep a new job; with a `repeat` that is known already, the job that it made.

        Where that job failed or was interrupted, there is nothing to give, so a new one is made.

        Raises:
            TooManyJobs: too many wait already.
            OtherRequest: `repeat` came with another request before.
        """
        text = json.dumps(request, sort_keys=True)
        with self._lock:
            known = self._repeated(repeat)
            if known is not None and (known["request"], known["kind"]) != (text, kind):
                raise OtherRequest("This Idempotency-Key came with another request before.")
            if known is not None:
                return _job(known)
            waiting = self._one("SELECT COUNT(*) AS n FROM jobs WHERE status = ?", QUEUED)
            if waiting is not None and waiting["n"] >= MOST_JOBS_WAITING:
                raise TooManyJobs(f"{MOST_JOBS_WAITING} jobs are waiting already; try again later.")
            name = f"job-{secrets.token_hex(12)}"
            if repeat:  # a key stands with one job alone: who came to nothing gives it up
                self._db.execute("UPDATE jobs SET repeat = NULL WHERE repeat = ?", (repeat,))
            self._db.execute(
                "INSERT INTO jobs (id, kind, status, request, repeat, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, kind, QUEUED, text, repeat or None, time.time()),
            )
            self._tell(name, "status", {"status": QUEUED})
        return self.get(name)

    def get(self, name: str) -> Job:
        """The job of that id.

        Raises:
            UnknownJob: there is none.
        """
        with self._lock:
            row = self._one("SELECT * FROM jobs WHERE id = ?", name)
        if row is None:
            raise UnknownJob(f"There is no job {name!r}.")
        return _job(row)

    def newest(self, kind: str = "", limit: int = 100) -> list[Job]:
        """The newest jobs, newest first, of one kind or all."""
        with self._lock:
            found = self._db.execute(
                "SELECT * FROM jobs WHERE ? IN ('', kind) ORDER BY number DESC LIMIT ?",
                (kind, limit),
            ).fetchall()
        return [_job(row) for row in found]

    def repeated(self, repeat: str) -> Job | None:
        """The job that this key has made, if there is one, unless that came to nothing."""
        with self._lock:
            row = self._repeated(repeat)
        return _job(row) if row is not None else None

    def unfinished(self, kind: str) -> list[Job]:
        """All jobs of a kind that run or wait, those that run first, then the oldest first."""
        with self._lock:
            found = self._db.execute(
                "SELECT * FROM jobs WHERE kind = ? AND status IN (?, ?)"
                " ORDER BY status = ? DESC, number",
                (kind, RUNNING, QUEUED, RUNNING),
            ).fetchall()
        return [_job(row) for row in found]

    def position(self, name: str) -> int:
        """How many jobs of its kind come before a waiting one; 0 where it does not wait."""
        with self._lock:
            row = self._one(
                "SELECT COUNT(*) AS n FROM jobs AS other, jobs AS mine WHERE mine.id = ?"
                " AND mine.status = 'queued' AND other.status = 'queued'"
                " AND other.kind = mine.kind AND other.number < mine.number",
                name,
            )
        return int(row["n"]) if row is not None else 0

    def counts(self) -> dict[str, int]:
        """How many jobs there are of each status."""
        with self._lock:
            found = self._db.execute(
                "SELECT status, COUNT(*) AS n FROM jobs GROUP BY status"
            ).fetchall()
        return {**dict.fromkeys(STATUSES, 0), **{row["status"]: row["n"] for row in found}}

    def claim(self, kind: str) -> Job | None:
        """The oldest waiting job of a kind, which is running from now on; None = none waits."""
        with self._lock:
            row = self._one(
                "UPDATE jobs SET status = ?, started = ? WHERE number = (SELECT MIN(number) FROM"
                " jobs WHERE status = ? AND kind = ?) AND status = ? RETURNING *",
                RUNNING, time.time(), QUEUED, kind, QUEUED,
            )  # fmt: skip
            if row is None:
                return None
            self._tell(row["id"], "status", {"status": RUNNING})
            return _job(row)

    def finish(
        self, name: str, status: str, *, error: str = "", result: Mapping[str, Any] | None = None
    ) -> Job:
        """Write down how a job ended, unless it is over already."""
        with self._lock:
            changed = self._db.execute(
                "UPDATE jobs SET status = ?, finished = ?, error = ?, result = ?,"
                " progress = CASE WHEN ? THEN 1.0 ELSE progress END"
                " WHERE id = ? AND status IN (?, ?)",
                (status, time.time(), error, json.dumps(result or {}), status == SUCCEEDED, name,
                 QUEUED, RUNNING),
            )  # fmt: skip
            if changed.rowcount:
                told = {"status": status, **({"error": error} if error else {})}
                self._tell(name, "status", told)
        return self.get(name)

    def requeue(self, name: str) -> None:
        """Let a running job wait again, to be begun anew."""
        with self._lock:
            self._db.execute(
                "UPDATE jobs SET status = ?, started = NULL, progress = 0 WHERE id = ?",
                (QUEUED, name),
            )
            self._tell(name, "status", {"status": QUEUED})

    def interrupt_running(self) -> list[Job]:
        """Mark jobs that were running when the service ended as interrupted; returns them."""
        with self._lock:
            found = self._db.execute("SELECT * FROM jobs WHERE status = ?", (RUNNING,)).fetchall()
        reason = "The service ended while this job was running."
        return [self.finish(row["id"], INTERRUPTED, error=reason) for row in found]

    def progress(self, name: str, share: float, facts: Mapping[str, Any]) -> None:
        """Write down how far a job is, and tell those who watch."""
        with self._lock:
            self._db.execute("UPDATE jobs SET progress = ? WHERE id = ?", (share, name))
            self._tell(name, "progress", {"progress": round(share, 6), **facts})

    def events(self, name: str, after: int = 0, limit: int = 1_000) -> Sequence[Event]:
        """What happened to a job since the event `after`, oldest first."""
        with self._lock:
            found = self._db.execute(
                "SELECT * FROM events WHERE job = ? AND id > ? ORDER BY id LIMIT ?",
                (name, after, limit),
            ).fetchall()
        return [Event(r["id"], r["type"], r["time"], json.loads(r["data"])) for r in found]

    def forget_old(self, seconds: float = JOB_LIFETIME) -> list[str]:
        """Remove jobs that were finished so long ago; returns their ids."""
        with self._lock:
            found = self._db.execute(
                "DELETE FROM jobs WHERE finished < ? RETURNING id", (time.time() - seconds,)
            ).fetchall()
            names = [row["id"] for row in found]
            self._db.executemany("DELETE FROM events WHERE job = ?", [(name,) for name in names])
        return names

    def _repeated(self, repeat: str) -> sqlite3.Row | None:
        return self._one(
            "SELECT * FROM jobs WHERE repeat = ? AND status NOT IN (?, ?)", repeat, *IN_VAIN
        )

    def _one(self, statement: str, *values: Any) -> sqlite3.Row | None:
        return self._db.execute(statement, values).fetchone()

    def _tell(self, name: str, kind: str, data: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO events (job, type, time, data) VALUES (?, ?, ?, ?)",
            (name, kind, time.time(), json.dumps(data)),
        )


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        status=row["status"],
        request=json.loads(row["request"]),
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        progress=float(row["progress"]),
        error=row["error"],
        result=json.loads(row["result"]),
    )
