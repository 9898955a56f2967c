"""The models that are served, and what each one is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from sparring.core.errors import BadData
from sparring.serve.registry import Description
from sparring.serve.routes._asked import ERRORS, Here, fingerprint, json_answer
from sparring.serve.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["models"])


@router.get("/v1/models", responses=ERRORS)
def every_model(services: Here) -> Response:
    """All models, without those whose files are damaged."""
    told = []
    for name in services.registry.names():
        with contextlib.suppress(BadData):
            told.append(_told(services.registry.describe(name)))
    return json_answer({"object": "list", "data": told})


@router.get("/v1/models/{model}", responses=ERRORS)
async def one_model(model: str, services: Here) -> Response:
    """One model, with the size of its latents."""
    described = await asyncio.to_thread(services.registry.describe, model)
    sampler = await services.sampler(model)
    more = {
        "latent": sampler.generator.latent,
        "model_hash": sampler.model_hash,
        "system_fingerprint": fingerprint(sampler),
        "samples_shown": sampler.facts["samples"],
    }
    return json_answer({**_told(described), **more})


def _told(described: Description) -> Mapping[str, Any]:
    spec = described.spec
    return {
        "id": described.name,
        "object": "model",
        "created": described.created,
        "owned_by": "sparring",
        "makes": spec.modality,
        "formats": list(described.modality.forms),
        "shape": list(spec.shape),
        "rate": spec.rate,
        "labels": {name: list(classes) for name, classes in described.labels.items()},
        "recipe": described.recipe,
        "summary": described.summary,
        "licence_of_data": described.licence,
    }
