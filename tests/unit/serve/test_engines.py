"""The service on onnxruntime: the same samples, which say so and are made again bit for bit."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from fastapi.testclient import TestClient

from sparring import cli
from sparring.provenance.facts import ENGINE
from sparring.provenance.labelling import Labelling
from sparring.provenance.verify import verify
from sparring.serve.app import create_app
from sparring.serve.registry import Registry
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

NAME = f"onnxruntime {version('onnxruntime')}"


@pytest.fixture(scope="module")
def client(
    trained: Run, wrote: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("service")
    models = {"shades": trained.folder, "lines": wrote.folder}
    settings = Settings(
        folder / "kept", models, folder / "runs", engine="onnx", labelling=Labelling(signed=False)
    )
    with Services(settings) as services:
        yield TestClient(create_app(services), base_url="http://localhost")


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    monkeypatch.setattr(sys, "argv", ["sparring", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def test_its_pictures_say_so_and_are_made_again(
    client: TestClient,
    trained: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = {"model": "shades", "prompt": "dark", "seed": 3, "response_format": "b64_json"}
    told = client.post("/v1/images/generations", json=asked).json()
    assert told["system_fingerprint"].endswith(f"-{NAME.replace(' ', '-')}")
    file = tmp_path / "it.png"
    file.write_bytes(base64.b64decode(told["data"][0]["b64_json"]))
    facts = verify(file.read_bytes(), file.name).facts
    assert facts is not None
    assert facts.origin.ways == {ENGINE: NAME}
    again = ("generate", trained.folder, "--like", file, "--json", "--no-credentials")
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *again) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []
    # Where it is not installed, torch makes it, and the difference is told.
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    run(monkeypatch, *again)
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference == f"engine {NAME} then, torch now"


def test_a_model_of_texts_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/completions", json={"model": "lines", "prompt": ""})
    assert answer.status_code == 400
    assert "choose the engine torch" in answer.json()["error"]["message"]


def test_the_faster_engine_is_taken(trained: Run, wrote: Run) -> None:
    models = {"shades": trained.folder, "lines": wrote.folder}
    registry = Registry(models, engine="auto")
    assert registry.sampler("shades").ways.get(ENGINE) in (None, NAME)
    assert not registry.sampler("lines").ways


def test_a_missing_extra_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert run(monkeypatch, "serve", "digits", "--engine", "onnx") == 2
    assert 'pip install "sparring[export]"' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
