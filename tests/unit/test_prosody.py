"""Rhyme and tone: known characters and poems, and tables that agree with texts."""

from __future__ import annotations

import importlib
import importlib.util
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from sparring.core.errors import UserError
from sparring.data.quatrains import Quatrains
from sparring.modalities import _prosody
from sparring.modalities._prosody import (
    BITS,
    has_form,
    has_rhyme,
    has_tones,
    lines_of,
    pattern,
    rhymes,
    tables,
    tone,
    traits,
)
from sparring.modalities.text import Text

STORKS = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
TAVERN = "朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。"
TREES = "空山不见人，但闻人语响。返景入深林，复照青苔上。"  # free verse
CAPITALS = "朝辭白帝彩雲間，千里江陵一日還。兩岸猿聲啼不住，輕舟已過萬重山。"


@pytest.mark.parametrize(
    ("character", "names"),
    [
        ("花", "麻"), ("歌", "波"), ("国", "波"), ("雪", "皆"), ("别", "皆"), ("来", "开"),
        ("归", "微"), ("飞", "微"), ("高", "豪"), ("流", "尤"), ("楼", "尤"), ("寒", "寒"),
        ("泉", "寒"), ("春", "文"), ("云", "文"), ("心", "文"), ("霜", "唐"), ("风", "庚"),
        ("穷", "庚"), ("翁", "庚"), ("星", "庚"), ("衣", "齐"), ("鱼", "齐"), ("而", "庚齐"),
        ("诗", "支"), ("日", "支"), ("此", "支"), ("湖", "姑"), ("龍", "庚"), ("樓", "尤"),
        ("乐", "波皆"), ("，", ""), ("a", ""), ("\ufffd", ""),
    ],
)  # fmt: skip
def test_the_rhymes_of_known_characters(character: str, names: str) -> None:
    assert rhymes(character) >= set(names) if names else not rhymes(character)


def test_the_tones_of_known_characters() -> None:
    assert "".join(map(tone, "白日依山黄河入海")) == "仄仄平平平平仄仄"
    assert "".join(map(tone, "盡黃樓層")) == "仄平平平", "in both scripts"
    assert "".join(map(tone, "中看，x")) == "○○○○"


@pytest.mark.parametrize(
    ("text", "form", "rhyme", "tones"),
    [
        (STORKS, True, True, True),
        (TAVERN, True, True, True),
        (CAPITALS, True, True, True),
        (TREES, True, True, False),
        (STORKS.replace("楼", "流"), True, False, True),  # the same character is no rhyme
        (STORKS.replace("楼", "山"), True, False, True),
        (STORKS.replace("楼", "目"), True, False, False),  # ends oblique
        (STORKS.replace("白日", "白山"), True, True, False),
        (STORKS.replace("白日依", "日依依"), True, True, False),
        (STORKS.replace("依山", "\ufffd山"), True, True, True),
        (STORKS.replace("。", "，"), False, True, True),
        (STORKS[:-1], False, True, True),
        (STORKS[1:], False, True, False),
        (STORKS + STORKS, False, False, False),
        (STORKS[:12] + TAVERN[16:], False, False, False),
        (STORKS.replace("依", "a"), False, True, True),
        ("", False, False, False),
    ],
)
def test_whole_poems(text: str, form: bool, rhyme: bool, tones: bool) -> None:
    lines = lines_of(text)
    assert (has_form(text), has_rhyme(lines), has_tones(lines)) == (form, rhyme, tones)


def test_lines_may_stand_below_each_other() -> None:
    assert lines_of("白日依山尽\n黄河入海流\n") == ["白日依山尽", "黄河入海流"]


@pytest.mark.parametrize("form", _prosody.FORMS)
@pytest.mark.parametrize("level", [True, False])
def test_the_pattern_is_that_of_the_books(form: int, level: bool) -> None:
    wanted = pattern(form, level=level)
    assert wanted.shape == (4, form)
    seconds = wanted[:, 1] == BITS["平"]
    assert seconds.tolist() == [level, not level, not level, level]
    assert (wanted[:, 1] ^ wanted[:, 3] == 3).all()
    assert form == 5 or (wanted[:, 1] == wanted[:, 5]).all()
    assert wanted[:, -1].tolist() == [3, 1, 2, 1]
    assert (wanted[:, ::2][:, :-1] == 3).all(), "odd places are free"


def test_what_is_made_by_the_pattern_keeps_the_rules() -> None:
    chance = random.Random(0)
    marks = {1: "山河黄依", 2: "日白入海", 3: "山日白河"}
    for form in _prosody.FORMS:
        for level in (True, False):
            wanted = pattern(form, level=level).tolist()
            lines = ["".join(chance.choice(marks[bits]) for bits in line) for line in wanted]
            assert has_tones(lines)
            broken = list(lines[1])
            broken[3] = "日" if wanted[1][3] == 1 else "山"
            assert not has_tones([lines[0], "".join(broken), *lines[2:]])


def test_tables_say_the_same() -> None:
    surfaces = ("", "\ufffd", "", "\n", *sorted({*STORKS, *TAVERN, *CAPITALS}))
    of = tables(surfaces)
    assert of.rhymes.shape == of.tones.shape == (len(surfaces),)
    assert of.tones[:4].tolist() == [3, 3, 3, 3]
    assert not of.rhymes[:4].any()
    for number, one in enumerate(surfaces):
        assert of.tones[number] == BITS[tone(one)]
        for other, bits in zip(surfaces[4:], of.rhymes[4:], strict=True):
            if len(one) == 1:
                assert bool(of.rhymes[number] & bits) == bool(rhymes(one) & rhymes(other))


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    rhymes.cache_clear()
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"pip install 'sparring\[text\]'"):
        has_rhyme(lines_of(STORKS))


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "tones.py"
    spec = importlib.util.spec_from_file_location("tones_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_tones_are_those_of_the_training_part(
    full_data: Path, benchmark: ModuleType
) -> None:
    if not (full_data / "chinese-quatrains").is_dir():
        pytest.skip("SPARRING_DATA has no folder chinese-quatrains")
    shipped = {character: mark for character, mark in _prosody._tones().items()}
    made = {c: mark for mark, characters in benchmark.table().items() for c in characters}
    assert shipped == made
    told = _prosody.TONES.read_text(encoding="utf-8")
    assert "JackeyGao" in told
    assert "chinese-poetry" in told


def test_real_poems_keep_the_rules_more_often_than_chance(full_data: Path) -> None:
    if not (full_data / "chinese-quatrains").is_dir():
        pytest.skip("SPARRING_DATA has no folder chinese-quatrains")
    data = Quatrains()
    texts = Text(data.spec).texts(torch.from_numpy(data.split("test").values))
    lines = [lines_of(text) for text in texts]
    assert all(map(has_form, texts))
    assert np.mean([has_rhyme(four) for four in lines]) == pytest.approx(0.82, abs=0.02)
    assert np.mean([has_tones(four) for four in lines]) == pytest.approx(0.53, abs=0.01)


def test_traits_are_tones_and_rhymes() -> None:
    flow, tower, eye, comma = traits(["流", "楼", "目", "，"])
    assert flow == tower, "both level, and they rhyme"
    assert eye & 3 == BITS["仄"]
    assert eye >> 2 != flow >> 2
    assert comma == 0
