"""The words that say that something was made by a machine."""

import json
import re

from sparring.core.version import VERSION

SYSTEM = "Sparring"
SOFTWARE = f"{SYSTEM} {VERSION}"
NOTICE = "AI-generated"
CHINESE = "AI生成"
NOTICES = f"{CHINESE} / {NOTICE}"
"""Both, for people."""
MARK = f"\n\n[{NOTICE}] "
"""What comes between a text and what is said about it in a file."""
VISIBLE = MARK + CHINESE
"""What people read below a text."""
SOFTWARES = re.compile(rf"{SYSTEM} [\w.+!-]{{1,40}}", re.ASCII)
"""Any version of it, as labels name it."""
LINE = re.compile(
    rf"(?P<words>{CHINESE})?(?: ?{SOFTWARES.pattern})? ?(?P<recipe>\{{.*\}})?\n*", re.ASCII
)
"""All that the line of a label may say; whatever else stood there would be somebody's words."""
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""How the IPTC's vocabulary of digital source types calls what a trained model made."""


def apart(content: str) -> tuple[str, str]:
    """A text and what a label below it says, which is "" where there is none.

    An author's own words are no label, even where they begin like one, and a line to which words
    were added is none any more: it says AI生成, what software and how it was made, or parts of it.
    """
    text, opening, told = content.rpartition(MARK)
    line = LINE.fullmatch(told) if opening else None
    if line and (_is_object(line["recipe"]) if line["recipe"] else line["words"]):
        return text, told.rstrip("\n")
    return content.removesuffix("\n"), ""


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
