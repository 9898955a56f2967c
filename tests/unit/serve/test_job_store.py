"""What is kept of jobs: by whom they were asked for, how many wait, and what a crash leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.serve.jobs import JobStore, OtherRequest, TooManyJobs
from sparring.serve.limits import MOST_JOBS_WAITING


def test_jobs_that_a_crash_cut_off_are_marked(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    first, second = store.add("generate", {}), store.add("generate", {})
    assert store.claim("generate") is not None
    other = JobStore(tmp_path / "jobs.sqlite")  # as after kill -9: nobody has closed the first
    assert [job.id for job in other.interrupt_running()] == [first.id]
    assert other.get(first.id).status == "interrupted"
    assert other.get(second.id).status == "queued"
    claimed = other.claim("generate")
    assert claimed is not None
    assert claimed.id == second.id
    assert other.claim("generate") is None


def test_one_key_makes_one_job(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    first = store.add("generate", {"n": 1}, repeat="me:k")
    assert store.add("generate", {"n": 1}, repeat="me:k").id == first.id
    assert store.add("generate", {"n": 1}, repeat="you:k").id != first.id
    with pytest.raises(OtherRequest):
        store.add("generate", {"n": 2}, repeat="me:k")
    assert len(store.newest()) == 2


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_a_key_whose_job_came_to_nothing_makes_another(tmp_path: Path, status: str) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    first = store.add("generate", {"n": 1}, repeat="me:k")
    store.finish(first.id, status)
    assert store.repeated("me:k") is None
    again = store.add("generate", {"n": 1}, repeat="me:k")
    assert (again.id != first.id, again.status) == (True, "queued")
    assert store.add("generate", {"n": 1}, repeat="me:k").id == again.id
    assert store.get(first.id).status == status


def test_only_so_many_may_wait(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    for number in range(MOST_JOBS_WAITING):
        store.add("generate", {"n": number})
    with pytest.raises(TooManyJobs):
        store.add("generate", {})


def test_finished_jobs_are_forgotten_after_a_while(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    old, waiting = store.add("generate", {}), store.add("generate", {})
    store.finish(old.id, "cancelled")
    assert store.forget_old(seconds=1_000.0) == []
    assert store.forget_old(seconds=-1.0) == [old.id]
    assert not store.events(old.id)
    assert store.get(waiting.id).status == "queued"
