"""Trainings: started, watched, stopped and gone on with."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from sparring.core import recipe as recipes
from sparring.core.errors import UserError, WrongSetting
from sparring.core.recipe import Recipe
from sparring.serve.errors import Refused, blaming, refusal
from sparring.serve.jobs import Job
from sparring.serve.routes._asked import ERRORS, Body, Here, json_answer, repeat_key
from sparring.serve.routes.jobs import accepted, own_key, told
from sparring.serve.strict import StrictRoute
from sparring.serve.trainings import recipe_from_afar
from sparring.training.run import Run

router = APIRouter(route_class=StrictRoute, tags=["trainings"])
Setting = str | int | float | bool | list[str | int | float]


class RunRequest(Body):
    """A training that shall be started."""

    recipe: str = Field(max_length=100, description="the name of a recipe that is shipped")
    overrides: dict[str, Setting] = Field(
        default_factory=dict, description="settings to change, e.g. {'samples': 50000}"
    )
    name: str = Field("", max_length=64, description="of the run; empty = that of the recipe")


@router.get("/v1/runs", responses=ERRORS)
def every_run(services: Here) -> Response:
    """All runs by name."""
    jobs = services.in_work()
    runs = {name: services.trainings.find(name) for name in services.trainings.names()}
    found = [_told(name, runs.get(name), jobs.get(name)) for name in sorted({*runs, *jobs})]
    return json_answer({"object": "list", "data": found})


@router.get("/v1/recipes", responses=ERRORS)
def every_recipe() -> Response:
    """The recipes that can be trained."""
    return json_answer({"object": "list", "data": recipes.summaries()})


@router.post("/v1/runs", status_code=202, responses=ERRORS)
def start(request: Request, asked: RunRequest, services: Here) -> Response:
    """Start a training as a job."""
    try:
        chosen = recipe_from_afar(asked.recipe, asked.overrides)
    except WrongSetting as error:
        raise refusal(error, _blamed(error.key, asked.overrides)) from error
    except UserError as error:
        raise refusal(error, "recipe") from error
    with blaming("name"):
        job = services.train(chosen, asked.name, own_key(request, repeat_key(request)))
    return accepted(services, job)


@router.get("/v1/runs/{name}", responses=ERRORS)
def one_run(name: str, services: Here, rows: int = Query(1, ge=0, le=1_000)) -> Response:
    """One run, with its last rows of metrics."""
    job = services.in_work().get(name)
    run = services.run(name, job)
    metrics = run.metrics[-rows:] if run and rows else []
    return json_answer({**_told(name, run, job), "metrics": [_plain(row) for row in metrics]})


@router.get("/v1/runs/{name}/preview", responses=ERRORS)
def preview(name: str, services: Here) -> Response:
    """The newest preview of a run, as PNG."""
    run = services.run(name, services.in_work().get(name))
    previews = run.previews if run else []
    if not previews:
        raise Refused(404, f"The run {name} has no preview yet.", code="no_preview")
    content = previews[-1].read_bytes()
    return Response(content, media_type="image/png")


@router.post("/v1/runs/{name}/resume", status_code=202, responses=ERRORS)
def resume(request: Request, name: str, services: Here) -> Response:
    """Go on with a run that was stopped, as a job."""
    return accepted(services, services.resume(name, own_key(request, repeat_key(request))))


@router.delete("/v1/runs/{name}", responses=ERRORS)
def stop(name: str, services: Here) -> Response:
    """Stop the job that trains a run, or will; what has begun saves, and can be resumed."""
    job = services.in_work().get(name)  # one that waits may have no folder yet
    if job is None:
        services.trainings.find(name)
        raise Refused(409, f"The run {name} is not being trained.", code="not_running")
    return json_answer(told(services, services.jobs.cancel(job.id)))


def _blamed(key: str, overrides: Mapping[str, Setting]) -> str:
    """The field with a setting that is wrong, as far as the request has it."""
    given = [each for each in overrides if f"{key}.".startswith(f"{each}.")]
    given += [each for each in overrides if each.startswith(f"{key}.")]
    return f"overrides.{given[0]}" if given else "overrides"


def _told(name: str, run: Run | None, job: Job | None) -> Mapping[str, Any]:
    facts: dict[str, Any] = {"id": name, "object": "run", "job": job.id if job else None}
    facts |= {"recipe": None, "samples": None, "of": None}
    with contextlib.suppress(UserError):  # of what cannot be read there is no more to tell
        if run is not None:
            recipe, samples = run.recipe, run.samples
            facts |= {"recipe": recipe.name, "samples": samples, "of": recipe.samples}
        elif job is not None and "recipe" in job.request:
            recipe = Recipe.from_json(job.request["recipe"], trusted=True)
            facts |= {"recipe": recipe.name, "samples": 0, "of": recipe.samples}
    return facts


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what JSON has no word for."""
    return {k: None if isinstance(v, float) and v - v != 0 else v for k, v in row.items()}
