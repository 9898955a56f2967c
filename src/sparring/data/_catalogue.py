"""What data sets there are, without loading any of them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from sparring.core import components


@dataclass(frozen=True)
class Line:
    """One data set in a list.

    Attributes:
        name: as a recipe writes it.
        summary: the first line of its description.
        licence: under which terms; "your own" where a person brings the data.
        source: who made it; "your own" likewise.
        needs: settings without which it cannot be made, such as "path".
    """

    name: str
    summary: str
    licence: str
    source: str
    needs: tuple[str, ...]


def catalogue() -> list[Line]:
    """All data sets that a recipe may name, in order of name."""
    return [_line(name) for name in components.names(components.DATASET.folder)]


def _line(name: str) -> Line:
    cls = components.find(components.DATASET, name)
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    fields = components.schema(cls).model_fields
    needs = tuple(key for key, field in fields.items() if field.is_required())
    if needs:
        return Line(name, summary, "your own", "your own", needs)
    dataset = cls()
    return Line(name, summary, dataset.licence, dataset.source, needs)
