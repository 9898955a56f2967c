"""Where lines of texts are broken, in the spirit of Unicode's annex 14."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WIDE = f"{HAN}\u3000-\u30ff\u3100-\u312f\u3190-\u33ff\uff01-\uff65"
"""Characters between any two of which a line may be broken, as a part of a pattern."""
CLOSING_WIDE = "，。、；：？！）」』》〉】〕｝］"
OPENING = "（「『《〈【〔｛［“‘"
CLOSING = CLOSING_WIDE + "…—～·”’ー々〻ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
# An opening mark goes with what comes after it, a closing one with what came before.
PIECE = re.compile(
    rf"[{OPENING}(\[{{]*(?:[{WIDE}]|[^\s{WIDE}{OPENING}]+)[{CLOSING},.;:!?)\]}}%]*\s*"
    rf"|[{OPENING}{CLOSING}]+\s*|\s+"
)
CLAUSE = rf"(?:[{HAN}]\s?){{2,12}}"
COUPLETS = re.compile(rf"(?:{CLAUSE}[，、；：]\s?{CLAUSE}[。！？]\s?)+")
COUPLET = re.compile(r"[^。！？\s][^。！？]*[。！？]")
TAB = 4  # blanks


def paragraphs(text: str) -> list[str]:
    """The lines that a text has by itself; a poem of one line is broken after each couplet."""
    lines: list[str] = []
    for line in re.split(r"[\n\v\f\u0085\u2028\u2029]", text):
        line = line.expandtabs(TAB)
        lines += COUPLET.findall(line) if COUPLETS.fullmatch(line) else [line]
    return lines


def broken(line: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """One line as lines that fit: broken at blanks, between Chinese characters, else in words."""
    row = ""
    for piece in PIECE.findall(line):
        if row and not fits((row + piece).rstrip()):
            yield row.rstrip()
            row = ""
        row += piece
        while not fits(row.rstrip()):
            head = _longest(row, fits)
            if head == row:
                break
            yield head
            row = row[len(head) :]
    yield row.rstrip()


def _longest(word: str, fits: Callable[[str], bool]) -> str:
    """As much of a word as fits, at least one letter with the marks on it."""
    ends = [at for at in range(1, len(word)) if not _leans(word, at)] + [len(word)]
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(word[: ends[middle]]) else (low, middle - 1)
    return word[: ends[low]]


def _leans(word: str, at: int) -> bool:
    """Whether a character belongs to the one before it."""
    joiner = "\N{ZERO WIDTH JOINER}"
    return unicodedata.category(word[at]) in ("Mn", "Me", "Mc", "Cf") or word[at - 1] == joiner
