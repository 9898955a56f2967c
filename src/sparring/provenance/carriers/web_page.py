"""HTML: `meta` elements in the head, and a line for people at the foot."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from html import escape, unescape

from sparring.core import mark
from sparring.core.errors import UserError
from sparring.provenance.carriers import (
    AIGC,
    IPTC,
    RECIPE,
    Carrier,
    Found,
    Marks,
    Spot,
    Unreadable,
)
from sparring.provenance.carriers.flac import Flac
from sparring.provenance.carriers.ogg import Ogg
from sparring.provenance.carriers.plain_text import decoded, is_text
from sparring.provenance.carriers.png import Png
from sparring.provenance.carriers.wav import Wav

HEAD = "<head>\n"
OPENING, CLOSING = "<!-- label -->\n", "<!-- end of label -->\n"
ATTRIBUTE = re.compile(r"\s*([\w:-]+)\s*=\s*([\"'])")
MOST = 10_000  # elements of a head
INSIDE = re.compile(r"data:(?:image|audio)/[\w.+-]+;base64,([A-Za-z0-9+/]+={0,2})")
KINDS: tuple[Carrier, ...] = (Png(), Wav(), Flac(), Ogg())  # of files that stand inside of a page


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
        """The page without our part of its head, with the essence of the files inside."""
        text, place = _without(decoded(content)), 0
        for found in INSIDE.finditer(text):
            yield text[place : found.start(1)].encode()
            yield from _inside(found[1])
            place = found.end(1)
        yield text[place:].encode()


def _inside(coded: str) -> Iterator[bytes]:
    try:
        content = base64.b64decode(coded, validate=True)
        for kind in KINDS:
            if kind.claims(content):
                yield from kind.essence(content)
                return
    except (binascii.Error, Unreadable):
        pass
    yield coded.encode()


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
