"""Plain text: a visible label below it, with the recipe; the rules give no place for another.

The label of GB 45438-2025 lies in a file beside it (our extension).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparring.core import mark
from sparring.provenance.carriers import Carrier, Found, Marks, Unreadable

AI = re.compile(r"(?<![a-z])ai(?![a-z])|人工智能|artificial intelligence")
EDGE = 400  # letters at both ends of a text where a label for people is looked for


class PlainText(Carrier):
    """UTF-8."""

    name = "plain text"
    suffixes = (".txt",)
    read_by_people = True
    has_room = False

    def claims(self, content: bytes) -> bool:
        """Whatever is UTF-8 without bytes that no text has."""
        return is_text(content)

    def put(self, content: bytes, marks: Marks) -> bytes:
        """`[AI-generated] AI生成`, what made it and the recipe, below an empty line."""
        text, _ = mark.apart(decoded(content))
        told = " ".join(filter(None, (mark.CHINESE, mark.SOFTWARE, marks.recipe)))
        return f"{text}{mark.MARK}{told}\n".encode()

    def find(self, content: bytes) -> Found:
        """The last line that is such a label, and words for people at both ends."""
        found = Found()
        text, told = mark.apart(decoded(content))
        if told:
            found.notices.append(told.partition("{")[0].strip() or mark.NOTICE)
            _, brace, recipe = told.partition("{")
            if brace:
                found.recipes.append(brace + recipe)
        found.notices += notices(text)
        return found

    def essence(self, content: bytes) -> Iterator[bytes]:
        """The text alone."""
        yield mark.apart(decoded(content))[0].encode()


def is_text(content: bytes) -> bool:
    """Whether it is UTF-8 and holds no zero bytes."""
    try:
        return b"\0" not in content and content.decode() is not None
    except UnicodeDecodeError:
        return False


def decoded(content: bytes) -> str:
    """The text. Raises Unreadable where it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start + 1} is not UTF-8") from error


def notices(text: str) -> list[str]:
    """Words at both ends of a text that tell people of AI *and* of making (GB 45438-2025, 5.1)."""
    ends = (text[:EDGE], text[-EDGE:]) if len(text) > EDGE else (text,)
    lines = [line.strip() for end in ends for line in end.splitlines()]
    return [line for line in lines if is_notice(line)]


def is_notice(line: str) -> bool:
    """Whether a line is such a label: short, and with both elements."""
    words = line.casefold()
    says_ai = bool(AI.search(words))
    says_made = any(word in words for word in ("生成", "合成", "generated"))
    return len(line) < 120 and says_ai and says_made
