"""Between texts and symbols."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.core.errors import BadData
from sparring.modalities._tokens import (
    END,
    LONGEST,
    MADE_FROM,
    NO_SYMBOL,
    PAD,
    RESERVED,
    UNKNOWN,
    Kind,
    Tokeniser,
)

TEXTS = [
    "the cat sat on the mat.",
    "The dog, the cat (and a bird) sat!\nIt's well-known: 5% of $3.",
    "白日依山盡，黃河入海流。",
]
KINDS: tuple[Kind, ...] = ("characters", "words", "pieces")
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=RESERVED)


def packed(model: bytes, kind: str = "words") -> str:
    return f"{kind}:{base64.b64encode(zlib.compress(model)).decode()}"


@pytest.mark.parametrize("kind", KINDS)
def test_texts_survive_both_ways(kind: Kind) -> None:
    tokeniser = Tokeniser.learn(TEXTS, kind, most=100)
    for text in [*TEXTS, ""]:
        numbers = tokeniser.encode(text)
        assert all(MADE_FROM <= number < tokeniser.symbols for number in numbers)
        assert tokeniser.decode(numbers) == text
        assert tokeniser.decode([*numbers, END, *numbers]) == text
        assert tokeniser.decode([*numbers, PAD, PAD]) == text
    assert len(tokeniser.surfaces) == tokeniser.symbols
    again = Tokeniser(tokeniser.stored)
    assert (again.kind, again.surfaces) == (kind, tokeniser.surfaces)
    assert again.encode(TEXTS[0]) == tokeniser.encode(TEXTS[0])


@settings(max_examples=50, deadline=None)
@given(st.text(LETTERS | st.sampled_from("\t\n\f "), min_size=1, max_size=30))
def test_every_character_can_be_a_symbol(text: str) -> None:
    if text.strip("\n"):
        tokeniser = Tokeniser.learn([text], "characters")
        assert tokeniser.decode(tokeniser.encode(text)) == text
        assert len(tokeniser.encode(text)) == len(text)


@pytest.mark.parametrize("kind", ["characters", "pieces"])
@pytest.mark.parametrize("text", [" a", "a ", "a  b", "\n a\n\nb", " "])
def test_blanks_are_kept(kind: Kind, text: str) -> None:
    tokeniser = Tokeniser.learn(["a b", "b a\na"], kind, most=20)
    assert tokeniser.decode(tokeniser.encode(text)) == text


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_in_the_vocabulary_is_one_unknown_symbol(kind: Kind) -> None:
    tokeniser = Tokeniser.learn(TEXTS, kind, most=100)
    assert tokeniser.encode("Ж").count(UNKNOWN) == 1
    assert tokeniser.decode([UNKNOWN]) == NO_SYMBOL
    for reserved in RESERVED:
        assert UNKNOWN in tokeniser.encode(reserved)
    with_reserved = Tokeniser.learn([*TEXTS, *RESERVED], kind, most=100)
    assert with_reserved.surfaces == tokeniser.surfaces


def test_rare_symbols_are_left_out() -> None:
    tokeniser = Tokeniser.learn(["aaab", "aac"], "characters", least=2)
    assert tokeniser.encode("abc")[1:] == [UNKNOWN, UNKNOWN]
    frequent = Tokeniser.learn(["the the cat cat dog"], "words", most=MADE_FROM + 2 + 2)
    assert [frequent.encode(word) == [UNKNOWN] for word in ("the", "cat", "dog")] == [
        False,
        False,
        True,
    ]
    assert frequent.symbols <= 7


def test_words_lean_on_each_other_as_people_write() -> None:
    texts = ["He said: “no” — (a-b) [c], don’t; 5% 'x'", "春 眠「不」 覺，曉。 ok", "كيف، حالك؟"]
    tokeniser = Tokeniser.learn(texts, "words")
    again = [tokeniser.decode(tokeniser.encode(text)) for text in texts]
    assert again[0].startswith("He said: “no” — (a-b) [c], don’t; 5%")
    assert again[1] == "春眠「不」覺，曉。ok"
    assert again[2] == texts[2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], [""], ["\n"], [NO_SYMBOL]])
def test_nothing_is_learnt_of_nothing(kind: Kind, texts: list[str]) -> None:
    with pytest.raises(BadData, match=r"no symbol|cannot learn"):
        Tokeniser.learn(texts, kind)


def test_a_vocabulary_without_room_is_refused() -> None:
    with pytest.raises(BadData, match="no symbol"):
        Tokeniser.learn(TEXTS, "words", most=MADE_FROM)


@pytest.mark.parametrize(
    "damaged",
    ["", "words", "words:", "words:????", "words:é", packed(b""), packed(b"abc" * 99),
     packed(bytes(LONGEST + 1))],
)  # fmt: skip
def test_damaged_ones_are_refused(damaged: str) -> None:
    with pytest.raises(BadData, match="The tokeniser is damaged"):
        Tokeniser(damaged)


def test_other_kinds_and_parts_are_refused() -> None:
    whole = Tokeniser.learn(TEXTS, "words").stored
    model = zlib.decompress(base64.b64decode(whole.removeprefix("words:")))
    assert Tokeniser(packed(model)).symbols > MADE_FROM
    for damaged in (packed(model, "letters"), packed(model[:-5]), whole[:-8]):
        with pytest.raises(BadData, match="The tokeniser is damaged"):
            Tokeniser(damaged)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(bytes(20 * LONGEST))
    assert len(bomb) < LONGEST
    with pytest.raises(BadData, match="too large"):
        Tokeniser(bomb)
