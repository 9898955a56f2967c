"""JSON: the object itself has the keys `AIGC` and `sparring` (our extension)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sparring.core import mark
from sparring.provenance.carriers import AIGC, IPTC, RECIPE, Carrier, Found, Marks, Spot, Unreadable
from sparring.provenance.carriers.plain_text import decoded

Pairs = list[tuple[str, Any]]
TOO_DEEP = "its brackets are nested too deep to be read"
OURS = (AIGC, *IPTC, RECIPE)


class Document(Carrier):
    """One JSON object."""

    name = "JSON"
    suffixes = (".json",)
    read_by_people = True

    def claims(self, content: bytes) -> bool:
        """A text that is one JSON object."""
        try:
            return content[:1] == b"{" and bool(_pairs(content))
        except Unreadable:
            return False

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Labels stand behind what the object says; words of its own are not written over."""
        values = dict(_rest(content))
        values.setdefault("Software", mark.SOFTWARE)
        values.setdefault("Description", mark.NOTICE)
        values |= marks.iptc
        if marks.aigc:
            values[AIGC] = dict(marks.aigc)
        if marks.recipe:
            values[RECIPE] = json.loads(marks.recipe)
        text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
        # Half a character, which JSON may tell and UTF-8 cannot, goes out as it came in: escaped.
        return text.encode(errors="backslashreplace")

    def find(self, content: bytes) -> Found:
        """The keys of the object."""
        found = Found()
        for key, value in _pairs(content):
            if key == AIGC:
                # As text again, key by key, so that one that comes twice is seen.
                found.labels.append(Spot("JSON key AIGC", _told(value)))
            elif key == RECIPE:
                found.recipes.append(_told(value))
            elif key == "Description" and value == mark.NOTICE:
                found.notices.append(mark.NOTICE)
            elif key in IPTC:
                found.iptc[key].append(as_word(value))
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """What else the object says, however it is spaced and ordered."""
        told = [[key, _told(value)] for key, value in _rest(content)]
        yield json.dumps(sorted(told)).encode()


def as_word(value: object) -> str:
    """A property's value, which is nothing where it is no string."""
    return value if isinstance(value, str) else ""


class _Object(Pairs):
    """A JSON object as its pairs, so that a key that comes twice is not lost."""


def _pairs(content: bytes) -> Pairs:
    try:
        read = json.loads(decoded(content), object_pairs_hook=_Object)
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    except ValueError as error:
        raise Unreadable(f"it is no JSON ({error})") from error
    if not isinstance(read, _Object):
        raise Unreadable("it is no JSON object")
    return read


def _rest(content: bytes) -> Pairs:
    pairs = [(key, value) for key, value in _pairs(content) if not _is_ours(key, value)]
    try:
        return [(key, _plain(value)) for key, value in pairs]
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error


def _is_ours(key: str, value: Any) -> bool:
    """Whether it is a label's part: other words under such a name are somebody's own."""
    if key == "Description":
        return value == mark.NOTICE
    if key == "Software":
        return isinstance(value, str) and bool(mark.SOFTWARES.fullmatch(value))
    return key in OURS


def _plain(value: Any) -> Any:
    if isinstance(value, _Object):
        return {key: _plain(each) for key, each in value}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _told(value: Any) -> str:
    """As `_as_text`, of what anybody may have nested. Raises Unreadable: too deep."""
    try:
        return _as_text(value)
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error


def _as_text(value: Any) -> str:
    """JSON again, with every pair of the outermost object."""
    if isinstance(value, _Object):
        pairs = (f"{json.dumps(key)}: {json.dumps(_plain(each))}" for key, each in value)
        return f"{{{', '.join(pairs)}}}"
    return json.dumps(_plain(value), sort_keys=True)
