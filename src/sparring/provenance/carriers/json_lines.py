"""JSON lines: every line tells its own recipe; the label of the whole lies in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sparring.core import mark
from sparring.provenance.carriers import IPTC, RECIPE, Carrier, Found, Marks
from sparring.provenance.carriers.document import as_word
from sparring.provenance.carriers.plain_text import decoded, is_text

LINE = 1_000_000  # letters of a first line that is looked at


class JsonLines(Carrier):
    """One JSON object a line."""

    name = "JSON lines"
    suffixes = (".jsonl",)
    read_by_people = True
    has_room = False

    def claims(self, content: bytes) -> bool:
        """A text whose first line is an object."""
        return is_text(content) and bool(_first(content))

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Lines are what programs expect them to be, so nothing is put between them."""
        return content

    def find(self, content: bytes) -> Found:
        """What the first line says, as the others are like it."""
        found = Found()
        first = _first(content)
        found.first_line = json.dumps(first[RECIPE]) if RECIPE in first else ""
        for name in IPTC:
            if name in first:
                found.iptc[name].append(as_word(first[name]))
        if first.get("Description") == mark.NOTICE:
            found.notices.append(mark.NOTICE)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """All of it."""
        yield content


def _first(content: bytes) -> dict[str, object]:
    line = decoded(content[: 4 * LINE].partition(b"\n")[0])
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return first if isinstance(first, dict) else {}
