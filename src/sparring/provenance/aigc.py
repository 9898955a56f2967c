"""The implicit label of GB 45438-2025 (Annex E): seven strings that say who made what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparring.core.errors import UserError, quoted

KEYS = (
    "Label", "ContentProducer", "ProduceID", "ReservedCode1",
    "ContentPropagator", "PropagateID", "ReservedCode2",
)  # fmt: skip
REQUIRED = ("Label", "ContentProducer", "ProduceID")
MEANINGS = {"1": "is AI-generated", "2": "may be AI-generated", "3": "is suspected to be"}
STANDARD = "GB 45438-2025"
FORM, NAME, LETTERS, SINGLE = (
    f"{STANDARD} {clause}" for clause in ("Annex E", "Annex E a", "Annex E j", "6.1 c")
)
LONGEST = 65_536  # letters of a label; those in the wild have some hundred


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a label.

    Attributes:
        says: what, in a sentence.
        rule: the clause that it offends.
    """

    says: str
    rule: str


def label(producer: str, identifier: str, integrity: str) -> dict[str, str]:
    """The label of something that was made here and not passed on by anybody yet."""
    return {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": identifier,
        "ReservedCode1": integrity,
        "ContentPropagator": producer,
        "PropagateID": identifier,
        "ReservedCode2": "",
    }


def wrapped(values: Mapping[str, str]) -> bytes:
    """The label as a file of its own, beside one that has no room for it."""
    return (json.dumps({"AIGC": dict(values)}, indent=1) + "\n").encode()


def require_legal(producer: str) -> str:
    """The code of a producer, where it may stand in a label.

    Raises:
        UserError: it is empty, too long, or has letters that no label may have.
    """
    wrong = _illegal(producer) or ('"' if '"' in producer else "")
    if wrong or not 0 < len(producer) <= 128:
        raise UserError(
            f"producer = {quoted(producer)} cannot stand in a label: give 1 to 128 Latin letters, "
            f"digits and signs without blanks, quotes and backslashes ({LETTERS}), as the code of "
            "a company and not its Chinese name."
        )
    return producer


def read(text: str) -> tuple[dict[str, str], list[Problem]]:
    """A label bare or wrapped, and all that is wrong with it; {} where it is none at all."""
    if len(text) > LONGEST:
        return {}, [Problem(f"it has {len(text):,} letters; labels have some hundred", FORM)]
    try:
        found = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return {}, [Problem("it is no JSON", FORM)]
    if isinstance(found, _Pairs) and [key for key, _ in found] == ["AIGC"]:
        found = found[0][1]
    if not isinstance(found, _Pairs):
        return {}, [Problem("it is no JSON object", FORM)]
    problems = list(_problems(found))
    return {key: value for key, value in found if isinstance(value, str)}, problems


class _Pairs(list[tuple[str, Any]]):
    """A JSON object, with keys that come twice."""


def _problems(pairs: _Pairs) -> list[Problem]:
    keys = [key for key, _ in pairs]
    told: list[Problem] = []
    for key in dict.fromkeys(keys):
        if key not in KEYS:
            told.append(Problem(f"the key {_shown(key)} is unknown", FORM))
        elif keys.count(key) > 1:
            told.append(Problem(f"the key {key} comes {keys.count(key)} times", SINGLE))
    told += [Problem(f"the key {key} is missing", FORM) for key in KEYS if key not in keys]
    for key, value in pairs:
        if key in KEYS:
            told += _problems_of(key, value)
    return told


def _problems_of(key: str, value: Any) -> list[Problem]:
    if not isinstance(value, str):
        return [Problem(f"{key} is not a string", FORM)]
    if key == "Label" and value not in MEANINGS:
        return [Problem(f"Label is {_shown(value)}; it must be 1, 2 or 3", FORM)]
    if key in REQUIRED and not value:
        return [Problem(f"{key} is empty", FORM)]
    wrong = _illegal(value)
    if wrong:
        return [Problem(f"{key} has the illegal character {_shown(wrong)}", LETTERS)]
    return []


def _illegal(value: str) -> str:
    """The first character that no value may have.

    Legal are 0x21, 0x23 to 0x5B, 0x5D to 0x7E, and a quote behind a backslash, which JSON has
    become a quote.
    """
    return next((each for each in value if not "!" <= each <= "~" or each == "\\"), "")


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "…")
