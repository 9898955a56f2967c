"""The form of settings says what recipes can say, and gives back what was changed."""

from __future__ import annotations

import pytest

from sparring.core.errors import UserError
from sparring.core.recipe import Recipe, shipped
from sparring.studio.settings import CHOICE, SWITCH, WHOLE, WORDS, changed, groups


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_form_that_nobody_touched_changes_nothing(name: str) -> None:
    given = {"data.path": "somewhere"} if "path" in Recipe.read(name, _own(name)).data else {}
    recipe = Recipe.read(name, given)
    values = {field.key: field.value for fields in groups(recipe).values() for field in fields}
    assert changed(values, values) == {}
    # And where a person types everything anew, the recipe is the same.
    typed = changed({}, values)
    assert Recipe.read(name, typed).hash == recipe.hash


def _own(name: str) -> dict[str, str]:
    return {"data.path": "somewhere"} if name in ("folder", "sounds", "text") else {}


def test_kinds_bounds_and_choices_come_from_the_schema() -> None:
    found = {f.key: f for fields in groups(Recipe.read("digits_quick")).values() for f in fields}
    assert found["samples"].kind == WHOLE and found["samples"].low == 1
    assert found["data.per_digit"].high == 450
    assert found["data.shuffled"].kind == SWITCH
    assert found["training.precision"].choices == ("auto", "float32", "bfloat16")
    assert found["objective.name"].kind == CHOICE and "hinge" in found["objective.name"].choices
    assert found["objective.gamma"].kind == WORDS
    assert "name" not in found and "expected" not in found
    assert found["seed"].help == "" and found["samples"].help


def test_changes_are_what_the_command_line_takes() -> None:
    before = {"samples": 10, "objective.gamma": "0.1", "data.path": "a", "data.shuffled": False}
    after = {"samples": 20, "objective.gamma": "[1, 0.5]", "data.path": "b c", "x": None}
    told = changed(before, {**before, **after, "data.shuffled": True})
    assert told == {
        "samples": 20, "objective.gamma": [1, 0.5], "data.path": "b c", "data.shuffled": True,
    }  # fmt: skip
    assert Recipe.read("digits_quick", {"objective.gamma": told["objective.gamma"]})
    with pytest.raises(UserError):
        Recipe.read("digits_quick", {"objective.gamma": "much"})
