"""What the rest of Sparring says in English sentences, told in Chinese.

Its sentences are written in English where they are made, and figures stand in them. The tables in
the folder `chinese` have each of them with {0}, {1} and so on at the places of its figures, and its
Chinese. Where a figure is one word, {#0} says so: no doubt is left about where it begins and ends.
"""

from __future__ import annotations

import functools
import html
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

TABLES = Path(__file__).parent / "chinese"

FIELD = re.compile(r"\{(#?\d)\}")
WORD = r"(\S+)"
FIGURE = r"((?:(?!\. [A-Z]).)+?)"  # a sentence ends before the next one begins
LONGEST = 2_000  # characters of what is looked up; what is longer was not said by us
DEEPEST = 12  # sentences in a row, or figures in figures

LISTS = {"; ": "；", ", ": "、"}

TEXT = re.compile(r">([^<]+)<")
NAMED = re.compile(r'\b(alt|aria-label)="([^"]*)"')
TITLE = re.compile(r"(?<=<title)>([^<]+)<")


@functools.cache
def chinese() -> Mapping[str, str]:
    """All sentences with what they say in Chinese."""
    told: dict[str, str] = {}
    for path in sorted(TABLES.glob("*.toml")):
        for part in tomllib.loads(path.read_text(encoding="utf-8")).values():
            told |= part
    return told


class _Template:
    """One sentence with places for figures."""

    def __init__(self, english: str, chinese: str) -> None:
        parts = FIELD.split(english)
        self.fixed = [part for part in parts[::2] if part]
        self.numbers = [number.lstrip("#") for number in parts[1::2]]
        self.chinese = chinese
        pattern = "".join(
            (WORD if part.startswith("#") else FIGURE) if place % 2 else re.escape(part)
            for place, part in enumerate(parts)
        )
        self.whole = re.compile(pattern, re.DOTALL)
        ends = english.endswith((".", ":", "!", "?"))
        self.first = re.compile(f"{pattern} (.+)", re.DOTALL) if ends else None

    def may_fit(self, text: str) -> bool:
        """Whether all that is fixed stands there in this order, which is quickly seen."""
        place = 0
        for part in self.fixed:
            place = text.find(part, place)
            if place < 0:
                return False
            place += len(part)
        return True

    def filled(self, found: tuple[str, ...], depth: int) -> str:
        """The Chinese, with figures that have words of their own told in Chinese too."""
        told = dict(zip(self.numbers, found, strict=False))
        return FIELD.sub(lambda m: _figure(told[m[1]], depth), self.chinese)


@functools.cache
def _templates() -> list[_Template]:
    """Those that say most come first, so that a short one takes no part of a long one."""
    made = [_Template(*pair) for pair in chinese().items() if FIELD.search(pair[0])]
    return sorted(made, key=lambda each: -sum(map(len, each.fixed)))


@functools.cache
def _sentences() -> list[_Template]:
    """All that may come before another sentence."""
    made = [_Template(*pair) for pair in chinese().items()]
    return sorted(
        (each for each in made if each.first), key=lambda each: -sum(map(len, each.fixed))
    )


def in_chinese(text: str) -> str:
    """The same in Chinese; what is in no catalogue stays as it is."""
    return _told(text, 0) or text


def _told(text: str, depth: int) -> str:
    """The Chinese of one sentence or of several in a row; "" where there is none."""
    if text in chinese():
        return chinese()[text]
    if len(text) > LONGEST or depth > DEEPEST:
        return ""
    return next(_ways(text, depth + 1), "")


def _figure(text: str, depth: int) -> str:
    """The Chinese of what stands in a sentence, also of a list of such; else itself."""
    told = _told(text, depth)
    for mark, other in LISTS.items():
        if not told and mark in text:
            parts = [_told(part, depth) for part in text.split(mark)]
            told = other.join(parts) if all(parts) else ""
    return told or text


def _ways(text: str, depth: int) -> Iterator[str]:
    for each in _templates():
        found = each.whole.fullmatch(text) if each.may_fit(text) else None
        if found:
            yield each.filled(found.groups(), depth)
    for each in _sentences():
        assert each.first is not None, "it may come before another one"
        found = each.first.fullmatch(text) if each.may_fit(text) else None
        if found:
            *figures, rest = found.groups()
            begun = each.filled(tuple(figures), depth)
            gap = "" if begun.endswith("：") else " "
            yield begun + (_told(rest, depth) or gap + rest)


def page_in_chinese(page: str) -> str:
    """A report's page with its words in Chinese; its pictures are as they were."""
    head, main, body = page.partition("<main>")
    titled = TITLE.sub(_between, head).replace('lang="en"', 'lang="zh-CN"', 1)
    told = NAMED.sub(lambda m: f'{m[1]}="{_escaped(m[2])}"', TEXT.sub(_between, body))
    return titled + main + told


def _between(found: re.Match[str]) -> str:
    return f">{_escaped(found[1])}<"


def _escaped(words: str) -> str:
    return html.escape(in_chinese(html.unescape(words)))
