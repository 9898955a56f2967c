"""Judging as a job, so that it goes on when the page is closed: the command line's own verbs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparring.core import files
from sparring.core.errors import UserError
from sparring.serve.lanes import Kind, Stopped, Task
from sparring.studio.translating import page_in_chinese
from sparring.studio.words import Language

if TYPE_CHECKING:
    from sparring.studio.desk import Desk

POLL = 0.3  # seconds between two looks at whether it shall stop


class Judgings(Kind):
    """Judges one model, or compares several.

    A request is `{"models": [names], "quick": bool, "count": int}`; its result says where the
    report lies beneath the folder of all reports.

    Args:
        desk: knows the models and where reports go.
    """

    name = "judge"
    starts_anew = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def place(self, models: list[str]) -> str:
        """The folder of a report on these models, beneath that of all reports."""
        return "+".join(models)

    def report(self, models: list[str], language: Language) -> Path | None:
        """The page of the newest report on these models; None where there is none.

        It may take a moment to tell it in another language.
        """
        page = self._newest(models)
        if page is None or language.code == "en":
            return page
        told = page.with_suffix(f".{language.code}{page.suffix}")
        if _moment(told) < _moment(page):
            words = page.read_text(encoding="utf-8", errors="replace")
            files.atomic_write(told, page_in_chinese(words).encode())
        return told

    def _newest(self, models: list[str]) -> Path | None:
        name = "report.html" if len(models) == 1 else "compare.html"
        own = self._desk.reports / self.place(models) / name
        if len(models) == 1:
            # The command line puts reports into runs, of which nothing else shall be served.
            other = self._desk.place_of(models[0]) / "report" / name
            if other.is_file() and _moment(other) > _moment(own):
                files.atomic_write(own, other.read_bytes())
        return own if own.is_file() else None

    def run(self, task: Task) -> Mapping[str, Any]:
        """Judge, and tell every line of progress."""
        models = [str(name) for name in task.job.request["models"]]
        places = [str(self._desk.place_of(name)) for name in models]
        out = self._desk.reports / self.place(models)
        words = ["evaluate" if len(models) == 1 else "compare", *places, "--out", str(out)]
        words += ["--quick"] if task.job.request.get("quick", True) else []
        count = int(task.job.request.get("count", 0))
        words += ["--count", str(count)] if count else []
        child = subprocess.Popen(
            [sys.executable, "-m", "sparring.cli.trainee", *words],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip
        watcher = threading.Thread(target=_end_early, args=(child, task), daemon=True)
        watcher.start()
        last = ""
        with child:
            assert child.stderr is not None, "it was asked for"
            for line in child.stderr:
                last = line.strip() or last
                task.tell(0.0, line=last)
        if child.returncode == 0:
            return {"folder": out.name}
        if task.shall_stop:
            raise Stopped("It was stopped.")
        raise UserError(last.removeprefix("sparring: ") or f"It ended with {child.returncode}.")


def _end_early(child: subprocess.Popen[str], task: Task) -> None:
    while child.poll() is None:
        if task.shall_stop:
            child.terminate()
            return
        task.cancelled.wait(POLL)


def _moment(path: Path) -> float:
    return path.stat().st_mtime if path.is_file() else 0.0
