"""Jobs outlive requests, clients and the service itself."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.serve import lanes
from sparring.serve.jobs import (
    Job,
    JobStore,
    UnknownJob,
)
from sparring.serve.lanes import Jobs, Kind, Stopped, Task, told_at_start
from sparring.serve.services import Services, Settings
from sparring.serve.trainings import from_afar, recipe_from_afar
from sparring.training.run import Run


class Counting(Kind):
    """Counts until it is let go or told to stop."""

    name = "generate"

    def __init__(self, *, starts_anew: bool = True) -> None:
        self.starts_anew = starts_anew
        self.begun, self.go_on = threading.Event(), threading.Event()

    def run(self, task: Task) -> Mapping[str, Any]:
        if task.job.request.get("fail"):
            raise UserError("failed on purpose")
        self.begun.set()
        counted = 0
        while not self.go_on.wait(0.01):
            counted += 1
            task.tell(0.5, counted=counted)
            if task.shall_stop:
                raise Stopped(f"stopped at {counted}")
        return {"counted": counted}


def over(jobs: Jobs | JobStore, name: str) -> Job:
    until = time.monotonic() + 60
    while not (job := jobs.get(name)).is_over:
        assert time.monotonic() < until
        time.sleep(0.01)
    return job


def test_a_job_runs_and_says_what_came_out(tmp_path: Path) -> None:
    kind = Counting()
    jobs = Jobs(JobStore(tmp_path / "jobs.sqlite"), [kind], tmp_path)
    jobs.start()
    first, second = jobs.add("generate", {"a": 1}), jobs.add("generate", {"fail": True})
    assert kind.begun.wait(10)
    assert jobs.position(second.id) == 0
    third = jobs.add("generate", {})
    assert jobs.position(third.id) == 1
    assert jobs.cancel(third.id).status == "cancelled"
    kind.go_on.set()
    assert over(jobs, first.id).status == "succeeded"
    failed = over(jobs, second.id)
    assert (failed.status, failed.error) == ("failed", "failed on purpose")
    assert [job.id for job in jobs.newest()] == [third.id, second.id, first.id]
    jobs.stop()
    with pytest.raises(UnknownJob):
        jobs.get("job-0")


def test_a_running_job_can_be_cancelled(tmp_path: Path) -> None:
    kind = Counting()
    jobs = Jobs(JobStore(tmp_path / "jobs.sqlite"), [kind], tmp_path)
    jobs.start()
    job = jobs.add("generate", {})
    assert kind.begun.wait(10)
    jobs.cancel(job.id)
    assert over(jobs, job.id).status == "cancelled"
    assert jobs.cancel(job.id).status == "cancelled"
    jobs.stop()


class Refusing(JobStore):
    """A store whose disk is full now and then."""

    refuses = 0

    def claim(self, kind: str) -> Job | None:
        self._refuse()
        return super().claim(kind)

    def finish(
        self, name: str, status: str, *, error: str = "", result: Mapping[str, Any] | None = None
    ) -> Job:
        self._refuse()
        return super().finish(name, status, error=error, result=result)

    def _refuse(self) -> None:
        if self.refuses:
            self.refuses -= 1
            raise sqlite3.OperationalError("database or disk is full")


def test_a_lane_outlives_errors_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "AGAIN", 0.01)
    store, kind = Refusing(tmp_path / "jobs.sqlite"), Counting()
    store.refuses = 3
    jobs = Jobs(store, [kind], tmp_path)
    jobs.start()
    job = jobs.add("generate", {})
    assert kind.begun.wait(10)
    store.refuses = 3
    kind.go_on.set()
    assert over(jobs, job.id).status == "succeeded"
    assert jobs.are_alive
    jobs.stop()
    assert not jobs.are_alive


def test_a_cancel_while_a_job_is_claimed_is_heard(tmp_path: Path) -> None:
    claimed, go_on = threading.Event(), threading.Event()

    class Slow(JobStore):
        def claim(self, kind: str) -> Job | None:
            job = super().claim(kind)
            if job is not None:
                claimed.set()
                assert go_on.wait(10)
            return job

    kind = Counting()
    jobs = Jobs(Slow(tmp_path / "jobs.sqlite"), [kind], tmp_path)
    jobs.start()
    job = jobs.add("generate", {})
    assert claimed.wait(10)
    canceller = threading.Thread(target=jobs.cancel, args=(job.id,))
    canceller.start()
    canceller.join(0.1)
    go_on.set()
    canceller.join(10)
    ended = over(jobs, job.id)
    jobs.stop()
    assert ended.status == "cancelled"
    assert ended.error.startswith("stopped at")


def test_what_clients_are_told_of_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = Jobs(JobStore(tmp_path / "jobs.sqlite"), [Counting()], tmp_path, told=lambda _: "no")
    jobs.start()
    failed = over(jobs, jobs.add("generate", {"fail": True}).id)
    jobs.stop()
    assert failed.error == "no"
    assert f"{failed.id}: failed on purpose" in capsys.readouterr().err


def test_old_jobs_are_forgotten_while_the_service_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "IDLE", 0.01)
    store = JobStore(tmp_path / "jobs.sqlite")
    old = store.add("generate", {})
    store.finish(old.id, "cancelled")
    (tmp_path / old.id).mkdir()
    jobs = Jobs(store, [Counting()], tmp_path)
    jobs.start()
    assert jobs.get(old.id).is_over
    later = time.time() + 30 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    until = time.monotonic() + 10
    while jobs.newest():
        assert time.monotonic() < until
        time.sleep(0.01)
    jobs.stop()
    assert not (tmp_path / old.id).exists()


@pytest.mark.parametrize(("starts_anew", "status"), [(True, "queued"), (False, "interrupted")])
def test_what_the_end_of_the_service_does(tmp_path: Path, starts_anew: bool, status: str) -> None:
    kind = Counting(starts_anew=starts_anew)
    store = JobStore(tmp_path / "jobs.sqlite")
    jobs = Jobs(store, [kind], tmp_path)
    jobs.start()
    job, waiting = jobs.add("generate", {}), jobs.add("generate", {})
    assert kind.begun.wait(10)
    jobs.stop()
    assert jobs.get(job.id).status == status
    assert jobs.get(waiting.id).status == "queued"
    store.close()
    again = Jobs(JobStore(tmp_path / "jobs.sqlite"), [kind], tmp_path)
    kind.go_on.set()
    again.start()
    assert over(again, waiting.id).status == "succeeded"
    assert over(again, job.id).status == ("succeeded" if starts_anew else "interrupted")
    again.stop()


def test_the_start_says_and_clears_away_what_the_last_end_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, kind = JobStore(tmp_path / "jobs.sqlite"), Counting()
    cut_off, *waiting = [store.add("generate", {}) for _ in range(3)]
    assert store.claim("generate") is not None
    half = tmp_path / cut_off.id / ".samples.zip.tmp-1"
    half.parent.mkdir()
    half.touch()
    jobs = Jobs(store, [kind], tmp_path)
    kind.go_on.set()
    jobs.start()
    assert not half.exists()
    assert all(over(jobs, job.id).status == "succeeded" for job in waiting)
    jobs.stop()
    said = "Since the last end: 1 job was interrupted; 2 that waited run now.\n"
    assert capsys.readouterr().err == said


def test_only_what_there_was_is_told_at_the_start() -> None:
    assert told_at_start(0, 1) == "Since the last end: 1 that waited runs now."
    assert told_at_start(2, 0) == "Since the last end: 2 jobs were interrupted."


def test_what_a_training_advises_is_told_to_those_who_cannot_see_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    said = f"{folder} cannot be resumed bit for bit: torch was 1 and is 2."
    advice = f" To go on all the same: sparring resume {folder} --inexact."
    assert from_afar(said + advice, folder) == said.replace(str(folder), "mine")
    assert from_afar(f"go on with 'sparring resume {folder}'.", folder).endswith(
        "with 'POST /v1/runs/mine/resume'."
    )


def test_watching_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    jobs = Jobs(store, [], tmp_path)
    job = store.add("generate", {})
    store.claim("generate")
    store.progress(job.id, 0.5, {"counted": 1})

    async def watch(after: int) -> list[tuple[int, str]]:
        found = []
        async for event in jobs.watch(job.id, after):
            if event is None:
                store.finish(job.id, "succeeded", result={})
            else:
                found.append((event.id, event.type))
        return found

    seen = asyncio.run(watch(0))
    assert [kind for _, kind in seen] == ["status", "status", "progress", "status"]
    assert asyncio.run(watch(seen[1][0])) == seen[2:]


@pytest.fixture
def services(trained: Run, tmp_path: Path) -> Services:
    settings = Settings(tmp_path / "kept", {"shades": trained.folder}, runs=tmp_path / "runs")
    return Services(settings)


def test_many_samples_become_a_zip_of_labelled_files(services: Services, trained: Run) -> None:
    with services:
        job = services.make_many({"model": "shades", "count": 20, "seed": 3, "label": "dark"})
        done = over(services.jobs, job.id)
        assert done.status == "succeeded", done.error
        path = services.jobs.folder / job.id / done.result["file"]
        made = trained.sampler().generate(20, seed=3, labels="dark")
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist()[0] == "000003-dark.png"
            assert len(archive.namelist()) == len(made)
            assert b"AI-generated" in archive.read("000022-dark.png")
        with pytest.raises(UserError, match="no class 'purple'"):
            services.make_many({"model": "shades", "count": 20, "label": "purple"})


def test_a_training_is_started_stopped_and_resumed(services: Services, tiny: Recipe) -> None:
    with services:
        slow = tiny.replace(
            {"samples": 10_000_000, "training.log_every": 64, "judge.every": 0, "name": "long"}
        )
        job = services.train(slow)
        until = time.monotonic() + 120
        while not any(e.type == "progress" for e in services.jobs.events(job.id)):
            assert time.monotonic() < until
            assert not services.jobs.get(job.id).is_over, services.jobs.get(job.id).error
            time.sleep(0.05)
        services.jobs.cancel(job.id)
        stopped = over(services.jobs, job.id)
        assert (stopped.status, stopped.request["run"]) == ("cancelled", "long")
        assert str(services.settings.runs) not in stopped.error
        assert stopped.error.endswith("and saved; go on with 'POST /v1/runs/long/resume'.")
        run = services.trainings.find("long")
        assert run.samples > 0
        assert services.registry.names() == ["long", "shades"]
        assert services.trainings.free_name("long") == "long-2"
        again = services.resume("long")
        until = time.monotonic() + 120
        while not any(e.type == "progress" for e in services.jobs.events(again.id)):
            assert time.monotonic() < until
            time.sleep(0.05)
    # The end of the service stops a training, which saves, and marks it.
    kept = JobStore(services.settings.folder / "jobs.sqlite")
    assert kept.get(again.id).status == "interrupted"
    assert run.samples > run.metrics[0]["samples"]


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("../../etc/passwd", {}),
        ("/etc/passwd.toml", {}),
        ("digitz", {}),
        ("folder", {"data.path": "photos"}),
        ("digits", {"data.path": "/etc"}),
        ("digits", {"data.name": "/etc/passwd"}),
        ("digits", {"objective.name": "os:system"}),
        ("digits", {"data.tokeniser": "mine"}),
        ("digits", {"name": "../../up"}),
        ("digits", {"nothing": 1}),
    ],
)
def test_a_recipe_from_afar_names_no_paths_and_no_code(
    name: str, overrides: dict[str, Any]
) -> None:
    with pytest.raises(UserError):
        recipe_from_afar(name, overrides)


def test_nothing_that_a_recipe_from_afar_names_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "it ran"
    (tmp_path / "farmod.py").write_text(f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n")
    monkeypatch.syspath_prepend(tmp_path)
    for place in ("objective", "data", "networks.generator"):
        with pytest.raises(UserError, match=r"name: .* no code from elsewhere\.$"):
            recipe_from_afar("digits", {f"{place}.name": "farmod:X"})
        with pytest.raises(UserError):
            Recipe.read("digits", {f"{place}.name": "farmod:X"}, trusted=False)
    assert not marker.exists()
    assert recipe_from_afar("digits", {"summary": "my run: one"}).summary == "my run: one"


def test_a_running_job_comes_before_those_that_wait(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    first, second = store.add("train", {"run": "a"}), store.add("train", {"run": "a"})
    store.claim("train")
    store.requeue(first.id)
    store.finish(first.id, "cancelled")
    third = store.add("train", {"run": "a"})
    store.claim("train")
    assert [job.id for job in store.unfinished("train")] == [second.id, third.id]
    assert store.unfinished("generate") == []


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", ".hidden", "a" * 65, "a\nb"])
def test_a_run_is_not_called_so(services: Services, tiny: Recipe, name: str) -> None:
    with services, pytest.raises(UserError):
        services.trainings.free_name(name)
