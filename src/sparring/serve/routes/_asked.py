"""What several kinds of requests have in common, and how they are answered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sparring.core.errors import nearest
from sparring.core.version import VERSION
from sparring.generation.asking import parse_labels, require_makeable
from sparring.generation.batch import Ask, latent_of, require_one_latent, require_one_sample
from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler
from sparring.provenance.facts import ENGINE
from sparring.serve.errors import UNKNOWN_FIELD, Refused, blaming
from sparring.serve.limits import LONGEST_INPUT, LONGEST_KEY, MOST_SAMPLES
from sparring.serve.services import Services

Anything = TypeVar("Anything")
FRESH = 2**32  # seeds are drawn below this where none is given, so that people can type them
LONGEST_LATENT = 65_536
MODEL = "as in /v1/models; may be left out where there is one alone"
VISIBLE: Any = Field(False, description="whether files carry a label that people see or hear, too")
ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "An error object that says which field is wrong."},
    "5XX": {"description": "An error object."},
}


async def _services(request: Request) -> Services:
    return request.app.state.services


Here = Annotated[Services, Depends(_services)]
"""The services, for a route."""


class Body(BaseModel):
    """What a request says: these fields and no others, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in cls.model_fields:
                hint = nearest(name, cls.model_fields)
                raise PydanticCustomError(
                    UNKNOWN_FIELD,
                    "There is no field {param}. {hint}",
                    {"param": str(name)[:100], "hint": hint},
                )
        return given


class Way(Body):
    """The way from one seed to another, and how far along it."""

    seeds: list[Annotated[int, Field(ge=0, lt=2**63)]] = Field(min_length=2, max_length=2)
    share: float = Field(0.5, ge=0, le=1)


class Samples(Body):
    """What pictures and sounds are asked for by, beside what clients of other services know."""

    model: str = Field("", max_length=200, description=MODEL)
    prompt: str = Field(
        "", max_length=LONGEST_INPUT, description="classes, e.g. '7' or 'digit=7', or nothing"
    )
    n: int | None = Field(1, ge=1, le=MOST_SAMPLES, description="how many; more are a job")
    response_format: Literal["url", "b64_json"] | None = "url"
    seed: int | None = Field(
        None, ge=0, lt=2**63, description="of the first sample; null = drawn anew, and told"
    )
    label: str | dict[str, str] | None = Field(
        None, description="classes, in place of the prompt: '7' or {'digit': '7'}"
    )
    truncation: float | None = Field(
        1.0, gt=0, le=1, description="less is more typical and less varied"
    )
    latent: list[float] | None = Field(
        None, min_length=1, max_length=LONGEST_LATENT, description="in place of a seed's own"
    )
    interpolate: Way | None = Field(None, description="in place of one seed's latent")
    visible: bool = VISIBLE
    user: str | None = Field(None, max_length=500, description="kept in the log as a hash alone")

    def ask(self, sampler: Sampler) -> Ask:
        """What it asks of a model.

        Raises:
            Refused: what the model cannot do, by the field that asks for it.
        """
        labels = self.prompt if self.label is None else self.label
        with blaming("prompt" if self.label is None else "label"):
            parse_labels(labels, sampler.labels)
        way = self.interpolate
        if way is not None and self.seed is not None:
            raise Refused(
                400, "The seeds are those of interpolate; leave seed out.", param="interpolate",
                code="invalid_value",
            )  # fmt: skip
        ask = Ask(
            count=self.n or 1,
            seed=fresh_seed(self.seed),
            labels=labels,
            truncation=1.0 if self.truncation is None else self.truncation,
            latent=tuple(self.latent or ()),
            between=(way.seeds[0], way.seeds[1]) if way is not None else None,
            share=way.share if way is not None else 0.5,
            visible=self.visible,
        )
        with blaming("interpolate"):
            require_one_latent(ask)
        with blaming("n"):
            require_one_sample(ask)
        with blaming("seed"):
            require_makeable(ask.count, (ask.seed, ask.seed + ask.count - 1), ask.truncation)
        if ask.latent:
            with blaming("latent"):
                latent_of(sampler, ask.latent)
        return ask


def fresh_seed(given: int | None) -> int:
    """The seed that was given, or a new one."""
    return secrets.randbelow(FRESH) if given is None else given


def fingerprint(sampler: Sampler) -> str:
    """Model, version of the code and engine: what answers can only be compared under."""
    engine = str(sampler.ways.get(ENGINE, "")).replace(" ", "-")
    return "-".join(filter(None, (sampler.model_hash[:16], VERSION, engine)))


async def named(services: Services, model: str) -> str:
    """The model that is meant: the only one where no name is given.

    Raises:
        Refused: no name is given, and there are several.
    """
    return model or only(await asyncio.to_thread(services.registry.names))


def only(names: Sequence[str]) -> str:
    """The name of the only model; "" where there is none.

    Raises:
        Refused: there are several.
    """
    if len(names) > 1:
        raise Refused(
            400, f"Several models are served; name one: {', '.join(names)}.", param="model",
            code="missing_field",
        )  # fmt: skip
    return names[0] if names else ""


def require_kind(sampler: Sampler, media: str, where: str) -> None:
    """Make sure that a model makes files of such a media type.

    Raises:
        Refused: it makes something else.
    """
    made = sampler.modality.forms.values()
    if not any(kind.startswith(media) for kind in made):
        raise Refused(
            400, f"This model makes {next(iter(made))}; ask for that at another path than {where}.",
            param="model", code="wrong_kind_of_model",
        )  # fmt: skip


def require_form(sampler: Sampler, given: str, param: str) -> str:
    """The name of the form of files that is asked for.

    Raises:
        Refused: files of this form are not written.
    """
    known = {"jpg": "jpeg", "ogg_vorbis": "ogg"}.get(given, given)
    if known not in sampler.modality.forms:
        raise Refused(
            400, f"Files of this model are not written as {given!r}. "
            f"{nearest(given, sampler.modality.forms)}",
            param=param, code="unsupported_format",
        )  # fmt: skip
    return known


async def files_of(
    request: Request, services: Services, made: Generated, form: str, response_format: str
) -> list[dict[str, Any]]:
    """Every sample as an entry of an answer: its labelled file, its seed and its classes."""
    entries: list[dict[str, Any]] = []
    for number, content in enumerate(await services.encode(made, form)):
        labels = made.labels[number]
        asked = ",".join(f"{name}={value}" for name, value in labels.items())
        entry = {"seed": made.seeds[number], "labels": dict(labels), "revised_prompt": asked}
        if response_format == "b64_json":
            entries.append({"b64_json": base64.b64encode(content).decode(), **entry})
        else:
            name = await asyncio.to_thread(services.shelf.put, content, f".{form}")
            entries.append({"url": f"{request.base_url}v1/files/{name}", **entry})
    return entries


def note_user(request: Request, user: str | None) -> None:
    """Let the access log say who of a client's people asked, by a hash."""
    if user:
        request.state.user = hashlib.sha256(user.encode()).hexdigest()[:12]


def json_answer(content: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    """An answer in JSON."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return Response(body, status, given, "application/json")


async def answered(
    request: Request, services: Services, make: Callable[[], Awaitable[Mapping[str, Any]]]
) -> Response:
    """The answer that `make` makes; for one Idempotency-Key it is made once.

    Who goes away before it is made takes it away with them, unless they gave a key.
    """
    key = repeat_key(request)
    if not key:
        return json_answer(await unless_gone(request, make()))

    async def encoded() -> bytes:
        return json.dumps(await make(), ensure_ascii=False, allow_nan=False).encode()

    whole = hashlib.sha256(request.url.path.encode() + b"\n" + await request.body()).digest()
    caller = request.state.caller.name
    content, is_repeat = await services.repeats.once((caller, key), whole, encoded)
    headers = {"Idempotent-Replayed": "true"} if is_repeat else {}
    return Response(content, 200, headers, "application/json")


def repeat_key(request: Request) -> str:
    """The Idempotency-Key of a request; "" where it has none.

    Raises:
        Refused: it is too long.
    """
    key = request.headers.get("idempotency-key", "")
    if len(key) > LONGEST_KEY:
        raise Refused(400, f"At most {LONGEST_KEY} characters.", param="Idempotency-Key")
    return key


async def unless_gone(request: Request, work: Awaitable[Anything]) -> Anything:
    """What `work` gives; it is cancelled where the client goes away before.

    Raises:
        Refused: the client is gone, which nobody reads.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Refused(499, "The client has gone.")
    finally:
        task.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())
