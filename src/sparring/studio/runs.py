"""All runs: their folders say what was done, and the jobs what is being done."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.core.errors import UserError
from sparring.serve.jobs import QUEUED, RUNNING, Job
from sparring.studio.desk import Desk
from sparring.studio.progress import Progress, progress, runs_in

DONE, STOPPED, FAILED, ELSEWHERE = "done", "stopped", "failed", "elsewhere"


@dataclass(frozen=True)
class Row:
    """One run in the list.

    Attributes:
        name: of its folder.
        state: "queued", "running", "done", "stopped", "failed" or "elsewhere".
        share: of the training that has passed.
    """

    name: str
    state: str
    share: float


class Runs:
    """The runs of a desk.

    Args:
        desk: whose.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._known: dict[str, tuple[int, float]] = {}

    def names(self) -> list[str]:
        """All runs, those that changed last first, after those that only wait."""
        there = [path.name for path in runs_in(self.desk.runs)]
        waiting = [name for name, job in self._jobs().items() if not job.is_over]
        return [*(name for name in waiting if name not in there), *there]

    def rows(self) -> list[Row]:
        """What the list shows."""
        jobs = self._jobs()
        return [Row(name, self.state(name, jobs.get(name)), self._share(name))
                for name in self.names()]  # fmt: skip

    def job(self, name: str) -> Job | None:
        """The newest job of a run."""
        return self._jobs().get(name)

    def progress(self, name: str) -> Progress | None:
        """How a run is doing; None where it has not begun.

        Raises:
            UserError: its folder is damaged.
        """
        folder = self.desk.runs / name
        return progress(folder) if (folder / "recipe.json").is_file() else None

    def state(self, name: str, job: Job | None) -> str:
        """One of the words that `Row` names."""
        if job is not None and job.status in (QUEUED, RUNNING):
            return job.status
        if self._share(name) >= 1.0:
            return DONE
        if (self.desk.runs / name / "lock").exists():
            return ELSEWHERE  # the command line trains it
        return FAILED if job is not None and job.status == FAILED else STOPPED

    def stop(self, name: str) -> None:
        """Ask a training to save and leave."""
        job = self.job(name)
        if job is not None and not job.is_over:
            self.desk.services.jobs.cancel(job.id)

    def resume(self, name: str) -> None:
        """Go on.

        Raises:
            UserError: there is no such run, it is trained already, or too much waits already.
        """
        job = self.job(name)
        if job is not None and not job.is_over:
            raise UserError(f"{name} is trained already, or waits for its turn; stop it first.")
        self.desk.services.resume(name)

    def _jobs(self) -> dict[str, Job]:
        """The job of each run that counts: one in work, else the newest."""
        newest = self.desk.services.in_work()
        for job in self.desk.services.jobs.newest("train"):
            newest.setdefault(str(job.request["run"]), job)
        return newest

    def _share(self, name: str) -> float:
        """Read anew only where the rows have grown."""
        rows = self.desk.runs / name / "metrics.jsonl"
        size = rows.stat().st_size if rows.is_file() else -1
        known = self._known.get(name)
        if known is None or known[0] != size:
            try:
                found = self.progress(name)
            except UserError:
                return 0.0
            known = (size, found.share if found is not None else 0.0)
            self._known[name] = known
        return known[1]
