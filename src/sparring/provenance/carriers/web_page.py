"""HTML: `meta` elements in the head, and a line for people at the foot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape, unescape

from sparring.core import mark
from sparring.core.errors import UserError
from sparring.provenance.carriers import AIGC, IPTC, RECIPE, Carrier, Found, Marks, Spot
from sparring.provenance.carriers.plain_text import decoded, is_text

HEAD = "<head>\n"
OPENING, CLOSING = "<!-- label -->\n", "<!-- end of label -->\n"
ATTRIBUTE = re.compile(r"\s*([\w:-]+)\s*=\s*([\"'])")
MOST = 10_000  # elements of a head


class WebPage(Carrier):
    """HTML."""

    name = "HTML"
    suffixes = (".html", ".htm")
    read_by_people = True

    def claims(self, content: bytes) -> bool:
        """A text that says so at its beginning."""
        begins = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return begins.startswith((b"<!doctype html", b"<html")) and is_text(content)

    def put(self, content: bytes, marks: Marks) -> bytes:
        """Labels stand first in the head."""
        text = _without(decoded(content))
        if HEAD not in text:
            raise UserError("The page has no line <head> behind which a label could stand; add it.")
        values = {
            "generator": mark.SOFTWARE,
            "description": mark.NOTICES,
            AIGC: json.dumps(dict(marks.aigc)) if marks.aigc else "",
            **marks.iptc,
            RECIPE: marks.recipe,
        }
        metas = "".join(
            f'<meta name="{name}" content="{escape(value)}">\n'
            for name, value in values.items()
            if value
        )
        return text.replace(HEAD, f"{HEAD}{OPENING}{metas}{CLOSING}", 1).encode()

    def find(self, content: bytes) -> Found:
        """The `meta` elements of the head."""
        found = Found()
        for name, value in _metas(decoded(content)):
            if name == AIGC:
                found.labels.append(Spot("HTML meta AIGC", value))
            elif name == RECIPE:
                found.recipes.append(value)
            elif name == "description" and mark.NOTICE in value:
                found.notices.append(value)
            elif name in IPTC:
                found.iptc[name].append(value)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """The page without our part of its head."""
        yield _without(decoded(content)).encode()


def _without(text: str) -> str:
    before, opening, rest = text.partition(HEAD + OPENING)
    inside, closing, after = rest.partition(CLOSING)
    if not opening or not closing or "</head" in inside.lower():
        return text
    return before + HEAD + after


def _metas(text: str) -> Iterator[tuple[str, str]]:
    """Name and content of every `meta` element of the head, read once from left to right."""
    end = re.search("</head", text, re.IGNORECASE)
    stop = end.start() if end else len(text)
    place = 0
    for _ in range(MOST):
        begin = re.compile("<meta", re.IGNORECASE).search(text, place, stop)
        if not begin:
            return
        values, place = _attributes(text, begin.end(), stop)
        if "name" in values and "content" in values:
            yield values["name"], values["content"]


def _attributes(text: str, place: int, stop: int) -> tuple[dict[str, str], int]:
    """The attributes that begin at `place`, and where they end."""
    values: dict[str, str] = {}
    while found := ATTRIBUTE.match(text, place, stop):
        close = text.find(found[2], found.end(), stop)
        if close < 0:
            return values, stop
        values.setdefault(found[1].lower(), unescape(text[found.end() : close]))
        place = close + 1
    return values, place
