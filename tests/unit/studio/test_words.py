"""Every word is there in both languages, and every one that pages say is in the list."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import get_args

import pytest

from sparring.provenance.verify import State
from sparring.studio import words
from sparring.studio.words import LANGUAGES, WORDS, Say, language_of

SOURCES = [*Path(words.__file__).parent.rglob("*.py")]
SAID = re.compile(r"""\bsay\(\s*"([a-z0-9_]+)\"""")
HAN = re.compile(r"[\u4e00-\u9fff]")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same(key: str) -> None:
    english, chinese = WORDS[key]
    assert english.strip() and chinese.strip()
    assert fields(english) == fields(chinese)
    assert not HAN.search(english)
    assert HAN.search(chinese) or english == chinese


def test_all_that_pages_say_is_there() -> None:
    said = {key for path in SOURCES for key in SAID.findall(path.read_text())}
    assert len(said) > 80 and not said - set(WORDS)


def test_nothing_in_the_list_is_said_nowhere() -> None:
    text = "\n".join(
        path.read_text().replace("'", '"')
        for path in SOURCES
        if path.name not in ("words.py", "_health_words.py", "_lesson_words.py")
    )
    # Put together from names.
    patterns = ("lamp_", "why_", "state_", "curve_", "layer_")
    patterns += ("scene_", "shape_", "loss_", "num_", "turn_")
    states = get_args(State)
    unsaid = [
        key for key in WORDS
        if key not in states and not key.startswith(patterns)
        and not key.endswith(("_means", "_does")) and f'"{key}"' not in text
    ]  # fmt: skip
    assert not unsaid


def test_a_choice_comes_before_the_browser() -> None:
    assert language_of({}, {}).code == "en"
    assert language_of({}, {"accept-language": "zh-CN,zh;q=0.9"}).code == "zh"
    assert language_of({"language": "en"}, {"accept-language": "zh"}).code == "en"
    assert language_of({"language": "xx"}, {}).code == "en"
    assert Say(LANGUAGES["zh"])("samples_of", model="digits") == "digits 生成的样本"
