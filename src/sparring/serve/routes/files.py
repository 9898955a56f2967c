"""What lies behind the links of other answers."""

from __future__ import annotations

import asyncio
import mimetypes

from fastapi import APIRouter
from fastapi.responses import Response

from sparring.serve.routes._asked import ERRORS, Here
from sparring.serve.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["files"])


@router.get("/v1/files/{name}", responses=ERRORS)
async def file(name: str, services: Here) -> Response:
    """A file that was made within the last hour."""
    content = await asyncio.to_thread(services.shelf.get, name)
    return Response(content, media_type=mimetypes.guess_type(name)[0])
