"""Many texts in one document: a page, Markdown, JSON lines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sparring.modalities import _page

TITLE = "Texts made by Sparring"
STYLE = """\
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); }
article { padding: .9rem 1.1rem; border: 1px solid #8884; border-radius: 8px; }
article p { margin: 0; font-size: 1.1rem; line-height: 1.6; white-space: pre-wrap;
  overflow-wrap: anywhere; }
small { display: block; margin-top: .6rem; font-size: .85rem; opacity: .7; }
"""


def page(texts: Sequence[str], captions: Sequence[str]) -> bytes:
    """An HTML page with all texts as they are; it stands alone, and needs no script.

    Args:
        texts: of any language and direction.
        captions: words under the texts, one each; fewer leave the rest bare.
    """
    parts = []
    for text, caption in _named(texts, captions):
        below = f"<small>{escape(caption)}</small>" if caption else ""
        # A browser that is told no language (lang="") takes nothing for granted.
        parts.append(f'<article><p lang="" dir="auto">{escape(text)}</p>{below}</article>')
    return _page.document(TITLE, STYLE, parts)


def markdown(texts: Sequence[str], captions: Sequence[str], below: Sequence[str] = ()) -> bytes:
    """All texts as Markdown, each in a block of its own under its caption.

    Args:
        texts: of any language.
        captions: words over the texts, one each; fewer leave the rest bare.
        below: paragraphs at the end.
    """
    parts = [f"# {TITLE}"]
    for number, (text, caption) in enumerate(_named(texts, captions), 1):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        title = " ".join((caption or f"text {number}").split())
        parts.append(f"## {title}\n\n{fence}text\n{text}\n{fence}")
    return ("\n\n".join([*parts, *below]) + "\n").encode()


def json_lines(texts: Sequence[str], facts: Sequence[Mapping[str, Any]]) -> bytes:
    """One object a line: each text, and what is known of it."""
    nothing: Mapping[str, Any] = {}
    pairs = itertools.zip_longest(texts, facts, fillvalue=nothing)
    lines = [json.dumps({"text": text, **known}, ensure_ascii=False) for text, known in pairs]
    return "".join(f"{line}\n" for line in lines).encode()


def names(captions: Sequence[str], facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """What texts are called: by their seeds, as far as those are known, and their captions."""
    pairs = itertools.zip_longest(captions, facts, fillvalue=None)
    return [
        ", ".join(part for part in (f"seed {known['seed']}" if known else "", caption) if part)
        for caption, known in pairs
    ]


def _named(texts: Sequence[str], captions: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(texts, [*captions, *[""] * len(texts)], strict=False))
