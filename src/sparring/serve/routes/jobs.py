"""Long work: begun, watched, taken back, and what came out of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import Field

from sparring.generation.asking import parse_labels
from sparring.serve.auth import TRAIN
from sparring.serve.errors import Refused, blaming
from sparring.serve.guard import require_scope
from sparring.serve.jobs import SUCCEEDED, Event, Job
from sparring.serve.limits import MOST_IN_A_JOB
from sparring.serve.routes._asked import (
    ERRORS,
    FRESH,
    MODEL,
    VISIBLE,
    Body,
    Here,
    fresh_seed,
    json_answer,
    only,
    repeat_key,
)
from sparring.serve.services import Services
from sparring.serve.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["jobs"])
HEARTBEAT = 50  # looks without an event after which a line says that the stream still lives
FARTHEST = 2**63 - 1  # number of an event


class JobRequest(Body):
    """Many samples of one model."""

    model: str = Field("", max_length=200, description=MODEL)
    count: int = Field(ge=1, le=MOST_IN_A_JOB)
    seed: int | None = Field(None, ge=0, lt=2**62)
    label: str | dict[str, str] = ""
    truncation: float = Field(1.0, gt=0, le=1)
    visible: bool = VISIBLE


@router.post("/v1/jobs", status_code=202, responses=ERRORS)
def begin(request: Request, asked: JobRequest, services: Here) -> Response:
    """Begin to make many samples; they will be a zip of labelled files."""
    given = asked.model_dump(exclude={"seed"})
    key = own_key(request, repeat_key(request))
    # With a key the seed must not be drawn anew, or the second request would be another one.
    seed = _seed_of(key) if asked.seed is None and key else fresh_seed(asked.seed)
    name = asked.model or only(services.registry.names())
    sampler = services.registry.sampler(name)
    with blaming("label"):
        parse_labels(asked.label, sampler.labels)
    job = services.make_many({**given, "model": name, "seed": seed}, key)
    return accepted(services, job)


@router.get("/v1/jobs", responses=ERRORS)
def newest(request: Request, services: Here, limit: int = Query(20, ge=1, le=100)) -> Response:
    """The newest jobs, newest first."""
    may_train = TRAIN in request.state.caller.allowed
    found = services.jobs.newest("" if may_train else "generate", limit)
    return json_answer({"object": "list", "data": [told(services, job) for job in found]})


@router.get("/v1/jobs/{name}", responses=ERRORS)
def one(request: Request, name: str, services: Here) -> Response:
    """One job."""
    return json_answer(told(services, _allowed(request, services, name)))


@router.delete("/v1/jobs/{name}", responses=ERRORS)
def cancel(request: Request, name: str, services: Here) -> Response:
    """Cancel a job; a training saves first, and can be resumed."""
    _allowed(request, services, name)
    job = services.jobs.cancel(name)
    return json_answer(told(services, job))


@router.get("/v1/jobs/{name}/result", responses=ERRORS)
def result(request: Request, name: str, services: Here) -> Response:
    """The zip that a job has made."""
    job = _allowed(request, services, name)
    file = job.result.get("file")
    if job.status != SUCCEEDED or not file:
        raise Refused(404, f"The job {name} has no file; it is {job.status}.", code="no_result")
    path = services.jobs.folder / job.id / str(file)
    if not path.is_file():
        raise Refused(404, f"The file of the job {name} is gone.", code="no_result")
    return FileResponse(path, media_type="application/zip", filename=f"{job.id}.zip")


@router.get("/v1/jobs/{name}/events", responses=ERRORS)
async def events(
    request: Request, name: str, services: Here, after: int = Query(0, ge=0, le=FARTHEST)
) -> Response:
    """What happens to a job, as it happens; Last-Event-ID goes on where a stream was cut off."""
    await asyncio.to_thread(_allowed, request, services, name)
    last = request.headers.get("last-event-id", "")
    if last.isascii() and last.isdigit() and len(last) < 19:
        after = int(last)
    return StreamingResponse(_stream(services, name, after), media_type="text/event-stream")


def told(services: Services, job: Job) -> Mapping[str, Any]:
    """What a client is told of a job."""
    request = {key: value for key, value in job.request.items() if key != "recipe"}
    links = {"events": f"/v1/jobs/{job.id}/events"}
    if job.status == SUCCEEDED and job.result.get("file"):
        links["result"] = f"/v1/jobs/{job.id}/result"
    return {
        "id": job.id,
        "object": "job",
        "kind": job.kind,
        "status": job.status,
        "position": services.jobs.position(job.id),
        "progress": job.progress,
        "created": int(job.created),
        "started": None if job.started is None else int(job.started),
        "finished": None if job.finished is None else int(job.finished),
        "error": job.error or None,
        "request": request,
        "result": dict(job.result),
        "links": links,
    }


def accepted(services: Services, job: Job) -> Response:
    """The answer to a request that became a job."""
    return json_answer(told(services, job), 202, Location=f"/v1/jobs/{job.id}")


def own_key(request: Request, key: str) -> str:
    """A caller's Idempotency-Key, apart from those of other callers."""
    return f"{request.state.caller.name}:{key}" if key else ""


def _seed_of(key: str) -> int:
    """A seed that looks drawn, and is the same for the same key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % FRESH


def _allowed(request: Request, services: Services, name: str) -> Job:
    """A job that the caller may see and end.

    Raises:
        UnknownJob: there is none.
        Refused: it is a training, and the token is not for those.
    """
    job = services.jobs.get(name)
    if job.kind != services.makings.name:
        require_scope(request.state.caller, TRAIN)
    return job


async def _stream(services: Services, name: str, after: int) -> AsyncIterator[bytes]:
    quiet = 0
    async for event in services.jobs.watch(name, after):
        if event is not None:
            quiet = 0
            yield _line(event)
        elif (quiet := quiet + 1) % HEARTBEAT == 0:
            yield b": still here\n\n"


def _line(event: Event) -> bytes:
    data = json.dumps({**event.data, "time": round(event.time, 3)}, ensure_ascii=False)
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()
