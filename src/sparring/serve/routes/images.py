"""Pictures, by the fields that OpenAI's clients send, and a few of our own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler
from sparring.serve.errors import Refused
from sparring.serve.routes._asked import (
    ERRORS,
    Here,
    Samples,
    answered,
    files_of,
    fingerprint,
    named,
    note_user,
    now,
    require_form,
    require_kind,
    unless_gone,
)
from sparring.serve.services import Services
from sparring.serve.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["pictures"])
PATH = "/v1/images/generations"


class ImagesRequest(Samples):
    """Pictures that are asked for."""

    size: str | None = Field("auto", max_length=20, description="the model's own, or auto")
    quality: Literal["standard", "hd", "low", "medium", "high", "auto"] | None = "auto"
    output_format: Literal["png", "jpeg", "webp"] | None = "png"
    output_compression: int | None = Field(100, ge=0, le=100, description="100 alone")
    background: Literal["transparent", "opaque", "auto"] | None = "auto"
    moderation: Literal["low", "auto"] | None = None
    style: Literal["vivid", "natural"] | None = None
    stream: bool | None = False
    partial_images: int | None = Field(
        0, ge=0, le=3, description="none are sent: a picture is there at once"
    )


@router.post(PATH, responses=ERRORS)
async def generate(request: Request, asked: ImagesRequest, services: Here) -> Response:
    """Make 1 to 10 pictures."""
    note_user(request, asked.user)
    name = await named(services, asked.model)
    sampler = await services.sampler(name)
    form = _require_possible(sampler, asked)
    ask = asked.ask(sampler)

    async def make() -> Mapping[str, Any]:
        made = await services.generate(name, ask)
        entries = await files_of(request, services, made, form, asked.response_format or "url")
        return {"data": entries, **_facts(sampler, asked, made, form)}

    if asked.stream:
        made = await unless_gone(request, services.generate(name, ask))
        events = _events(request, services, sampler, asked, made, form)
        return StreamingResponse(events, media_type="text/event-stream")
    return await answered(request, services, make)


def _size(sampler: Sampler) -> str:
    _, height, width = sampler.spec.shape
    return f"{width}x{height}"


def _require_possible(sampler: Sampler, asked: ImagesRequest) -> str:
    """The form of the files, where the model can do all that is asked.

    Raises:
        Refused: it cannot.
    """
    require_kind(sampler, "image/", PATH)
    size = _size(sampler)
    if (asked.size or "auto") not in ("auto", size):
        raise Refused(
            400, f"This model makes pictures of {size} alone.", param="size", code="invalid_size"
        )
    if asked.background == "transparent" and sampler.spec.shape[0] != 4:
        raise Refused(
            400, "This model makes no transparent pictures.", param="background",
            code="unsupported_background",
        )  # fmt: skip
    if asked.output_compression not in (None, 100):
        raise Refused(
            400, "Files are written in the best quality; leave output_compression out.",
            param="output_compression", code="unsupported_value",
        )  # fmt: skip
    return require_form(sampler, asked.output_format or "png", "output_format")


def _facts(sampler: Sampler, asked: ImagesRequest, made: Generated, form: str) -> Mapping[str, Any]:
    has_alpha = sampler.spec.shape[0] == 4
    return {
        "created": now(),
        "background": "transparent" if has_alpha and form == "png" else "opaque",
        "output_format": form,
        "quality": asked.quality or "auto",
        "size": _size(sampler),
        "ai_generated": True,
        "system_fingerprint": fingerprint(sampler),
        "usage": _usage(len(made)),
    }


def _usage(count: int) -> dict[str, Any]:
    """Pictures have no tokens here; what is counted is pictures."""
    return {
        "input_tokens": 0,
        "output_tokens": count,
        "total_tokens": count,
        "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
    }


async def _events(
    request: Request, services: Services, sampler: Sampler, asked: ImagesRequest,
    made: Generated, form: str,
) -> AsyncIterator[bytes]:  # fmt: skip
    """One event for each picture, which is whole when it comes."""
    facts = dict(_facts(sampler, asked, made, form))
    facts["created_at"] = facts.pop("created")
    for entry in await files_of(request, services, made, form, "b64_json"):
        event = {"type": "image_generation.completed", **facts, "usage": _usage(1), **entry}
        text = json.dumps(event, ensure_ascii=False)
        yield f"event: {event['type']}\ndata: {text}\n\n".encode()
