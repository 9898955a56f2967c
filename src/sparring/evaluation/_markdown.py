"""The same report as text for people and repositories."""

from __future__ import annotations

from collections.abc import Sequence


def page(title: str, sections: Sequence[str]) -> bytes:
    """The whole document."""
    return ("\n\n".join([f"# {plain(title)}", *sections]) + "\n").encode()


def heading(text: str) -> str:
    """A section begins."""
    return f"## {plain(text)}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text; the first column names them."""
    lines = [_line(header), "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names with their values."""
    return "\n".join(f"- {plain(key)}: {plain(value)}" for key, value in pairs)


def elsewhere(words: str) -> str:
    """A picture that only the page for browsers has."""
    return f"({plain(words)}: see the page of the same name that ends in .html.)"


def plain(text: str) -> str:
    """Words that Markdown leaves as they are: on one line, and nothing in them is markup."""
    text = " ".join(text.split())
    for mark in "\\`*_[]<>|":
        text = text.replace(
            mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark]
        )
    return text


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"
