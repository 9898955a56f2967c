"""Exact verse: even a model that has learned nothing keeps form, rhyme and tones."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from sparring.core.errors import UserError
from sparring.core.spec import Condition, Spec
from sparring.generation.verse import Verse, form_of
from sparring.modalities import _prosody
from sparring.modalities._prosody import has_form, has_rhyme, has_tones, lines_of
from sparring.modalities._tokens import END, Kind, Tokeniser
from sparring.modalities.text import Text
from sparring.networks._language import HOLE, Decoding, LanguageModel, Worded
from sparring.networks.recurrent import RecurrentGenerator
from sparring.networks.transformer import TransformerGenerator

TABLE = json.loads(_prosody.TONES.read_text(encoding="utf-8"))["tones"]
COMMON = "".join("".join(TABLE[mark])[:250] for mark in TABLE)
"""Several hundred characters of each tone, and of both."""
FORMS = ("five", "seven", "five,rhyme", "seven,tones", "five,rhyme,tones", "seven,rhyme,tones")
forms = pytest.mark.parametrize("form", FORMS)
hard = pytest.mark.parametrize("form", FORMS[-2:])


def modality(characters: str = COMMON, length: int = 36, kind: Kind = "characters") -> Text:
    tokeniser = Tokeniser.learn([characters + "，。 abc", "，。"], kind)
    spec = Spec("text", (length,), symbols=tokeniser.symbols, tokeniser=tokeniser.stored)
    return Text(spec)


@pytest.fixture(scope="module")
def text() -> Text:
    return modality()


def untrained(spec: Spec, seed: int = 0) -> LanguageModel:
    torch.manual_seed(seed)
    small: dict[str, Any] = {"width": 8, "meaning": 8}
    made: LanguageModel = (
        RecurrentGenerator(spec, **small)
        if seed % 2
        else TransformerGenerator(spec, heads=2, depth=1, **small)
    )
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return made.eval()


def written(text: Text, rule: Verse, count: int, **more: Any) -> list[str]:
    made = []
    for seed in range(2):
        model = untrained(text.spec, seed)
        draws = torch.randn((count // 2, model.latent), generator=torch.Generator().manual_seed(1))
        given = more.get("given")
        condition = Condition(given=None if given is None else given.expand(len(draws), -1))
        decoding = Decoding(rule=rule, prefix=tuple(more.get("prefix", ())))
        made += text.texts(Worded(model, decoding)(draws, condition))
    return made


def keeps(poem: str, form: str) -> bool:
    wide = 5 if form.startswith("five") else 7
    lines = lines_of(poem)
    return (
        has_form(poem)
        and len(lines[0]) == wide
        and ("rhyme" not in form or has_rhyme(lines))
        and ("tones" not in form or has_tones(lines))
    )


def broken(poems: list[str], form: str) -> list[str]:
    """Poems that do not keep to the form."""
    return [poem for poem in poems if not keeps(poem, form)]


@forms
def test_two_hundred_poems_keep_their_form(text: Text, form: str) -> None:
    poems = written(text, Verse.read(form, text), 200)
    assert len(poems) == 200
    assert broken(poems, form) == []
    assert len({*poems}) > 100, "they are different poems"


@hard
@pytest.mark.parametrize("mark", ["平", "仄", "○"])
def test_what_a_poem_begins_with_is_a_part_of_it(text: Text, form: str, mark: str) -> None:
    prefix = text.tokeniser.encode(COMMON[0] + TABLE[mark][3])
    rule = Verse.read(form, text).around(prefix, whole=False)
    poems = written(text, rule, 40, prefix=prefix)
    assert broken(poems, form) == []
    assert len({*poems}) > len(poems) // 2
    assert all(poem.startswith(text.tokeniser.decode(prefix)) for poem in poems)


@hard
@pytest.mark.parametrize("kept", ["，。", "all but a line", "ends"])
def test_a_damaged_poem_is_mended_within_its_form(text: Text, form: str, kept: str) -> None:
    rule = Verse.read(form, text)
    poem = text.tokeniser.encode(written(text, rule, 2)[0])
    ends = [rule._end(1), rule._end(3)]
    shown = {
        "，。": [n for n in range(rule.places) if (n + 1) % (rule.wide + 1) == 0],
        "all but a line": [n for n in range(rule.places) if n // (rule.wide + 1) != 1],
        "ends": ends,
    }[kept]
    lost = [symbol if n in shown else HOLE for n, symbol in enumerate(poem)]
    given = torch.full((36,), END)
    given[: len(lost)] = torch.tensor(lost)
    around = rule.around(lost, whole=True)
    poems = written(text, around, 40, given=given)
    for mended in poems:
        symbols = text.tokeniser.encode(mended)
        assert [symbols[n] for n in shown] == [poem[n] for n in shown]
    assert broken(poems, form) == []
    assert len({*poems}) > len(poems) // 2


def test_no_more_is_ruled_out_than_must_be(text: Text) -> None:
    rule = Verse.read("five,rhyme,tones", text)
    nothing = torch.empty((1, 0), dtype=torch.long)
    known = torch.tensor([_prosody.IS_CHARACTER.fullmatch(s) is not None
                          for s in text.tokeniser.surfaces])  # fmt: skip
    known[1] = False  # the unknown
    assert torch.equal(rule.allowed(nothing)[0], known)
    second = rule.allowed(torch.tensor([text.tokeniser.encode(COMMON[0])]))[0]
    assert torch.equal(second, known), "either pattern may begin"
    fourth = [rule.allowed(torch.tensor([text.tokeniser.encode(COMMON[0] + TABLE[mark][5]
                                                               + COMMON[0])]))[0]
              for mark in "平仄○"]  # fmt: skip
    tones = [_prosody.tone(s) for s in text.tokeniser.surfaces]
    for mark, allowed in zip("仄平", fourth, strict=False):
        assert {tones[n] for n in allowed.nonzero().flatten().tolist()} == {mark, "○"}
    assert torch.equal(fourth[2], known)


@pytest.mark.parametrize("form", ["", "six", "five,rime", "five,", "rhyme", "Five", "5", "five;"])
def test_unknown_forms(text: Text, form: str) -> None:
    with pytest.raises(UserError, match="five or seven is needed"):
        Verse.read(form, text)


@pytest.mark.parametrize(
    ("characters", "length", "kind", "form", "told"),
    [
        (COMMON, 23, "characters", "five", "takes 24 symbols; this model writes at most 23"),
        (COMMON, 31, "characters", "seven", "takes 32 symbols"),
        (COMMON, 36, "words", "five", "does not write Chinese verse character by character"),
        ("".join(TABLE["平"][:50]), 36, "characters", "five,tones", "cannot keep to that"),
        ("".join(TABLE["仄"][:50]), 36, "characters", "five,tones", "cannot keep to that"),
        ("春天", 36, "characters", "five,rhyme", "cannot keep to that"),
        ("春春春", 36, "characters", "seven,rhyme", "cannot keep to that"),
        ("xyz", 36, "characters", "five", "cannot keep to that"),
    ],
)
def test_forms_that_a_model_cannot_write(
    characters: str, length: int, kind: Kind, form: str, told: str
) -> None:
    with pytest.raises(UserError, match=told) as caught:
        Verse.read(form, modality(characters, length, kind))
    assert "\n" not in str(caught.value)


def test_a_vocabulary_without_the_marks() -> None:
    tokeniser = Tokeniser.learn([COMMON], "characters")
    spec = Spec("text", (36,), symbols=tokeniser.symbols, tokeniser=tokeniser.stored)
    with pytest.raises(UserError, match="does not write Chinese verse"):
        Verse.read("five", Text(spec))


LEVEL, OBLIQUE = "".join(TABLE["平"][:250]), "".join(TABLE["仄"][:250])


@pytest.mark.parametrize(
    ("form", "given", "whole", "place"),
    [
        ("five", "春天春，", False, 4),
        ("five", "春天春天春春", False, 6),
        ("five", "a", False, 1),
        ("five", "春天春天春，" + "春天春天春。" + "春天春天春，" + "春天春天春。春", False, 25),
        ("five,tones", LEVEL[:4], False, 4),
        ("five,tones", "□" + LEVEL[0] + "□" + LEVEL[1] + "□，" + "□□□□□。□□□□□，□□□□□。", True, 4),
        ("five,tones", "□□□□□，□□□□" + OBLIQUE[0] + "。□□□□□，□□□□□。", True, 11),
        ("five,rhyme", "□□□□□，□□□□天。□□□□□，□□□□天。", True, 23),
        ("five,rhyme", "□□□□□，□□□□天。□□□□□，□□□□春。", True, 23),
    ],
)
def test_what_is_given_must_keep_the_form_itself(
    form: str, given: str, whole: bool, place: int
) -> None:
    text = modality(COMMON + "春天")
    known = [HOLE if c == "□" else text.tokeniser.encode(c)[0] for c in given]
    with pytest.raises(UserError, match=f"Symbol {place} of what is given does not fit the form"):
        Verse.read(form, text).around(known, whole=whole)


def test_a_damaged_poem_must_be_a_whole_one(text: Text) -> None:
    with pytest.raises(UserError, match="has 24 symbols with its marks; what is given has 3"):
        Verse.read("five", text).around([HOLE] * 3, whole=True)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("白日依山□，黄河入海□", "five"),
        ("白日依山□，黄河入海□。欲穷千里目，更上一层□。", "five"),
        ("朝辞白帝□云间，千里江陵一日□。", "seven"),
        ("□" * 5, "five"),
        ("白日依山□，黄河入□", ""),
        ("白日□山，黄□入海", ""),
        ("we □e，th□re", ""),
        ("", ""),
    ],
)
def test_lines_tell_their_form(given: str, form: str) -> None:
    assert form_of(given) == form
