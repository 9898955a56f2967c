"""Whether the service lives, whether it can work, and what it has counted."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from sparring.serve.routes._asked import ERRORS, Here, json_answer

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return json_answer({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "It cannot work now."}})
async def readyz(services: Here) -> Response:
    """It can take work: worker and lanes of jobs live, and the service is not about to end."""
    lives = services.worker.is_alive and services.jobs.are_alive
    is_ready = lives and not services.closing.is_set()
    return json_answer({"status": "ready" if is_ready else "not ready"}, 200 if is_ready else 503)


@router.get("/metrics", responses=ERRORS)
def metrics(services: Here) -> Response:
    """Everything that was counted, for Prometheus."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)
