"""The words that say that something was made by a machine."""

import json

from sparring.core.version import VERSION

SYSTEM = "Sparring"
SOFTWARE = f"{SYSTEM} {VERSION}"
NOTICE = "AI-generated"
CHINESE = "AI生成"
NOTICES = f"{CHINESE} / {NOTICE}"
"""Both, for people."""
MARK = f"\n\n[{NOTICE}] "
"""What comes between a text and what is said about it in a file."""
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""How the IPTC's vocabulary of digital source types calls what a trained model made."""


def apart(content: str) -> tuple[str, str]:
    """A text and what a label below it says, which is "" where there is none.

    An author's own words are no label, even where they begin like one.
    """
    text, opening, told = content.rpartition(MARK)
    words, brace, recipe = told.partition("{")
    if opening and (words.startswith(CHINESE) or (brace and _is_object(brace + recipe))):
        return text, told.removesuffix("\n")
    return content.removesuffix("\n"), ""


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
