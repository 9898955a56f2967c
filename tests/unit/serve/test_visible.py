"""Who asks for it gets files with a label for people; other people's files stay as they are."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from sparring.generation.likeness import again
from sparring.generation.sampler import Sampler
from sparring.provenance.labelling import BESIDE, Labelling
from sparring.provenance.verify import Verdict, verify
from sparring.serve.app import create_app
from sparring.serve.services import Services

IMAGES, SOUNDS = "/v1/images/generations", "/v1/audio/generations"
PLAIN = Labelling(signed=False)


def files(client: TestClient, path: str, **asked: Any) -> list[bytes]:
    answer = client.post(path, json={"prompt": "", "response_format": "b64_json", **asked})
    assert answer.status_code == 200, answer.text
    return [base64.b64decode(entry["b64_json"]) for entry in answer.json()["data"]]


def visible(verdict: Verdict) -> str:
    return {layer.name: layer.state for layer in verdict.layers}.get("visible", "not told")


def made_again(content: bytes, name: str, sampler: Sampler) -> bool:
    facts = verify(content, name).facts
    assert facts is not None and facts.visible
    return again(facts, content, name, sampler, PLAIN).is_same


def test_pictures_carry_it_on_request(client: TestClient, services: Services) -> None:
    sampler = services.registry.sampler("shades")
    asked = {"model": "shades", "seed": 3, "label": "dark"}
    for form in ("png", "jpeg"):
        (shown,) = files(client, IMAGES, visible=True, output_format=form, **asked)
        verdict = verify(shown, f"shown.{form}")
        assert verdict.is_sound and visible(verdict) == "present"
        assert made_again(shown, f"shown.{form}", sampler)
        expected = sampler.visibly().generate(1, seed=3, labels="dark").encoded(0, form)
        assert Image.open(io.BytesIO(shown)).tobytes() == Image.open(io.BytesIO(expected)).tobytes()
    for given in ({}, {"visible": False}):
        (usual,) = files(client, IMAGES, **given, **asked)
        verdict = verify(usual, "usual.png")
        assert verdict.facts is not None and not verdict.facts.visible
        assert Image.open(io.BytesIO(usual)).height < Image.open(io.BytesIO(shown)).height
    latent, between = [0.5] * 8, {"seeds": [1, 4]}
    for place in ({"latent": latent}, {"interpolate": between, "seed": None}):
        (shown,) = files(client, IMAGES, visible=True, **(asked | place))
        assert made_again(shown, "shown.png", sampler)
    error = client.post(IMAGES, json={"prompt": "", "visible": "yes", **asked}).json()["error"]
    assert (error["param"], error["message"]) == ("visible", "visible: it must be true or false.")


def test_sounds_and_speech_carry_it_on_request(spoken: TestClient) -> None:
    for form in ("wav", "flac"):
        (heard,) = files(spoken, SOUNDS, visible=True, seed=2, output_format=form)
        (usual,) = files(spoken, SOUNDS, seed=2, output_format=form)
        assert len(heard) > len(usual)
    (heard,) = files(spoken, SOUNDS, visible=True, seed=2)
    asked = {"model": "spoken-digits", "input": "4 0", "voice": "jackson"}
    said = spoken.post("/v1/audio/speech", json={**asked, "visible": True}).content
    for content in (heard, said):
        verdict = verify(content, "x.wav")
        assert verdict.is_sound and visible(verdict) == "present"
        services = spoken.app.state.services
        assert made_again(content, "x.wav", services.registry.sampler("spoken-digits"))
    bare = spoken.post("/v1/audio/speech", json=asked).content
    assert visible(verify(bare, "x.wav")) == "missing"


def test_texts_end_with_it_on_request(client: TestClient, services: Services) -> None:
    asked = {"model": "lines", "seed": 5, "max_tokens": 4}

    def choice(**given: Any) -> dict[str, Any]:
        return client.post("/v1/completions", json=asked | given).json()["choices"][0]

    usual, shown = choice(), choice(visible=True)
    assert shown["text"] == usual["text"] + "\n\n[AI-generated] AI生成"
    assert shown["finish_reason"] == usual["finish_reason"]
    answer = client.post("/v1/completions", json=asked | {"visible": True, "stream": True}).text
    events = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: {")]
    assert "".join(event["choices"][0]["text"] for event in events) == shown["text"]
    made = services.registry.sampler("lines").visibly().generate(1, seed=5)
    whole = choice(visible=True, max_tokens=None)["text"]
    assert made.one(0).content.decode().startswith(whole + " ")


def test_a_service_that_shows_it_always_does_in_texts_too(
    services: Services, tmp_path: Path
) -> None:
    settings = replace(services.settings, folder=tmp_path, labelling=Labelling(visible=True))
    with Services(settings) as showing:
        client = TestClient(create_app(showing), base_url="http://localhost")
        answer = client.post("/v1/completions", json={"model": "lines"}).json()
    assert answer["choices"][0]["text"].endswith("[AI-generated] AI生成")


@pytest.mark.parametrize(("model", "ending"), [("shades", ".png"), ("lines", ".txt")])
def test_jobs_carry_it_on_request(
    services: Services, client: TestClient, model: str, ending: str
) -> None:
    asked = {"model": model, "count": 3, "seed": 5}
    for given in ({"visible": True}, {}):
        begun = client.post("/v1/jobs", json={**asked, **given}).json()
        assert begun["request"]["visible"] is bool(given)
        until = time.monotonic() + 60
        while (job := client.get(f"/v1/jobs/{begun['id']}").json())["status"] != "succeeded":
            assert time.monotonic() < until, job
            time.sleep(0.02)
        content = client.get(job["links"]["result"]).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.endswith(ending)]
            assert len(names) == 3
            for name in names:
                beside = archive.read(name + BESIDE) if ending == ".txt" else b""
                verdict = verify(archive.read(name), name, beside)
                assert verdict.is_sound and verdict.facts is not None
                assert verdict.facts.visible is bool(given)


def test_the_api_tells_of_it(services: Services) -> None:
    schemas = create_app(services).openapi()["components"]["schemas"]
    for name in (
        "ImagesRequest",
        "SoundsRequest",
        "SpeechRequest",
        "JobRequest",
        "CompletionRequest",
    ):
        field = schemas[name]["properties"]["visible"]
        assert (field["type"], field["default"]) == ("boolean", False)
        assert "people see or hear" in field["description"]
