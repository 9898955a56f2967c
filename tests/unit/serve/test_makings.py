"""Zips of many samples, and what is noted of files that leave without labels."""

from __future__ import annotations

import asyncio
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from fastapi.testclient import TestClient

from sparring.generation.batch import Ask
from sparring.provenance import unlabelled
from sparring.provenance.labelling import BESIDE, Labelling
from sparring.provenance.verify import verify
from sparring.serve.app import create_app
from sparring.serve.jobs import Job
from sparring.serve.services import Services, Settings
from sparring.training.run import Run


@pytest.fixture
def settings(wrote: Run, tmp_path: Path) -> Settings:
    return Settings(tmp_path / "kept", {"lines": wrote.folder}, runs=tmp_path / "runs")


def done(services: Services, **asked: object) -> tuple[Job, zipfile.ZipFile]:
    job = services.make_many({"model": "lines", "count": 3, **asked})
    until = time.monotonic() + 60
    while not (job := services.jobs.get(job.id)).is_over:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert job.status == "succeeded", job.error
    return job, zipfile.ZipFile(services.jobs.folder / job.id / job.result["file"])


def test_a_zip_of_texts_holds_the_label_beside_each(settings: Settings) -> None:
    with Services(settings) as services:
        job, archive = done(services)
        with archive:
            names = archive.namelist()
            texts = [name for name in names if not name.endswith(BESIDE)]
            assert sorted(names) == sorted(texts + [text + BESIDE for text in texts])
            assert len(texts) == 3
            content, beside = archive.read(texts[0]), archive.read(texts[0] + BESIDE)
        verdict = verify(content, texts[0], beside)
        assert "valid" in {layer.state for layer in verdict.layers}
        assert verdict.is_sound
        folder = services.jobs.folder / job.id
        assert [path.name for path in folder.iterdir()] == [job.result["file"]]
        assert job.result["bytes"] == (folder / job.result["file"]).stat().st_size


def test_what_leaves_without_labels_is_noted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    with Services(replace(settings, labelling=Labelling(implicit=False))) as services:
        job, archive = done(services, seed=5)
        archive.close()
        made = asyncio.run(services.generate("lines", Ask(count=2, seed=7)))
        asyncio.run(services.encode(made))
        asyncio.run(services.encode_row(made))
    noted = [json.loads(line) for line in unlabelled.log().read_text().splitlines()]
    assert [entry["seeds"] for entry in noted] == [[5, 6, 7], [7, 8], [7, 8]]
    assert [entry["num_files"] for entry in noted] == [1, 2, 1]
    assert Path(noted[0]["files"][0]).parent.name == job.id


def test_texts_that_leave_without_labels_are_noted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    asked = {"prompt": ["", ""], "n": 2, "temperature": 0.5}
    with Services(settings) as services:
        client = TestClient(create_app(services), base_url="http://localhost")
        for stream in (False, True):
            client.post("/v1/completions", json={**asked, "stream": stream}).raise_for_status()
    assert not unlabelled.log().exists()
    with Services(replace(settings, labelling=Labelling(implicit=False))) as services:
        client = TestClient(create_app(services), base_url="http://localhost")
        for seed, stream in ((10, False), (20, True)):
            told = client.post("/v1/completions", json={**asked, "seed": seed, "stream": stream})
            told.raise_for_status()
        model = asyncio.run(services.sampler("lines")).model_hash
    noted = [json.loads(line) for line in unlabelled.log().read_text().splitlines()]
    assert [entry["seeds"] for entry in noted] == [[10, 11], [12, 13], [20, 21], [22, 23]]
    assert {(entry["num_files"], entry["model"]) for entry in noted} == {(2, model)}
    assert all(entry["ways"] == noted[0]["ways"] and entry["ways"] for entry in noted)


def test_a_text_that_cannot_be_noted_does_not_leave(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    unlabelled.log().mkdir(parents=True)  # where a file is to be
    with Services(replace(settings, labelling=Labelling(implicit=False))) as services:
        client = TestClient(create_app(services), base_url="http://localhost")
        for stream in (False, True):
            answer = client.post("/v1/completions", json={"stream": stream})
            assert (answer.status_code, "choices" in answer.text) == (400, False)


def test_a_key_without_a_seed_draws_one_of_its_own(settings: Settings) -> None:
    client = TestClient(create_app(Services(settings)), base_url="http://localhost")

    def seed(key: str) -> int:
        headers = {"Idempotency-Key": key}
        answer = client.post("/v1/jobs", json={"model": "lines", "count": 2}, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()["request"]["seed"]

    assert seed("a") == seed("a")
    assert len({seed("a"), seed("b"), 0}) == 3
