"""Markdown: a mapping `AIGC` in the YAML front matter (TC260-PG-20258A).

Only the part of YAML is read that such a label needs: names with strings, and one level of names
below a name. A string of JSON is one of YAML too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sparring.core import mark
from sparring.provenance.carriers import AIGC, IPTC, RECIPE, Carrier, Found, Marks, Spot
from sparring.provenance.carriers.plain_text import decoded, is_text, notices

FENCE = "---\n"
LINE = re.compile(r"(\s*)([\w-]+)\s*:\s?(.*)")
NOT_STRINGS = re.compile(r"[-+]?[\d.][\w.+-]*|true|false|yes|no|null|~|", re.IGNORECASE)
"""What YAML takes for a number, a truth or nothing where it has no quotes."""


class Markdown(Carrier):
    """Markdown."""

    name = "Markdown"
    suffixes = (".md", ".markdown")
    read_by_people = True

    def claims(self, content: bytes) -> bool:
        """A text that begins with front matter."""
        return content.startswith(FENCE.encode()) and is_text(content)

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Front matter with the label; what stood there before goes."""
        _, body = _apart(decoded(content))
        lines = [
            f"Software: {json.dumps(mark.SOFTWARE)}",
            f"Description: {json.dumps(mark.NOTICE)}",
        ]
        if marks.aigc:
            lines += [f"{AIGC}:", *(f"  {k}: {json.dumps(v)}" for k, v in marks.aigc.items())]
        lines += [f"{name}: {json.dumps(value)}" for name, value in marks.iptc.items()]
        if marks.recipe:
            lines.append(f"{RECIPE}: {json.dumps(marks.recipe)}")
        return f"{FENCE}{chr(10).join(lines)}\n{FENCE}\n{body}".encode()

    def find(self, content: bytes) -> Found:
        """The front matter, and words for people at both ends of the rest."""
        found = Found()
        front, body = _apart(decoded(content))
        for name, value in _entries(front.splitlines()):
            if name == AIGC:
                found.labels.append(Spot("Markdown front matter", value))
            elif name == RECIPE:
                found.recipes.append(_string(value))
            elif name == "Description" and _string(value) == mark.NOTICE:
                found.notices.append(mark.NOTICE)
            elif name in IPTC:
                found.iptc[name].append(_string(value))
        found.notices += notices(body)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All but the front matter."""
        yield _apart(decoded(content))[1].encode()


def _apart(text: str) -> tuple[str, str]:
    """The front matter without its fences, and the rest without the empty line between."""
    if text.startswith(FENCE):
        front, fence, body = text[len(FENCE) :].partition(f"\n{FENCE}")
        if fence:
            return front, body.removeprefix("\n")
    return "", text


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Names with their values; a mapping below a name becomes JSON."""
    place = 0
    while place < len(lines):
        parts = LINE.fullmatch(lines[place])
        place += 1
        if not parts or parts[1]:
            continue
        below: list[tuple[str, str]] = []
        while place < len(lines) and lines[place][:1] in (" ", "\t"):
            inner = LINE.fullmatch(lines[place])
            place += 1
            if inner:
                below.append((inner[2], inner[3].strip()))
        value = parts[3].strip()
        if below and not value:
            pairs = (f"{json.dumps(key)}: {_as_json(each)}" for key, each in below)
            value = f"{{{', '.join(pairs)}}}"  # as text, so that a key that comes twice is seen
        yield parts[2], value


def _as_json(value: str) -> str:
    """A scalar of YAML in JSON, so that what is no string there is none here."""
    try:
        return json.dumps(json.loads(value))
    except (ValueError, RecursionError):
        pass
    if NOT_STRINGS.fullmatch(value):
        return "null"
    return json.dumps(_string(value))


def _string(value: str) -> str:
    """A scalar of YAML as text."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, str):
        return read
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
