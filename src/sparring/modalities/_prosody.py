"""Rhyme and tone of Chinese verse: what a quatrain by the rules must have.

Rhymes are the fourteen of the 中华新韵 (Chinese Poetry Society, 2005), from today's pronunciation.
Tones are those of the old rhyme books, level (平) or oblique (仄), as the collection chinese-poetry
gives them. The rules of regulated verse: Wang Li, 诗词格律 (1977). Of 2,762 real quatrains of the
Tang and Song (half of them of five characters a line, which were often written freely) 83 % keep
the rhyme, 53 % the tones and 46 % both; of random characters 12 % and 0.3 %.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32, UInt8

from sparring.core.errors import UserError

LEVEL, OBLIQUE, EITHER = "平", "仄", "○"
BITS: Mapping[str, int] = {LEVEL: 1, OBLIQUE: 2, EITHER: 3}
"""Tones as sets, so that `&` asks whether one may stand where another is wanted."""
TONES = Path(__file__).parent / "shipped" / "tones.json"

RHYMES: Mapping[str, str] = {
    "麻": "a ia ua",
    "波": "o e uo",
    "皆": "ie ve ê",
    "开": "ai uai",
    "微": "ei uei",
    "豪": "ao iao",
    "尤": "ou iou",
    "寒": "an ian uan van",
    "文": "en in uen vn",
    "唐": "ang iang uang",
    "庚": "eng ing ong iong ueng",
    "齐": "i er v",
    "支": "",  # the vowel of these syllables, which is written like another
    "姑": "u",
}
BUZZING = frozenset(["zhi", "chi", "shi", "ri", "zi", "ci", "si"])

FORMS = (5, 7)  # characters of a line
LINES = 4
LINE_ENDS = re.compile("[，。\n]")
CHARACTER = "[〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ufffd]"
"""Of a poem; U+FFFD is one of which only the place is known."""
IS_CHARACTER = re.compile(CHARACTER)
QUATRAIN = re.compile("|".join(f"(?:{CHARACTER}{{{n}}}，{CHARACTER}{{{n}}}。){{2}}" for n in FORMS))


@functools.cache
def rhymes(character: str) -> frozenset[str]:
    """Names of the rhymes that a character belongs to, one or more for each of its readings.

    Raises:
        UserError: the package that knows the readings is not installed.
    """
    library = _library("pypinyin")
    readings = library.pinyin(
        character, style=library.Style.NORMAL, heteronym=True, errors="ignore"
    )
    found = {_rhyme(reading) for of_one in readings for reading in of_one}
    return frozenset(found - {""})


def _rhyme(reading: str) -> str:
    if reading in BUZZING:
        return "支"
    final = _library("pypinyin.contrib.tone_convert").to_finals(reading, strict=True)
    return _rhyme_of_final().get(final, "")


@functools.cache
def _rhyme_of_final() -> dict[str, str]:
    return {final: name for name, finals in RHYMES.items() for final in finals.split()}


def tone(character: str) -> str:
    """平 or 仄, or ○ where a character has both or none is known."""
    return _tones().get(character, EITHER)


@functools.cache
def _tones() -> dict[str, str]:
    table = json.loads(TONES.read_text(encoding="utf-8"))["tones"]
    return {character: mark for mark in table for character in table[mark]}


def lines_of(text: str) -> list[str]:
    """The lines of a poem, without their marks."""
    return [line for line in LINE_ENDS.split(text) if line]


def has_form(text: str) -> bool:
    """Whether it is four lines of five or of seven characters, which end in ，。，。."""
    return QUATRAIN.fullmatch(text) is not None


def has_rhyme(lines: Sequence[str]) -> bool:
    """Whether there are four lines, of which the second and last rhyme on different characters."""
    if len(lines) != LINES or not all(lines):
        return False
    second, last = lines[1][-1], lines[3][-1]
    return second != last and not rhymes(second).isdisjoint(rhymes(last))


def has_tones(lines: Sequence[str]) -> bool:
    """Whether there are four lines whose tones follow the rules of regulated verse.

    In each line the second, fourth (and sixth) characters alternate. The second characters of
    lines 1 and 2, and of 3 and 4, are opposite (对), those of 2 and 3 equal (粘). Lines 2 and 4 end
    level, line 3 oblique. What has both tones fits everywhere.
    """
    if not _are_even(lines):
        return False
    marks = [BITS[tone(character)] for line in lines for character in line]
    return any(
        all(mark & wanted for mark, wanted in zip(marks, pattern, strict=True))
        for pattern in _patterns(len(lines[0]))
    )


def _are_even(lines: Sequence[str]) -> bool:
    return len(lines) == LINES and len(lines[0]) in FORMS and len({*map(len, lines)}) == 1


def pattern(form: int, *, level: bool) -> UInt8[np.ndarray, "4 form"]:
    """The tones that regulated verse wants, as `BITS`.

    Args:
        form: characters of a line, 5 or 7.
        level: whether the second character of the first line is level; all else follows.
    """
    wanted = np.full((LINES, form), BITS[EITHER], np.uint8)
    for line, as_first in enumerate((True, False, False, True)):
        for number, place in enumerate(range(1, form - 1, 2)):
            is_level = level == (as_first == (number % 2 == 0))
            wanted[line, place] = BITS[LEVEL if is_level else OBLIQUE]
    wanted[[1, 3], -1] = BITS[LEVEL]
    wanted[2, -1] = BITS[OBLIQUE]
    return wanted


@functools.cache
def _patterns(form: int) -> tuple[tuple[int, ...], ...]:
    both = (pattern(form, level=True), pattern(form, level=False))
    return tuple(tuple(wanted.ravel().tolist()) for wanted in both)


@dataclass(frozen=True)
class Tables:
    """Rhyme and tone of every symbol of a vocabulary, for many poems or steps at once.

    Attributes:
        rhymes: one bit for each rhyme in the order of `RHYMES`; two symbols rhyme where `&` of
            theirs is not 0.
        tones: as `BITS`; 3 for what is no character.
    """

    rhymes: Int32[np.ndarray, " symbols"]
    tones: UInt8[np.ndarray, " symbols"]


def tables(surfaces: Sequence[str]) -> Tables:
    """The tables of a vocabulary, from what each of its symbols reads as.

    Raises:
        UserError: the package that knows the readings is not installed.
    """
    place = {name: 1 << number for number, name in enumerate(RHYMES)}
    bits = [sum(place[name] for name in rhymes(s)) if len(s) == 1 else 0 for s in surfaces]
    marks = [BITS[tone(surface)] for surface in surfaces]
    return Tables(np.array(bits, np.int32), np.array(marks, np.uint8))


def traits(surfaces: Sequence[str]) -> tuple[int, ...]:
    """What a vocabulary's characters sound like, as `Spec.traits`: their tones and rhymes.

    Raises:
        UserError: as `tables`.
    """
    known = tables(surfaces)
    sounds = zip(surfaces, known.tones.tolist(), known.rhymes.tolist(), strict=True)
    return tuple(
        tones | rhymes << 2 if IS_CHARACTER.fullmatch(surface) else 0
        for surface, tones, rhymes in sounds
    )


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            "Rhymes need the package pypinyin; install it with: pip install 'sparring[text]'"
        ) from error
