"""What pydantic finds wrong with a request: the field that it is about, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from sparring.core import complaints
from sparring.core.complaints import Complaint

Place = tuple[int | str, ...]
MEANT = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "an object",
    "string_type": "a text",
}
"""What should have been given, by pydantic's name of the complaint; JSON has other words."""
TABLE = "dict["  # how pydantic's names of tables begin, which stand before the key in a place


def field_of(place: Place, model: type[BaseModel] | None) -> str:
    """The field that a complaint is about, with the index where that is a list.

    Where a field may be of several kinds, pydantic puts the kind into the place; and what stands in
    a table has names that only its sender knows. Neither is a field.

    Args:
        place: within the body.
        model: of the body; None = its fields are not known, and all of the place is told.
    """
    return _read(place, model)[0]


def worst(complaints: Sequence[Complaint]) -> list[Complaint]:
    """Those about the first wrong value that tell the most: what else it could be is left out.

    A value that may be of several kinds is complained of for each. The kind that was meant is the
    one in which most of it was right; where that is several, all of them could be meant.
    """
    first = [each for each in complaints if each["loc"][:2] == complaints[0]["loc"][:2]]
    best = max(map(_fitting, first))
    return [each for each in first if _fitting(each) == best]


def sentence(found: Sequence[Complaint], model: type[BaseModel] | None) -> str:
    """What is wrong with one value, without its field and a full stop; `model` as in `field_of`."""
    kinds = [MEANT[each["type"]] for each in found if each["type"] in MEANT]
    if not kinds:
        return complaints.sentence(found[0])
    key = _read(found[0]["loc"][1:], model)[1]
    what = f"what {key[:100]!r} is" if key else "it"
    return f"{what} must be {' or '.join(dict.fromkeys(kinds))}"


def _read(place: Place, model: type[BaseModel] | None) -> tuple[str, str]:
    """The field, and the key where a complaint is about what stands in a table."""
    if model is None:
        return ".".join(map(str, place)), ""
    inner: type[BaseModel] | None = model
    told: list[str] = []
    is_table = False
    for part in place:
        if is_table:
            return ".".join(told), str(part)
        if isinstance(part, int):
            told.append(str(part))
        elif inner is not None and part in inner.model_fields:
            told.append(part)
            annotation = inner.model_fields[part].annotation
            inner, is_table = _model_in(annotation), get_origin(annotation) is dict
        else:
            is_table = part.startswith(TABLE)
    return ".".join(told), ""


def _fitting(complaint: Complaint) -> tuple[int, bool]:
    return len(complaint["loc"]), complaint["type"] not in MEANT


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
