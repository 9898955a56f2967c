"""Sounds: words that are spoken, by the fields that OpenAI's clients send, and any other sound."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from sparring.generation.row import spell
from sparring.generation.sampler import Sampler
from sparring.serve.errors import Refused, blaming
from sparring.serve.limits import LONGEST_INPUT, MOST_WORDS
from sparring.serve.routes._asked import (
    ERRORS,
    MODEL,
    VISIBLE,
    Body,
    Here,
    Samples,
    answered,
    files_of,
    fingerprint,
    fresh_seed,
    named,
    note_user,
    now,
    require_form,
    require_kind,
    unless_gone,
)
from sparring.serve.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["sounds"])
SPEECH, GENERATIONS = "/v1/audio/speech", "/v1/audio/generations"
ANY_VOICE = "default"


class SpeechRequest(Body):
    """Words that shall be spoken."""

    model: str = Field(max_length=200, description=MODEL.replace("left out", "empty"))
    input: str = Field(
        min_length=1, max_length=LONGEST_INPUT, description="classes with blanks between: '4 0 7'"
    )
    voice: str = Field(max_length=100, description="a class of another label set, or 'default'")
    instructions: str | None = Field(None, max_length=LONGEST_INPUT, description="none")
    response_format: str | None = Field("wav", max_length=20, description="wav, flac or ogg")
    speed: float | None = Field(1.0, ge=0.25, le=4, description="1 alone")
    stream_format: str | None = Field("audio", max_length=20, description="audio alone")
    seed: int | None = Field(
        None, ge=0, lt=2**62, description="of the first word; null = drawn anew, and told"
    )
    truncation: float | None = Field(1.0, gt=0, le=1)
    visible: bool = VISIBLE


class SoundsRequest(Samples):
    """Sounds that are asked for."""

    output_format: str | None = Field("wav", max_length=20, description="wav, flac or ogg")


@router.post(SPEECH, responses=ERRORS)
async def speech(request: Request, asked: SpeechRequest, services: Here) -> Response:
    """Speak words in one voice; the answer is the file."""
    name = await named(services, asked.model)
    sampler = await services.sampler(name)
    require_kind(sampler, "audio/", SPEECH)
    form = require_form(sampler, asked.response_format or "wav", "response_format")
    _require_possible(sampler, asked)
    speaker = sampler.visibly() if asked.visible else sampler
    say = partial(
        spell, speaker, asked.input, seed=fresh_seed(asked.seed),
        labels="" if asked.voice == ANY_VOICE else asked.voice,
        truncation=asked.truncation or 1.0,
    )  # fmt: skip
    with blaming("input"):
        spoken = await unless_gone(request, services.worker.called(say))
    content = await unless_gone(request, services.encode_row(spoken, form))
    headers = {"Sparring-Seed": str(spoken.seeds[0]), "Sparring-AI-Generated": "true"}
    return Response(content, 200, headers, sampler.modality.forms[form])


@router.post(GENERATIONS, responses=ERRORS)
async def generate(request: Request, asked: SoundsRequest, services: Here) -> Response:
    """Make 1 to 10 sounds."""
    note_user(request, asked.user)
    name = await named(services, asked.model)
    sampler = await services.sampler(name)
    require_kind(sampler, "audio/", GENERATIONS)
    form = require_form(sampler, asked.output_format or "wav", "output_format")
    ask = asked.ask(sampler)

    async def make() -> Mapping[str, Any]:
        made = await services.generate(name, ask)
        entries = await files_of(request, services, made, form, asked.response_format or "url")
        return {
            "created": now(),
            "data": entries,
            "output_format": form,
            "rate": sampler.spec.rate,
            "ai_generated": True,
            "system_fingerprint": fingerprint(sampler),
        }

    return await answered(request, services, make)


def _require_possible(sampler: Sampler, asked: SpeechRequest) -> None:
    """Make sure that the model can speak, and in that voice.

    Raises:
        Refused: it cannot.
    """
    if not sampler.labels:
        raise Refused(400, "This model knows no words.", param="model", code="cannot_speak")
    for param, value, only in (
        ("speed", asked.speed, 1.0),
        ("stream_format", asked.stream_format, "audio"),
        ("instructions", asked.instructions, ""),
    ):
        if value is not None and value != only:
            raise Refused(
                400, f"{param}: {only or 'nothing'} alone is possible.", param=param,
                code="unsupported_value",
            )  # fmt: skip
    if (words := len(asked.input.split())) > MOST_WORDS:
        raise Refused(
            400, f"{words} words are asked for; {MOST_WORDS} can be spoken at once.",
            param="input", code="too_many_words",
        )  # fmt: skip
    voices = [each for classes in sampler.labels.values() for each in classes]
    if asked.voice != ANY_VOICE and voices.count(asked.voice) != 1:
        told = "; ".join(f"{name}: {', '.join(c)}" for name, c in sampler.labels.items())
        raise Refused(
            400, f"There is no voice {asked.voice!r}; classes of one label set are voices while "
            f"those of another are spoken ({told}), or {ANY_VOICE!r}.",
            param="voice", code="unknown_voice",
        )  # fmt: skip
