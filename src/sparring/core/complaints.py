"""What pydantic finds wrong with a value, in our own words: what it must be, and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

Complaint = Mapping[str, Any]
"""An entry of pydantic's `errors()`."""
KINDS = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "multiple_of": "a multiple of {multiple_of}",
    "string_type": "a text",
    "tuple_type": "a list",
}
"""What a value must be, by pydantic's name of the complaint; filled in from its `ctx`."""
BOUNDS = {
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
}
SIZES = {
    "string_too_long": ("at most", "max_length", "character"),
    "string_too_short": ("at least", "min_length", "character"),
    "too_long": ("at most", "max_length", "value"),
    "too_short": ("at least", "min_length", "value"),
}
"""What a value must have: so many of what."""


def sentence(complaint: Complaint, *, told: bool = False) -> str:
    """What a value must be, without a full stop.

    Args:
        complaint: about it.
        told: whether the value stands before the sentence, which then need not repeat it.
    """
    kind, facts, given = complaint["type"], complaint.get("ctx", {}), complaint["input"]
    if kind in SIZES:
        how, bound, what = SIZES[kind]
        most = facts[bound]
        has = f", not {len(given):,}" if isinstance(given, Sized) else ""
        return f"it must have {how} {most:,} {what}{'s' * (most != 1)}{has}"
    if kind in BOUNDS:
        return f"it must be {BOUNDS[kind].format(**facts)}{'' if told else f', not {given}'}"
    if kind in KINDS:
        return f"it must be {KINDS[kind].format(**facts)}"
    return str(complaint["msg"]).removeprefix("Value error, ")
