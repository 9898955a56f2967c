"""Bad requests to the service, each with the answer that is promised."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

from fastapi.testclient import TestClient

from sparring.core.errors import UserError
from sparring.serve.app import create_app
from sparring.serve.auth import Tokens
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

IMAGES = "/v1/images/generations"
JSON = {"content-type": "application/json"}
TOKENS = {"generate": "g" * 32, "train": "t" * 32, "admin": "a" * 32}


@pytest.fixture(scope="module")
def services(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(
        folder / "kept", {"shades": trained.folder}, runs=folder / "runs",
        tokens=Tokens.of((token, scope) for scope, token in TOKENS.items()),
        hosts=("models.example",), queue=2,
    )  # fmt: skip
    with Services(settings) as services:
        yield services


@pytest.fixture(scope="module")
def bare(services: Services) -> TestClient:
    """Someone without a token."""
    app = create_app(services)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def with_token(bare: TestClient, scope: str) -> dict[str, str]:
    return {"authorization": f"Bearer {TOKENS[scope]}"}


@pytest.fixture
def may(bare: TestClient) -> dict[str, str]:
    return with_token(bare, "admin")


def assert_refused(answer: Any, status: int, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    if code is not None:
        assert error["code"] == code, error
    return error


# 28: models only by the registry's names.
@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/model",
        "shades/../shades", "shades\x00", "digits", ".", "~", "C:\\model", "a" * 200,
    ],
)  # fmt: skip
def test_a_model_is_no_path(bare: TestClient, may: dict[str, str], name: str) -> None:
    given = {"model": name, "prompt": ""}
    assert_refused(bare.post(IMAGES, json=given, headers=may), 404, "model_not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/..%2f..%2fetc%2fpasswd", "/v1/models/%2e%2e", "/v1/files/..%2fjobs.sqlite",
        "/v1/files/file-" + "0" * 32 + "%00", "/v1/jobs/..%2f..", "/v1/jobs/job-1/result",
        "/v1/runs/..%2fkept", "/v1/runs/%2e%2e/preview", "/nothing",
    ],
)  # fmt: skip
def test_a_path_leads_nowhere_else(bare: TestClient, may: dict[str, str], path: str) -> None:
    assert_refused(bare.get(path, headers=may), 404)


def test_other_methods_are_refused(bare: TestClient, may: dict[str, str]) -> None:
    assert_refused(bare.get(IMAGES, headers=may), 405)
    assert_refused(bare.put("/v1/models", json={}, headers=may), 405)


@pytest.mark.parametrize(
    ("path", "param", "hint"),
    [
        ("/v1/jobs?status=foo", "status", ". There are: limit."),
        ("/v1/jobs?limit=3&Limit=4", "Limit", ". Did you mean 'limit'?"),
        ("/v1/models?limit=3", "limit", ", which has none."),
        ("/v1/recipes?=", "", ", which has none."),
    ],
)
def test_a_parameter_that_is_none_of_this_path(
    bare: TestClient, may: dict[str, str], path: str, param: str, hint: str
) -> None:
    answer = bare.get(path, headers=may)
    assert_refused(answer, 400, "unknown_field")
    error = answer.json()["error"]
    assert error["param"] == param
    assert error["message"] == f"There is no parameter {param!r} at this path{hint}"


@pytest.mark.parametrize("query", ["limit=3&limit=4", "limit=3&limit=3", "limit=&limit=3"])
def test_a_parameter_that_stands_there_twice(
    bare: TestClient, may: dict[str, str], query: str
) -> None:
    error = assert_refused(bare.get(f"/v1/jobs?{query}", headers=may), 400, "repeated_field")
    assert error["param"] == "limit"
    assert error["message"] == "The parameter 'limit' stands there twice."


# 29: nothing is fetched for anybody.
@pytest.mark.parametrize("field", ["url", "image_url", "image", "webhook"])
def test_no_field_takes_an_address(bare: TestClient, may: dict[str, str], field: str) -> None:
    for address in ("http://169.254.169.254/latest", "file:///etc/passwd", "http://[::1]:1/"):
        given = {"model": "shades", "prompt": "", field: address}
        error = assert_refused(bare.post(IMAGES, json=given, headers=may), 400, "unknown_field")
        assert error["param"] == field


# 30: bodies of any size and form.
def test_a_body_that_says_it_is_too_large(bare: TestClient, may: dict[str, str]) -> None:
    body = b'{"prompt": "' + b"x" * (1 << 20) + b'"}'
    assert_refused(bare.post(IMAGES, content=body, headers=may | JSON), 413, "body_too_large")


def test_a_body_without_length_is_counted(bare: TestClient, may: dict[str, str]) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10 << 20:
            sent += 1 << 16
            yield b" " * (1 << 16)

    assert_refused(bare.post(IMAGES, content=endless(), headers=may | JSON), 413, "body_too_large")


def test_a_large_upload_without_length_is_counted(services: Services, may: dict[str, str]) -> None:
    uploads = {"/v1/verify": 1 << 20}
    client = TestClient(create_app(services, uploads=uploads), base_url="http://localhost")
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield head
        while sent < 4 << 20:
            sent += 1 << 16
            yield b" " * (1 << 16)
        yield b"\r\n--b--\r\n"

    headers = may | {"content-type": "multipart/form-data; boundary=b"}
    assert_refused(
        client.post("/v1/verify", content=endless(), headers=headers), 413, "body_too_large"
    )


def test_an_unforeseen_error_is_answered_logged_and_counted(
    services: Services, may: dict[str, str], caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    app = create_app(services)

    async def broken() -> None:
        raise RuntimeError("a secret of the machine")

    app.add_api_route("/broken", broken)
    client = TestClient(app, base_url="http://localhost")
    with caplog.at_level(logging.INFO, "sparring.access"):
        answer = client.get("/broken", headers=may | {"x-request-id": "mine"})
    error = assert_refused(answer, 500)
    assert error["type"] == "server_error"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "mine"
    assert json.loads(caplog.messages[-1])["status"] == 500
    assert "a secret of the machine" in capsys.readouterr().err
    counted = client.get("/metrics", headers=may).text
    assert any('status="500"' in line and "/broken" in line for line in counted.splitlines())


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_body_of_another_kind(bare: TestClient, may: dict[str, str], kind: str) -> None:
    headers = may | {"content-type": kind}
    answer = bare.post(IMAGES, content=b'{"prompt": ""}', headers=headers)
    assert_refused(answer, 415, "unsupported_media_type")


# 31: JSON that is none.
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b'{"prompt": "\\ud800"}',
        b'{"prompt": "", "truncation": NaN}', b'{"prompt": "", "truncation": Infinity}',
        b'{"prompt": "", "truncation": -Infinity}', b'{"prompt": "", "truncation": 1e999}',
        b'{"prompt": "", "seed": 1, "seed": 2}', b'{"prompt": "", "\\u0073eed": 1, "seed": 2}',
        b'{"prompt": ' + b"[" * 5000 + b"]" * 5000 + b"}", b"[" * 100_000,
        b'{"prompt": "", "latent": [' + b"9" * 5000 + b"]}",
        b'{"prompt": "", "seed": 1.5}', b'{"prompt": "", "n": true}', b'{"prompt": "", "n": 1e1}',
        b'{"prompt": "", "seed": -1}', b'{"prompt": "", "seed": 9223372036854775808}',
        b'{"prompt": "", "n": 0}', b'{"prompt": "", "n": 11}', b"{'prompt': ''}",
        b'{"prompt": "", "latent": [1e308, 1e308, 1, 1, 1, 1, 1, 1]}',
    ],
    ids=range(25),
)  # fmt: skip
def test_json_that_is_none(bare: TestClient, may: dict[str, str], body: bytes) -> None:
    assert_refused(bare.post(IMAGES, content=body, headers=may | JSON), 400)


def test_a_text_that_never_ends_is_read_once(bare: TestClient, may: dict[str, str]) -> None:
    body = b"[" * 40 + b'"' + b'\\"' * 400_000  # an hour, were each quote tried in its turn
    assert_refused(bare.post(IMAGES, content=body, headers=may | JSON), 400)


def test_brackets_within_texts_are_no_depth(bare: TestClient, may: dict[str, str]) -> None:
    body = json.dumps({"model": "shades", "prompt": "[" * 100 + '"\\', "label": "dark"})
    assert bare.post(IMAGES, content=body, headers=may | JSON).status_code == 200


# 32: tokens, origins, hosts.
@pytest.mark.parametrize(
    "headers",
    [
        {}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKENS['admin']}"}, {"authorization": TOKENS["admin"]},
        {"authorization": f"Bearer {TOKENS['admin'][:-1]}"}, {"x-api-key": TOKENS["admin"]},
        {"authorization": f"Bearer {TOKENS['admin']}x"}, {"cookie": f"token={TOKENS['admin']}"},
    ],
    ids=range(10),
)  # fmt: skip
def test_without_the_right_token(bare: TestClient, headers: dict[str, str]) -> None:
    for path in ("/v1/models", "/metrics", "/openapi.json", "/", "/docs", "/v1/runs", "/anything"):
        answer = bare.get(path, headers=headers)
        assert_refused(answer, 401, "invalid_api_key")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_address_is_none(bare: TestClient) -> None:
    for name in ("token", "api_key", "access_token"):
        assert_refused(bare.get(f"/v1/models?{name}={TOKENS['admin']}"), 401)


def test_health_needs_no_token(bare: TestClient) -> None:
    assert bare.get("/healthz").status_code == 200
    assert bare.get("/readyz").status_code == 200


def test_scopes_allow_what_they_say(bare: TestClient) -> None:
    allowed = {
        "/v1/models": ("generate", "train", "admin"),
        "/v1/jobs": ("generate", "train", "admin"),
        "/v1/runs": ("train", "admin"),
        "/v1/recipes": ("train", "admin"),
        "/metrics": ("admin",),
    }
    for path, scopes in allowed.items():
        for scope in TOKENS:
            answer = bare.get(path, headers=with_token(bare, scope))
            if scope in scopes:
                assert answer.status_code == 200
            else:
                assert_refused(answer, 403, "missing_scope")


def test_a_path_that_is_not_there_is_told_to_all_who_have_a_token(bare: TestClient) -> None:
    for path in ("/v1/image/generations", "/v1/run", "/v2/models", "/nothing"):
        for scope in TOKENS:
            answer = bare.get(path, headers=with_token(bare, scope))
            assert_refused(answer, 404, "unknown_path")
        assert_refused(bare.get(path), 401, "invalid_api_key")
    assert_refused(bare.put("/v1/runs", headers=with_token(bare, "generate")), 405)


def test_a_training_is_not_for_everybody(
    bare: TestClient, services: Services, may: dict[str, str]
) -> None:
    job = services.jobs.add("train", {"run": "none-such"})
    low = with_token(bare, "generate")
    for path in (f"/v1/jobs/{job.id}", f"/v1/jobs/{job.id}/events", f"/v1/jobs/{job.id}/result"):
        assert_refused(bare.get(path, headers=low), 403, "missing_scope")
    assert_refused(bare.delete(f"/v1/jobs/{job.id}", headers=low), 403, "missing_scope")
    assert bare.get("/v1/jobs", headers=low).json()["data"] == []
    assert bare.delete(f"/v1/jobs/{job.id}", headers=may).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "", "10.0.0.1", "[", "localhost:x@evil.example",
        "localhost:80@evil.example", "localhost:80:80", "[::1]evil.example", "[::1]:x",
    ],
)  # fmt: skip
def test_other_hosts_are_not_answered(bare: TestClient, may: dict[str, str], host: str) -> None:
    for path in ("/healthz", "/v1/models"):
        assert_refused(bare.get(path, headers=may | {"host": host}), 403, "unknown_host")


@pytest.mark.parametrize(
    "host",
    ["localhost:8080", "127.0.0.1", "[::1]:80", "MODELS.example:1", "localhost ", "localhost:1\t "],
)
def test_known_hosts_are(bare: TestClient, may: dict[str, str], host: str) -> None:
    assert bare.get("/v1/models", headers=may | {"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:81", "http://["]
)
def test_pages_of_others_get_nothing(bare: TestClient, may: dict[str, str], origin: str) -> None:
    answer = bare.post(IMAGES, json={"prompt": ""}, headers=may | {"origin": origin})
    assert_refused(answer, 403, "other_origin")
    before = bare.options(IMAGES, headers={"origin": origin, "host": "localhost"})
    assert "access-control-allow-origin" not in before.headers


def test_our_own_pages_do(bare: TestClient, may: dict[str, str]) -> None:
    headers = may | {"origin": "http://localhost"}
    assert bare.get("/v1/models", headers=headers).status_code == 200


# 33: more than the queue takes.
def test_a_full_queue_is_told_at_once(
    bare: TestClient, services: Services, may: dict[str, str]
) -> None:
    pulled, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert pulled.wait(30)

    held = [services.worker.call(hold)]
    assert begun.wait(10)
    held += [services.worker.call(lambda: None) for _ in range(2)]
    try:
        answer = bare.post(IMAGES, content=b"not even JSON", headers=may | JSON)
        assert_refused(answer, 429, "overloaded")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert bare.get("/healthz").status_code == 200
        assert bare.get("/v1/models", headers=may).status_code == 200
    finally:
        pulled.set()
    for each in held:
        each.result(10)
    answer = bare.post(IMAGES, json={"model": "shades", "prompt": ""}, headers=may)
    assert answer.status_code == 200


def test_the_log_keeps_no_secrets(
    bare: TestClient, may: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sparring.access"):
        given = {"model": "shades", "prompt": "", "label": "dark", "user": "ann@example.org"}
        headers = may | {"x-request-id": "my-request.1"}
        answer = bare.post(IMAGES, json=given, headers=headers)
    assert answer.headers["x-request-id"] == "my-request.1"
    line = json.loads(caplog.messages[-1])
    assert (line["id"], line["status"], line["route"]) == ("my-request.1", 200, IMAGES)
    assert len(line["user"]) == len(line["caller"]) == 12
    for secret in (TOKENS["admin"], "dark", "ann@", "secret"):
        assert secret not in caplog.messages[-1]
    with caplog.at_level(logging.INFO, "sparring.access"):
        assert_refused(bare.post(f"{IMAGES}?secret=1", json=given, headers=may), 400)
    assert json.loads(caplog.messages[-1])["status"] == 400
    assert "secret" not in caplog.messages[-1]
    odd = bare.get("/v1/models", headers=may | {"x-request-id": "two words"})
    assert odd.headers["x-request-id"] != "two words"


def test_a_damaged_model_is_not_the_clients_fault(
    trained: Run, tmp_path: Path, bare: TestClient
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"no weights at all")
    settings = Settings(tmp_path / "kept", {"bad": folder}, runs=tmp_path / "runs")
    with Services(settings) as services:
        client = TestClient(create_app(services), base_url="http://localhost")
        assert client.get("/v1/models").json()["data"] == []
        answer = client.post(IMAGES, json={"model": "bad", "prompt": ""})
        error = assert_refused(answer, 503, "unusable_model")
        assert str(folder) not in error["message"]


def test_two_services_do_not_share_a_folder(services: Services) -> None:
    with pytest.raises(UserError, match="is in use by process"):
        Services(services.settings)
