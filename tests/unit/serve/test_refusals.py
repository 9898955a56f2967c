"""Every refusal names the field that it is about, in a sentence for people who send requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from sparring.serve.app import create_app
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

IMAGES, TEXTS, JOBS = "/v1/images/generations", "/v1/completions", "/v1/jobs"
SPEECH, SOUNDS, RUNS = "/v1/audio/speech", "/v1/audio/generations", "/v1/runs"
JSON = {"content-type": "application/json"}
FARTHEST = 2**63 - 1


def error_of(client: TestClient, path: str, asked: dict[str, Any]) -> dict[str, str]:
    usual = {
        IMAGES: {"model": "shades", "prompt": ""}, TEXTS: {"model": "lines"},
        JOBS: {"model": "shades", "count": 2}, RUNS: {"recipe": "digits_quick"},
    }  # fmt: skip
    answer = client.post(path, json=usual.get(path, {}) | asked)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["message"].endswith((".", "?"))
    assert "--" not in error["message"]
    return error


@pytest.mark.parametrize(
    ("path", "asked", "param"),
    [
        (IMAGES, {"label": 7}, "label"),
        (IMAGES, {"label": {"class": 7}}, "label"),
        (IMAGES, {"label": ["dark"]}, "label"),
        (IMAGES, {"latent": [0.0, "x"]}, "latent.1"),
        (IMAGES, {"latent": "x"}, "latent"),
        (IMAGES, {"interpolate": {"seeds": [1, "x"]}}, "interpolate.seeds.1"),
        (IMAGES, {"interpolate": [1, 2]}, "interpolate"),
        (IMAGES, {"style": "bold"}, "style"),
        (TEXTS, {"prompt": 7}, "prompt"),
        (TEXTS, {"prompt": ["we", 7]}, "prompt.1"),
        (TEXTS, {"prompt": []}, "prompt"),
        (TEXTS, {"stop": {"a": 1}}, "stop"),
        (TEXTS, {"stop": ["a", 1]}, "stop.1"),
        (TEXTS, {"label": 1.5}, "label"),
        (TEXTS, {"logit_bias": {"7": "x"}}, "logit_bias"),
        (TEXTS, {"stream_options": {"include_usage": "x"}}, "stream_options.include_usage"),
        (JOBS, {"label": 7}, "label"),
        (RUNS, {"overrides": {"seed": {}}}, "overrides"),
        (RUNS, {"overrides": {"seed": [{}]}}, "overrides"),
        (RUNS, {"overrides": {"seed": {"b": 1}}}, "overrides"),
    ],
)
def test_a_field_of_several_kinds_is_named_alone(
    client: TestClient, path: str, asked: dict[str, Any], param: str
) -> None:
    error = error_of(client, path, asked)
    assert error["param"] == param
    assert error["message"].startswith(f"{param}: "), error


@pytest.mark.parametrize(
    ("path", "asked", "param"),
    [
        (IMAGES, {"latent": [0.0]}, "latent"),
        (IMAGES, {"latent": [1e308] * 8}, "latent"),
        (IMAGES, {"latent": [0.0] * 8, "n": 2}, "n"),
        (IMAGES, {"interpolate": {"seeds": [1, 2]}, "n": 2}, "n"),
        (IMAGES, {"latent": [0.0] * 8, "interpolate": {"seeds": [1, 2]}}, "interpolate"),
        (IMAGES, {"seed": 5, "interpolate": {"seeds": [1, 2]}}, "interpolate"),
        (IMAGES, {"seed": FARTHEST, "n": 2}, "seed"),
        (IMAGES, {"seed": FARTHEST, "n": 2, "stream": True}, "seed"),
        (TEXTS, {"seed": FARTHEST, "n": 2}, "seed"),
        (JOBS, {"label": "purple"}, "label"),
        (JOBS, {"label": {"colour": "dark"}}, "label"),
        (JOBS, {"model": "lines", "label": "dark"}, "label"),
        (JOBS, {"seed": FARTHEST, "count": 10_000}, "seed"),
    ],
)
def test_what_a_model_cannot_do_is_named(
    client: TestClient, path: str, asked: dict[str, Any], param: str
) -> None:
    assert error_of(client, path, asked)["param"] == param


@pytest.mark.parametrize(
    ("overrides", "param"),
    [
        ({"samples": 9, "optimiser.learning_rate": "x"}, "overrides.optimiser.learning_rate"),
        ({"optimiser.learning_rate": ["x", 1]}, "overrides.optimiser.learning_rate"),
        ({"optimiser.learning_rate": -1}, "overrides.optimiser.learning_rate"),
        ({"optimiser.betas": [0.5, 7]}, "overrides.optimiser.betas"),
        ({"samples": 9, "objective.gama": 1}, "overrides.objective.gama"),
        ({"objective.name": "hinges"}, "overrides.objective.name"),
        ({"objective.name": 7}, "overrides.objective.name"),
        ({"networks.generator.blocks": 1}, "overrides.networks.generator.blocks"),
        ({"data.batch": 0}, "overrides.data.batch"),
        ({"data.path": "photos"}, "overrides.data.path"),
        ({"seed.of": 1}, "overrides.seed.of"),
        ({"training.accumulate": 7, "data.batch": 64}, "overrides.data.batch"),
        ({"training.accumulate": 7}, "overrides"),
    ],
)
def test_the_setting_of_a_training_that_is_wrong_is_named(
    client: TestClient, overrides: dict[str, Any], param: str
) -> None:
    assert error_of(client, RUNS, {"overrides": overrides})["param"] == param
    error = error_of(client, RUNS, {"recipe": "digitz", "overrides": overrides})
    assert error["param"] == "recipe"


@pytest.mark.parametrize("path", [IMAGES, TEXTS, JOBS, "/v1/audio/generations", SPEECH])
@pytest.mark.parametrize("given", [{"model": ""}, {}])
def test_of_several_models_one_must_be_named(
    client: TestClient, path: str, given: dict[str, str]
) -> None:
    usual = {IMAGES: {"prompt": ""}, JOBS: {"count": 2}, SPEECH: {"input": "1", "voice": "default"}}
    answer = client.post(path, json=usual.get(path, {}) | given)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, "model", "missing_field")
    if not (path == SPEECH and not given):  # where the field itself is needed
        assert error["message"] == "Several models are served; name one: lines, shades."


def test_where_there_is_one_model_it_need_not_be_named(trained: Run, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "kept", {"shades": trained.folder}, runs=tmp_path / "runs")
    with Services(settings) as services:
        client = TestClient(create_app(services), base_url="http://localhost")
        for given in ({}, {"model": ""}):
            assert client.post(IMAGES, json={"prompt": "", **given}).status_code == 200
            assert client.post(JOBS, json={"count": 2, **given}).json()["request"]["model"] == (
                "shades"
            )


def test_sounds_are_refused_by_their_fields(spoken: TestClient) -> None:
    asked = {"input": "seven", "voice": "default", "model": ""}
    error = error_of(spoken, SPEECH, asked)
    assert error["param"] == "input"
    assert "all words must be classes of one label set" in error["message"]
    error = error_of(spoken, SOUNDS, {"seed": FARTHEST, "n": 2})
    assert error["param"] == "seed"


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        (IMAGES, {"label": 7}, "label: it must be a text or an object."),
        (IMAGES, {"label": {"class": 7}}, "label: what 'class' is must be a text."),
        (IMAGES, {"n": True}, "n: it must be a whole number."),
        (IMAGES, {"seed": -1}, "seed: it must be at least 0, not -1."),
        (IMAGES, {"interpolate": 3}, "interpolate: it must be an object."),
        (TEXTS, {"prompt": 7}, "prompt: it must be a text or a list."),
        (TEXTS, {"prompt": []}, "prompt: it must have at least 1 value, not 0."),
        (IMAGES, {"n": 11}, "n: it must be at most 10, not 11."),
        (IMAGES, {"output_format": "bmp"}, "output_format: it must be 'png', 'jpeg' or 'webp'."),
        (
            TEXTS,
            {"prompt": "x" * 5_000},
            "prompt: it must have at most 4,096 characters, not 5,000.",
        ),
    ],
)
def test_a_sentence_says_what_is_needed(
    client: TestClient, path: str, asked: dict[str, Any], said: str
) -> None:
    assert error_of(client, path, asked)["message"] == said


@pytest.mark.parametrize(
    ("parts", "param", "code", "said"),
    [
        (
            ["file", "besides"], "besides", "unknown_field",
            "There is no part 'besides'. Did you mean 'beside'?",
        ),
        (["note"], "note", "unknown_field", "There is no part 'note'. There are: beside, file."),
        (["file", "file"], "file", "repeated_field", "The part 'file' stands there twice."),
        (
            ["file", "beside", "beside"], "beside", "repeated_field",
            "The part 'beside' stands there twice.",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.png", None])
def test_parts_that_are_not_looked_at_are_refused(
    client: TestClient, parts: list[str], param: str, code: str, said: str, name: str | None
) -> None:
    answer = client.post("/v1/verify", files=[(part, (name, b"x")) for part in parts])
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert error["message"] == said


@pytest.mark.parametrize("overrides", [{"x" * 90_000: 1}, {"samples": "x" * 90_000}])
def test_what_was_sent_is_not_sent_back_at_any_length(
    client: TestClient, overrides: dict[str, Any]
) -> None:
    asked = {"recipe": "digits", "overrides": overrides}
    answer = client.post(RUNS, json=asked)
    assert answer.status_code == 400
    assert len(answer.content) < 4_000


def test_a_long_number_is_refused_in_plain_words(client: TestClient) -> None:
    body = b'{"model": "shades", "prompt": "", "seed": ' + b"9" * 5_000 + b"}"
    error = client.post(IMAGES, content=body, headers=JSON).json()["error"]
    assert error["message"] == "A whole number has more than 400 digits."
    assert error["code"] == "invalid_json"
    said = client.get(JOBS, params={"limit": "9" * 5_000}).json()["error"]
    assert said["param"] == "limit"
    assert "sys" not in said["message"]


def test_what_stands_in_a_table_is_told_by_its_key(client: TestClient) -> None:
    error = error_of(client, RUNS, {"overrides": {"seed": {"b": 1}}})
    assert error["message"].startswith("overrides: what 'seed' is must be a text or ")
    asked = {"interpolate": {"seeds": [1, 2], "shre": 1}}
    assert error_of(client, IMAGES, asked)["param"] == "interpolate.shre"


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/v1/image/generations", "Did you mean '/v1/images/generations'? "),
        ("/images/generations", "Did you mean '/v1/images/generations'? "),
        ("/v1/chat/completions", "Did you mean '/v1/completions'? "),
        ("/v1/images/edits", "Did you mean '/v1/images/generations'? "),
        ("/v1/models/", "Did you mean '/v1/models'? "),
        ("/nothing/like/it/" + "x" * 3_000, ""),
    ],
)
def test_an_unknown_path_leads_to_the_known_ones(client: TestClient, path: str, near: str) -> None:
    for how in ({"json": {}}, {"data": {"a": "b"}}, {"files": {"image": b"GIF89a"}}):
        answer = client.post(path, follow_redirects=False, **how)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (404, "unknown_path")
        assert error["message"].startswith("There is no ")
        assert error["message"].endswith(f" here. {near}GET /openapi.json lists all paths.")


def test_an_impossible_method_leads_to_the_possible_ones(client: TestClient) -> None:
    answer = client.put("/v1/runs", json={})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (405, "method_not_allowed")
    assert error["message"] == "PUT is not possible at /v1/runs; GET, POST are."
    assert answer.headers["allow"] == "GET, POST"
    assert client.get(SPEECH).json()["error"]["message"].endswith("; POST is.")
    assert client.put("/v1/runs", data={"a": "b"}).status_code == 405


def test_pages_beside_it_leave_its_own_paths_to_it(services: Services) -> None:
    app = create_app(services)
    pages = FastAPI()
    pages.add_api_route("/{at:path}", lambda: PlainTextResponse("a page"), methods=["GET", "PUT"])
    app.mount("/", pages)
    client = TestClient(app, base_url="http://localhost")
    assert client.get("/anywhere").text == "a page"
    for answer, status in (
        (client.get("/v1/nothing"), 404), (client.put("/v1/runs", json={}), 405),
        (client.get(IMAGES), 405), (client.put("/healthz"), 405), (client.get("/v1/models/"), 404),
    ):  # fmt: skip
        assert (answer.status_code, "error" in answer.json()) == (status, True)
    assert client.get("/v1/models").status_code == 200
