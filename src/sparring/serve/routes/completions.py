"""Texts, by the fields that OpenAI's clients send, and a few of our own."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from sparring.core import mark
from sparring.generation.asking import conditions, parse_labels
from sparring.generation.batch import Ask
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, symbols, worded
from sparring.modalities.text import Text
from sparring.provenance import unlabelled
from sparring.serve.errors import Refused, blaming
from sparring.serve.limits import LONGEST_INPUT, MOST_STOPS, MOST_TEXTS
from sparring.serve.routes._asked import (
    ERRORS,
    MODEL,
    VISIBLE,
    Body,
    Here,
    answered,
    fingerprint,
    fresh_seed,
    named,
    note_user,
    now,
    require_kind,
)
from sparring.serve.services import Services
from sparring.serve.strict import StrictRoute
from sparring.serve.writing import Writing

router = APIRouter(route_class=StrictRoute, tags=["texts"])
PATH = "/v1/completions"
Line = Annotated[str, Field(max_length=LONGEST_INPUT)]


class StreamOptions(Body):
    """What a stream tells besides."""

    include_usage: bool | None = False
    include_obfuscation: bool | None = None


class CompletionRequest(Body):
    """Texts that are asked for."""

    model: str = Field("", max_length=200, description=MODEL)
    prompt: Line | Annotated[list[Line], Field(min_length=1, max_length=MOST_TEXTS)] | None = Field(
        "", description="what texts begin with"
    )
    max_tokens: int | None = Field(16, ge=0, description="null = as long as the model likes")
    temperature: float | None = Field(1.0, ge=0, le=2)
    top_p: float | None = Field(1.0, ge=0, le=1)
    n: int | None = Field(1, ge=1, le=MOST_TEXTS)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    stop: Line | Annotated[list[Line], Field(max_length=MOST_STOPS)] | None = None
    seed: int | None = Field(None, ge=0, lt=2**63)
    echo: bool | None = False
    best_of: int | None = Field(
        None, ge=1, le=20, description="write so many for each, keep the likeliest"
    )
    logprobs: int | None = Field(None, ge=0, le=5, description="null alone")
    presence_penalty: float | None = Field(0, ge=-2, le=2, description="0 alone")
    frequency_penalty: float | None = Field(0, ge=-2, le=2, description="0 alone")
    logit_bias: dict[str, float] | None = Field(None, description="none")
    suffix: str | None = Field(None, max_length=LONGEST_INPUT, description="none")
    user: str | None = Field(None, max_length=500, description="kept in the log as a hash alone")
    label: str | dict[str, str] | None = Field(None, description="classes, e.g. 'form=five'")
    truncation: float | None = Field(1.0, gt=0, le=1, description="less is more likely")
    verse: str = Field("", max_length=100, description="a form, e.g. 'seven,rhyme,tones'")
    visible: bool = VISIBLE

    @property
    def prompts(self) -> list[str]:
        """What texts begin with, as a list."""
        return self.prompt if isinstance(self.prompt, list) else [self.prompt or ""]

    @property
    def stops(self) -> list[str]:
        """Texts before which they end."""
        given = self.stop if isinstance(self.stop, list) else [self.stop or ""]
        return [stop for stop in given if stop]

    def wording(self, prompt: str) -> Wording:
        """How the model shall write after one prompt."""
        return Wording(
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            candidates=max((self.best_of or 1) // (self.n or 1), 1),
            by="likelihood",
            prefix=prompt,
            verse=self.verse,
        )


@dataclass(frozen=True)
class _Choice:
    """One text to be written: what it begins with, and what is asked for it."""

    prompt: str
    ask: Ask


@router.post(PATH, responses=ERRORS)
async def complete(request: Request, asked: CompletionRequest, services: Here) -> Response:
    """Write texts."""
    note_user(request, asked.user)
    name = await named(services, asked.model)
    sampler = await services.sampler(name)
    require_kind(sampler, "text/", PATH)
    _require_possible(asked)
    each = _asks(sampler, asked)
    facts = {
        "id": f"cmpl-{secrets.token_hex(12)}",
        "object": "text_completion",
        "created": now(),
        "model": name,
        "system_fingerprint": fingerprint(sampler),
        "ai_generated": True,
    }
    if asked.stream:
        single = [_Choice(c.prompt, one) for c in each for one in _singly(c.ask)]
        stream = _Stream(services, sampler, asked, facts)
        await _note_unlabelled(sampler, each)
        # A place in the queue is taken before the answer begins, so that a full one is told.
        first = services.worker.streamed(partial(_begun, sampler, single[0].ask))
        return StreamingResponse(stream.events(first, single), media_type="text/event-stream")

    async def make() -> Mapping[str, Any]:
        return await _written(services, name, sampler, asked, each, facts)

    return await answered(request, services, make)


async def _written(
    services: Services, name: str, sampler: Sampler, asked: CompletionRequest,
    each: list[_Choice], facts: Mapping[str, Any],
) -> Mapping[str, Any]:  # fmt: skip
    """All texts at once."""
    choices: list[dict[str, Any]] = []
    read = wrote = 0
    for choice in each:
        read += _writing(sampler, asked, choice.prompt)[1]
        made = await services.generate(name, choice.ask)
        for number, row in enumerate(made.samples.tolist()):
            writing, _ = _writing(sampler, asked, choice.prompt)
            text = writing.whole(row) + _label(sampler, asked)
            choices.append(
                {
                    "index": len(choices),
                    "text": choice.prompt + text if asked.echo else text,
                    "logprobs": None,
                    "finish_reason": writing.reason,
                    "seed": made.seeds[number],
                    "labels": dict(made.labels[number]),
                }
            )
            wrote += writing.tokens
    await _note_unlabelled(sampler, each)
    return {**facts, "choices": choices, "usage": _usage(read, wrote)}


async def _note_unlabelled(sampler: Sampler, each: list[_Choice]) -> None:
    """Note in the log that texts go out without labels, where they do.

    Raises:
        OutOfResources: the disk is full.
        UserError: the log cannot be written.
    """
    if sampler.labelling.implicit:
        return
    for ask in (choice.ask for choice in each):
        way, _ = _worded(sampler, ask)
        seeds = [one.seed for one in _singly(ask)]
        origin = way.origin(ask.truncation)
        await asyncio.to_thread(unlabelled.note, (), origin, seeds, len(seeds))


class _Stream:
    """Texts one after the other as events, each piece as soon as it is sure."""

    def __init__(
        self, services: Services, sampler: Sampler, asked: CompletionRequest,
        facts: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self._services, self._sampler = services, sampler
        self._asked, self._facts = asked, facts

    async def events(
        self, first: AsyncGenerator[int, None], single: list[_Choice]
    ) -> AsyncIterator[bytes]:
        """All events, the last of which says that it is over."""
        wrote = 0
        for index, choice in enumerate(single):
            writing, _ = _writing(self._sampler, self._asked, choice.prompt)
            if self._asked.echo:
                yield self._event(index, choice.prompt)
            # The others belong to what was accepted with the first.
            begin = partial(_begun, self._sampler, choice.ask)
            streamed = self._services.worker.streamed
            pieces = first if index == 0 else streamed(begin, patient=True)
            try:
                async for symbol in pieces:
                    if piece := writing.add(symbol):
                        yield self._event(index, piece)
                    if writing.is_over:
                        break
            finally:
                await pieces.aclose()
            rest = writing.close() + _label(self._sampler, self._asked)
            facts = {"seed": choice.ask.seed, "labels": _labels(self._sampler, choice.ask)}
            yield self._event(index, rest, writing.reason, **facts)
            wrote += writing.tokens
        if self._asked.stream_options and self._asked.stream_options.include_usage:
            prompts = self._asked.prompts
            read = sum(_writing(self._sampler, self._asked, prompt)[1] for prompt in prompts)
            yield _line({**self._facts, "choices": [], "usage": _usage(read, wrote)})
        yield b"data: [DONE]\n\n"

    def _event(self, index: int, text: str, reason: str | None = None, **facts: object) -> bytes:
        choice = {"index": index, "text": text, "logprobs": None, "finish_reason": reason, **facts}
        return _line({**self._facts, "choices": [choice]})


def _require_possible(asked: CompletionRequest) -> None:
    given = {
        "logprobs": asked.logprobs,
        "presence_penalty": asked.presence_penalty,
        "frequency_penalty": asked.frequency_penalty,
        "logit_bias": asked.logit_bias,
        "suffix": asked.suffix,
    }
    for param, value in given.items():
        if value:
            raise Refused(
                400, f"These models know no {param}; leave it out.", param=param,
                code="unsupported_value",
            )  # fmt: skip
    count = (asked.n or 1) * len(asked.prompts)
    if count > MOST_TEXTS:
        raise Refused(400, f"{count} texts are asked for; {MOST_TEXTS} can be.", param="n")
    if asked.best_of is not None and asked.best_of < (asked.n or 1):
        raise Refused(400, "best_of must be at least n.", param="best_of", code="invalid_value")
    if (asked.best_of or 0) % (asked.n or 1):
        # Each text is the likeliest of its own, so all must have as many.
        raise Refused(
            400, "best_of must be a multiple of n.", param="best_of", code="invalid_value"
        )
    if asked.stream and (asked.best_of or 1) > (asked.n or 1):
        raise Refused(400, "A text is chosen when it is whole; leave stream out.", param="best_of")


def _asks(sampler: Sampler, asked: CompletionRequest) -> list[_Choice]:
    """What is asked of the model, prompt by prompt.

    Raises:
        Refused: it cannot write that.
    """
    labels = asked.label or ""
    with blaming("label"):
        parse_labels(labels, sampler.labels)
    seed, count = fresh_seed(asked.seed), asked.n or 1
    if seed + count * len(asked.prompts) > 2**63:
        raise Refused(400, "seed: a smaller number is needed for so many texts.", param="seed")
    found = []
    for number, prompt in enumerate(asked.prompts):
        with blaming("verse" if asked.verse else "prompt"):
            wording = asked.wording(prompt)
            worded(sampler, wording, labels)
        truncation = 1.0 if asked.truncation is None else asked.truncation
        ask = Ask(
            count=count, seed=seed + number * count, labels=labels, truncation=truncation,
            wording=wording,
        )  # fmt: skip
        found.append(_Choice(prompt, ask))
    return found


def _singly(ask: Ask) -> list[Ask]:
    return [replace(ask, count=1, seed=ask.seed + number) for number in range(ask.count)]


def _worded(sampler: Sampler, ask: Ask) -> tuple[Sampler, Mapping[str, str]]:
    assert ask.wording is not None, "texts are asked for with a wording"
    return worded(sampler, ask.wording, ask.labels)


def _begun(sampler: Sampler, ask: Ask) -> Iterator[int]:
    way, labels = _worded(sampler, ask)
    return symbols(way, seed=ask.seed, labels=labels, truncation=ask.truncation)


def _labels(sampler: Sampler, ask: Ask) -> dict[str, str]:
    """Those of the one text that is asked for."""
    _, labels = _worded(sampler, ask)
    given = parse_labels(labels, sampler.labels)
    return sampler.named(conditions(sampler.spec, [ask.seed], given), 1)[0]


def _writing(sampler: Sampler, asked: CompletionRequest, prompt: str) -> tuple[Writing, int]:
    modality = sampler.modality
    assert isinstance(modality, Text), "what writes symbols is a model of texts"
    prefix = len(modality.tokeniser.encode(prompt)) if prompt else 0
    # A text may be as long as the model's longest; who asks for more gets that.
    most = modality.length if asked.max_tokens is None else asked.max_tokens
    writing = Writing(modality.tokeniser, prefix=prefix, most=most, stops=asked.stops)
    return writing, prefix


def _label(sampler: Sampler, asked: CompletionRequest) -> str:
    """What people read below each text, where that is wished."""
    return mark.VISIBLE if asked.visible or sampler.labelling.visible else ""


def _usage(read: int, wrote: int) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def _line(content: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
