"""How texts look: fonts, line breaks, sheets. No font but matplotlib's is taken for granted."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sparring.modalities import _breaking, _fonts, _ink, _sheet, _typeset

DEJAVU = Path(matplotlib.get_data_path()) / _fonts.LATIN
POEM = "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
NOWHERE = "\U0010fffd"  # for private use, so no font has it


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which no fonts are installed."""
    cached = (_fonts.face_of, _fonts.runs, _fonts._others, _ink.width)
    with monkeypatch.context() as patch:
        patch.setattr(_fonts, "_folders", lambda: [tmp_path])
        for function in cached:
            function.cache_clear()
        yield
    for function in cached:
        function.cache_clear()


def darkest(picture: Image.Image) -> int:
    return int(np.asarray(picture.convert("L")).min())


def rows(text: str, letters: int) -> list[str]:
    """A text in lines of so many letters."""
    return list(_breaking.broken(text, lambda line: len(line) <= letters))


@pytest.mark.parametrize("content", [b"", b"abc", b"ttcf", bytes(100), b"\0\1\0\0\0\1" + bytes(30)])
def test_what_is_no_font_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ttf").write_bytes(content)
    with pytest.raises(ValueError, match="is no font"):
        _fonts.Face(tmp_path / "a.ttf").has("a")
    assert list(_fonts._faces_in(tmp_path / "a.ttf")) == []


def test_there_is_always_a_font_for_letters(bare: None) -> None:
    assert all(_fonts.face_of(letter) for letter in "naïve Привет Ελλάς 5 %")
    assert [_fonts.face_of(letter) for letter in f"山{NOWHERE}"] == [None, None]
    assert [part for _, part in _fonts.runs("a山b")] == ["a", "山", "b"]


def test_characters_that_no_font_has_are_boxes_with_their_numbers(bare: None) -> None:
    assert _ink.width("山", 18) == 14
    assert _ink.width(NOWHERE, 18) == 18
    pictures = _typeset.frames(["山", "水", "山", NOWHERE, ""])
    pixels = [np.asarray(picture) for picture in pictures]
    assert np.array_equal(pixels[0], pixels[2])
    assert not np.array_equal(pixels[0], pixels[1])
    assert darkest(pictures[3]) < 60
    assert darkest(pictures[4]) > 100, "an empty text is told in grey"


def test_other_fonts_of_the_machine_are_found(tmp_path: Path, bare: None) -> None:
    for name in ("STIXGeneral.ttf", "STIXGeneralBol.ttf"):
        (tmp_path / name).write_bytes(DEJAVU.with_name(name).read_bytes())
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    _fonts._others.cache_clear()
    with TTFont(tmp_path / "STIXGeneral.ttf") as font, TTFont(DEJAVU) as latin:
        only = min(set(font["cmap"].getBestCmap()) - set(latin["cmap"].getBestCmap()))
    face = _fonts.face_of(chr(only))
    assert face is not None
    assert face.path.parent == tmp_path


def test_lines_that_begin_at_the_right_are_known() -> None:
    assert _fonts.from_right("12 مرحبا hello")
    assert not _fonts.from_right("hello مرحبا")
    assert not _fonts.from_right("")


def test_english_is_broken_at_blanks() -> None:
    assert rows("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert rows("a donaudampfschiff b", 8) == ["a", "donaudam", "pfschiff", "b"]
    assert rows("f(x) well-known", 9) == ["f(x)", "well-know", "n"]
    assert rows("  indented", 20) == ["  indented"]
    assert rows("", 5) == [""]


def test_chinese_is_broken_anywhere_but_before_a_closing_mark_or_after_an_opening_one() -> None:
    assert rows("春眠不覺曉，處處聞啼鳥。", 5) == ["春眠不覺", "曉，處處聞", "啼鳥。"]
    assert rows("他說「來吧」。", 3) == ["他說", "「來", "吧」。"]
    assert rows("我愛hello世界", 5) == ["我愛", "hello", "世界"]


@settings(deadline=None)
@given(st.text("春眠不覺曉，。！「」（）ab, .", max_size=60), st.integers(6, 12))
def test_breaking_keeps_every_letter_and_the_rules(text: str, letters: int) -> None:
    lines = rows(text, letters)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= letters for line in lines)
    for before, after in itertools.pairwise(lines):
        if before and after and before + after in text and len(before) < letters - 5:
            assert after[0] not in "，。！」）"
            assert before[-1] not in "「（"


def test_marks_stay_with_their_letters() -> None:
    assert rows("e\u0301" * 4, 5) == ["e\u0301e\u0301", "e\u0301e\u0301"]


def test_a_poem_is_broken_after_its_couplets() -> None:
    couplets = ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"]
    assert _breaking.paragraphs(POEM) == couplets
    assert _breaking.paragraphs(" ".join(POEM)) == [" ".join(line) for line in couplets]
    assert _breaking.paragraphs("今天天氣很好。我們去公園。") == ["今天天氣很好。我們去公園。"]
    assert _breaking.paragraphs("a\n\tb\u2028c") == ["a", "    b", "c"]


def test_all_cells_of_a_sheet_are_equal() -> None:
    sheet = _typeset.sheet(["a", "some words", "x\ny"], ["one", "", "three"], 3)
    wide, high = (sheet.width - 1) // 3, sheet.height - 1
    assert sheet.width == 3 * wide + 1
    pixels = np.asarray(sheet)
    assert (pixels[:, [0, wide, 2 * wide, 3 * wide]] == 0xDD).all()
    cells = [sheet.crop((i * wide + 1, 1, (i + 1) * wide, high)) for i in range(3)]
    assert all(darkest(cell) < 60 for cell in cells)
    bare = _typeset.sheet(["a", "some words", "x\ny"], [], 3)
    assert bare.height < sheet.height


def test_the_last_row_is_rather_full() -> None:
    assert _typeset._columns(16, 0.5) == 4
    assert _typeset._columns(7, 1.0) == 3
    assert _typeset._columns(1, 0.1) == 1


@pytest.mark.parametrize(
    "text", ["x" * 300_000, "\n" * 99_999 + "x", "a " * 99_999, "\u0301" * 9_999]
)
def test_endless_texts_take_no_time(text: str) -> None:
    started = time.perf_counter()
    assert _typeset.sheet([text], [], 0).height < 500
    assert time.perf_counter() - started < 5


def test_long_texts_are_cut_on_a_sheet_and_longer_on_a_picture_of_their_own() -> None:
    long = "many words " * 1_000
    sheet, (frame,) = _typeset.sheet([long], [], 0), _typeset.frames([long])
    assert sheet.height < 500 < frame.height < 2_000
    assert _typeset._cut("many words", 60, 18).endswith(_typeset.MORE)
    assert _ink.width(_typeset._cut("many words", 60, 18), 18) <= 60


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_any_text_can_be_drawn(texts: list[str]) -> None:
    first, *others = _typeset.frames(texts)
    assert all(other.size == first.size for other in others)
    assert _typeset.sheet(texts, texts, 0).width > 0


def test_poems_are_drawn_fast_and_small() -> None:
    poems = [POEM[i:] + POEM[:i] for i in range(16)] * 4
    _typeset.sheet(poems, (), 0)
    started = time.perf_counter()
    sheet = _typeset.sheet(poems, (), 0)
    assert time.perf_counter() - started < 5, "half a second where nothing else runs"
    assert len(_sheet.png(sheet)) < 600_000
    assert len(_sheet.png(_typeset.sheet(poems[:16], ["春"] * 16, 0))) < 300_000
