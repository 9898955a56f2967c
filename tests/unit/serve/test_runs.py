"""Trainings over HTTP, as far as they wait: names, keys that come again, and what is in work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from fastapi.testclient import TestClient

from sparring.serve.app import create_app
from sparring.serve.jobs import JobStore
from sparring.serve.services import Services, Settings
from sparring.training.run import Run


@pytest.fixture
def services(trained: Run, tmp_path: Path) -> Services:
    """Services that nobody has started, so that jobs wait."""
    settings = Settings(tmp_path / "kept", {"shades": trained.folder}, runs=tmp_path / "runs")
    return Services(settings)


def test_trainings_that_wait_and_keys_that_come_again(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    asked = {"recipe": "digits_quick", "overrides": {"samples": 5_000}}
    key = {"Idempotency-Key": "k"}
    first = client.post("/v1/runs", json=asked, headers=key)
    assert (first.status_code, first.json()["request"]["run"]) == (202, "digits_quick")
    other = client.post("/v1/runs", json=asked)
    assert other.json()["request"]["run"] == "digits_quick-2"  # the first has no folder yet
    again = client.post("/v1/runs", json=asked, headers=key)
    assert again.json()["id"] == first.json()["id"]
    for changed in ({"overrides": {"samples": 6_000}}, {"name": "mine"}):
        refused = client.post("/v1/runs", json=asked | changed, headers=key)
        assert (refused.status_code, refused.json()["error"]["param"]) == (422, "Idempotency-Key")


def test_a_training_that_was_cut_off_is_begun_anew_in_another_folder(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    asked, key = {"recipe": "digits_quick"}, {"Idempotency-Key": "k"}
    first = client.post("/v1/runs", json=asked, headers=key).json()
    store = JobStore(services.settings.folder / "jobs.sqlite")
    assert store.claim("train") is not None
    (services.settings.runs / "digits_quick").mkdir(parents=True)
    store.interrupt_running()  # as the start does after a kill
    store.close()
    assert client.get(f"/v1/jobs/{first['id']}").json()["status"] == "interrupted"
    again = client.post("/v1/runs", json=asked, headers=key).json()
    assert (again["id"] != first["id"], again["request"]["run"]) == (True, "digits_quick-2")


def test_the_fields_of_a_job_are_documented(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    job = client.post("/v1/jobs", json={"model": "shades", "count": 2}).json()
    text = (Path(__file__).parents[3] / "docs/serving.md").read_text(encoding="utf-8")
    table = text.partition("A job is an object")[2].partition("\n\n")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert re.findall(r"`(\w+)`", " ".join(cells)) == list(job)


def test_a_run_in_work_is_found_and_not_begun_twice(services: Services, trained: Run) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    shutil.copytree(trained.folder, services.settings.runs / "mine")
    key = {"Idempotency-Key": "k"}
    job = client.post("/v1/runs/mine/resume", headers=key).json()
    assert client.post("/v1/runs/mine/resume", headers=key).json()["id"] == job["id"]
    assert client.post("/v1/runs/mine/resume").status_code == 409
    for number in range(100):  # newer ones do not hide it
        other = services.jobs.add("train", {"run": f"other-{number}"})
        services.jobs.cancel(other.id)
    assert client.get("/v1/runs/mine").json()["job"] == job["id"]
    assert client.get("/v1/runs").json()["data"][0]["job"] == job["id"]
    assert client.delete("/v1/runs/mine").json()["id"] == job["id"]
    assert client.delete("/v1/runs/mine").status_code == 409
    assert client.post("/v1/runs/mine/resume").status_code == 202


def test_a_training_that_waits_is_stopped_by_the_name_of_its_run(
    services: Services, trained: Run
) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    shutil.copytree(trained.folder, services.settings.runs / "mine")
    working = client.post("/v1/runs/mine/resume").json()
    waiting = client.post("/v1/runs", json={"recipe": "digits_quick", "name": "mine"}).json()
    assert waiting["request"]["run"] == "mine-2"  # it has no folder yet
    answer = client.delete("/v1/runs/mine-2")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["status"]) == (waiting["id"], "cancelled")
    assert client.get(f"/v1/jobs/{working['id']}").json()["status"] == "queued"
    gone = client.delete("/v1/runs/mine-2")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


def test_a_training_that_waits_is_a_run_already(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    asked = {"recipe": "digits_quick", "overrides": {"samples": 500}, "name": "soon"}
    job = client.post("/v1/runs", json=asked).json()
    run = {"id": "soon", "object": "run", "job": job["id"], "recipe": "digits_quick"}
    run |= {"samples": 0, "of": 500}
    assert client.get("/v1/runs/soon").json() == {**run, "metrics": []}
    assert client.get("/v1/runs").json()["data"] == [run]
    preview = client.get("/v1/runs/soon/preview")
    assert (preview.status_code, preview.json()["error"]["code"]) == (404, "no_preview")
    assert client.post("/v1/runs/soon/resume").status_code == 409
    client.delete("/v1/runs/soon")
    assert client.get("/v1/runs/soon").status_code == 404
    assert client.get("/v1/runs").json()["data"] == []


def test_a_waiting_training_that_cannot_be_read_hides_no_other(services: Services) -> None:
    client = TestClient(create_app(services), base_url="http://localhost")
    recipe = {"name": "old", "gone": {"setting": 1}}  # as of another version
    job = services.jobs.add("train", {"run": "old", "name": "old", "recipe": recipe})
    run = {"id": "old", "object": "run", "job": job.id}
    run |= {"recipe": None, "samples": None, "of": None}
    assert client.get("/v1/runs").json()["data"] == [run]
