"""JSON as strictly as its standard: no NaN, no name twice, no depth without a bottom."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from sparring.serve.limits import DEEPEST_JSON, LONGEST_NUMBER

# One that never ends is taken to the end, without looking back: else every quote in it is tried.
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
BRACKET = re.compile(rb"[\[\]{}]")


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
