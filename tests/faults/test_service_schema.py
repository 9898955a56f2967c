"""Whatever the OpenAPI document allows, and what it does not, is answered without a 5xx."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("schemathesis")
pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")

import schemathesis
from hypothesis import HealthCheck, settings

from sparring.serve.app import create_app
from sparring.serve.services import Services, Settings
from sparring.training.run import Run

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
CHECKS = [schemathesis.checks.not_a_server_error]


@pytest.fixture(scope="module")
def document(
    trained: Run, wrote: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("service")
    models = {"shades": trained.folder, "lines": wrote.folder}
    asked = Settings(folder / "kept", models, runs=folder / "runs", hosts=("testserver",))
    with Services(asked) as services:
        # Trainings would really begin; their requests are tried, and none is ever done.
        services.trainings.run = lambda task: {}  # type: ignore[method-assign]
        yield schemathesis.openapi.from_asgi("/openapi.json", create_app(services))


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(max_examples=6, deadline=None, suppress_health_check=QUIET, derandomize=True)
def test_no_request_breaks_it(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
def test_no_request_breaks_it_at_length(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)
