"""HTTP before the services: routes, and the four layers that every request passes."""

from __future__ import annotations

from fastapi import FastAPI

from sparring.core.version import VERSION
from sparring.serve.bodies import NO_UPLOADS, Bodies, Uploads
from sparring.serve.errors import handle_errors
from sparring.serve.guard import Guard
from sparring.serve.observing import Observing
from sparring.serve.room import Room
from sparring.serve.routes import (
    audio,
    completions,
    files,
    health,
    images,
    jobs,
    models,
    runs,
    verify,
)
from sparring.serve.services import Services

MADE_AT_ONCE = (images.PATH, audio.SPEECH, audio.GENERATIONS, completions.PATH)


def create_app(services: Services, *, uploads: Uploads = NO_UPLOADS) -> FastAPI:
    """The service as an ASGI app; whoever runs it starts and ends the services.

    Args:
        services: what works behind it.
        uploads: paths beneath which larger files may come, as `Bodies` has them.
    """
    # Pages with documents would fetch their scripts from elsewhere, so there are none.
    app = FastAPI(
        title="Sparring", version=VERSION, docs_url=None, redoc_url=None, redirect_slashes=False,
        summary="Pictures, sounds and texts of models that learned by sparring.",
    )  # fmt: skip
    app.state.services = services
    for each in (images, audio, completions, models, files, jobs, runs, verify, health):
        # As they are: routers within routers are looked through anew at every request.
        app.router.routes.extend(each.router.routes)
    handle_errors(app)
    # The last one added is the first one passed.
    app.add_middleware(Room, worker=services.worker, paths=MADE_AT_ONCE)
    app.add_middleware(Bodies, uploads=uploads)
    app.add_middleware(Guard, services=services)
    app.add_middleware(Observing, metrics=services.metrics)
    return app
