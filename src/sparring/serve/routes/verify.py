"""What the labels of somebody's file are worth."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from sparring.core.errors import BadData, nearest
from sparring.provenance.verify import NO_PROOF, verify
from sparring.serve.bodies import UPLOADS
from sparring.serve.errors import UNKNOWN_FIELD, Refused
from sparring.serve.limits import LARGEST_UPLOAD, MOST_PARTS
from sparring.serve.routes._asked import ERRORS, Here, json_answer
from sparring.serve.strict import StrictRoute, require_once

router = APIRouter(route_class=StrictRoute, tags=["labels"])
PARTS = ("file", "beside")
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "beside": {
                            "type": "string",
                            "format": "binary",
                            "description": "the file NAME.aigc.json beside it, if there is one",
                        },
                    },
                }
            }
        },
    }
}


@router.post(UPLOADS, responses=ERRORS, openapi_extra=FORM)
async def check(request: Request, services: Here) -> Response:
    """Say of each label of a file whether it is there and holds; nothing of it is kept."""
    async with request.form(
        max_files=MOST_PARTS, max_fields=MOST_PARTS, max_part_size=LARGEST_UPLOAD
    ) as form:
        _require_parts([name for name, _ in form.multi_items()])
        file, beside = form.get("file"), form.get("beside")
        if not isinstance(file, UploadFile) or isinstance(beside, str):
            raise Refused(
                400, "A multipart body with the part 'file' is needed.", param="file",
                code="missing_field",
            )  # fmt: skip
        content, name = await file.read(), file.filename or ""
        label = await beside.read() if beside is not None else b""
    try:
        verdict = await asyncio.to_thread(verify, content, name, label)
    except BadData as error:
        said = f"{error}."
        raise Refused(400, said[:1].upper() + said[1:], param="file", code="unreadable") from error
    return json_answer({**verdict.to_json(), "no_proof": NO_PROOF})


def _require_parts(given: Sequence[str]) -> None:
    """Make sure that every part is one that is looked at.

    Raises:
        Refused: one is not.
    """
    for name in given:
        if name not in PARTS:
            name = name[:100]
            raise Refused(
                400, f"There is no part {name!r}. {nearest(name, PARTS)}", param=name,
                code=UNKNOWN_FIELD,
            )  # fmt: skip
    require_once(given, "part")
