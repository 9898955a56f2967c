"""Requests read strictly: nothing unknown, no name twice, and JSON as its standard has it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from sparring.core.errors import nearest
from sparring.serve.errors import REPEATED_FIELD, UNKNOWN_FIELD, Refused
from sparring.serve.limits import DEEPEST_JSON, LONGEST_NUMBER

# One that never ends is taken to the end, without looking back: else every quote in it is tried.
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
BRACKET = re.compile(rb"[\[\]{}]")


class _StrictRequest(Request):
    async def json(self) -> Any:
        """The body, parsed strictly."""
        try:
            return parsed(await self.body())
        except ValueError as error:
            raise Refused(400, str(error), code="invalid_json") from error


class StrictRoute(APIRoute):
    """A route that takes JSON only as strictly as its standard, and no parameter unknown to it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI documents it for requests of one's own."""
        usual = super().get_route_handler()
        known = [parameter.alias for parameter in self.dependant.query_params]

        async def handler(request: Request) -> Response:
            _require_known([name for name, _ in request.query_params.multi_items()], known)
            return await usual(_StrictRequest(request.scope, request.receive))

        return handler


def require_once(given: Iterable[str], what: str) -> None:
    """Make sure that no name stands in a request twice, as but one of them would be looked at.

    Args:
        given: all names.
        what: they are called.

    Raises:
        Refused: one stands there twice.
    """
    seen: set[str] = set()
    for name in given:
        if name in seen:
            said = f"The {what} {name!r} stands there twice."
            raise Refused(400, said, param=name, code=REPEATED_FIELD)
        seen.add(name)


def _require_known(given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            name = name[:100]
            rest = f". {nearest(name, known)}" if known else ", which has none."
            raise Refused(
                400, f"There is no parameter {name!r} at this path{rest}",
                param=name, code=UNKNOWN_FIELD,
            )  # fmt: skip
    require_once(given, "parameter")


def parsed(body: bytes) -> Any:
    """What a body of JSON says.

    Raises:
        ValueError: what is wrong with it, in a sentence.
    """
    _require_shallow(body)
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_table, parse_constant=_no_number, parse_float=_finite,
            parse_int=_whole,
        )  # fmt: skip
        # What cannot be sent back must not come in: halves of characters, written as \ud800.
        if "\\" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise ValueError("The body is not UTF-8, or holds halves of characters.") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"The body is not JSON: {error}.") from error
    return value


def _require_shallow(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON:
        return
    depth = 0
    for found in BRACKET.finditer(STRING.sub(b"", body)):
        depth += 1 if found[0] in b"[{" else -1
        if depth > DEEPEST_JSON:
            raise ValueError(f"The body has more than {DEEPEST_JSON} brackets within each other.")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            raise ValueError(f"The name {name!r} stands twice in one object.")
        table[name] = value
    return table


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number that JSON knows.")


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"A whole number has more than {LONGEST_NUMBER} digits.")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("A number is too large.")
    return number
