"""A file is a registration; a signature is a schema; a mistake gets one sentence."""

from __future__ import annotations

import math
from importlib.metadata import EntryPoint
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from sparring.core import components
from sparring.core.components import DISCRIMINATOR, GENERATOR, OBJECTIVE
from sparring.core.errors import UserError, WrongSetting
from sparring.core.schedule import Ramp, constant
from sparring.core.spec import Spec
from sparring.objectives.hinge import Hinge
from sparring.objectives.minimax import Minimax

SPEC = Spec("image", (1, 28, 28))


def complaint(given: dict[str, Any], cls: str = "mlp") -> str:
    with pytest.raises(UserError) as caught:
        components.arguments(components.find(GENERATOR, cls), given, "networks.generator")
    return str(caught.value)


def test_names_are_files_without_underscore() -> None:
    names = components.names("objectives")
    assert {"hinge", "minimax", "non_saturating"} <= set(names)
    assert names == sorted(names)
    assert not [name for name in names if name.startswith("_")]


def test_finds_the_class_of_a_file() -> None:
    assert components.find(OBJECTIVE, "hinge") is Hinge
    assert components.find(GENERATOR, "mlp") is not components.find(DISCRIMINATOR, "mlp")


def test_unknown_name_hints_at_the_nearest() -> None:
    with pytest.raises(UserError, match=r"There is no 'hing' in objectives\. Did you mean 'hinge'"):
        components.find(OBJECTIVE, "hing")


def test_unknown_name_without_a_near_one_lists_all() -> None:
    with pytest.raises(UserError, match=r"There are: .*hinge, .*minimax"):
        components.find(OBJECTIVE, "zzz")


def test_module_and_class_serve_local_recipes_only() -> None:
    name = "sparring.objectives.hinge:Hinge"
    assert components.find(OBJECTIVE, name) is Hinge
    with pytest.raises(UserError, match="--trusted"):
        components.find(OBJECTIVE, name, built_in_only=True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no.such.module:Thing", "cannot be imported"),
        ("sparring.objectives.hinge:Thing", "cannot be imported"),
        ("json:JSONDecoder", "not a subclass of Objective"),
        ("json:dumps", "not a subclass of Objective"),
    ],
)
def test_foreign_classes_that_do_not_fit(name: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        components.find(OBJECTIVE, name)


def test_no_other_package_takes_a_built_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    impostor, other = (
        EntryPoint(name, "sparring.objectives.minimax:Minimax", "sparring.objectives")
        for name in ("hinge", "other")
    )

    def entry_points(group: str, name: str = "") -> list[EntryPoint]:
        return [e for e in (impostor, other) if e.group == group and name in ("", e.name)]

    monkeypatch.setattr(components, "entry_points", entry_points)
    assert components.find(OBJECTIVE, "hinge") is Hinge
    assert components.find(OBJECTIVE, "hinge", built_in_only=True) is Hinge
    assert components.find(OBJECTIVE, "other") is Minimax
    assert components.names("objectives").count("hinge") == 1
    with pytest.raises(UserError, match="--trusted"):
        components.find(OBJECTIVE, "other", built_in_only=True)


def test_private_files_are_no_components() -> None:
    with pytest.raises(UserError, match="There is no"):
        components.find(OBJECTIVE, "_penalties")


def test_schema_holds_keyword_only_arguments_with_defaults() -> None:
    fields = components.schema(components.find(GENERATOR, "mlp")).model_fields
    assert set(fields) == {"latent", "widths", "conditional"}
    assert fields["latent"].default == 100
    assert fields["latent"].description


def test_defaults_are_filled_in() -> None:
    checked = components.arguments(components.find(GENERATOR, "mlp"), {"latent": 7}, "x")
    assert checked.model_dump(mode="json") == {
        "latent": 7,
        "widths": [128, 256, 512, 1024],
        "conditional": True,
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"latnt": 3},
            "There is no setting 'networks.generator.latnt'. Did you mean 'latent'?",
        ),
        (
            {"latent": -3},
            "networks.generator.latent = -3: it must be above 0.",
        ),
    ],
)
def test_complaints_word_for_word(given: dict[str, Any], sentence: str) -> None:
    assert complaint(given) == sentence


@pytest.mark.parametrize(
    "given", [{"latent": "many"}, {"latent": 1.5}, {"widths": []}, {"widths": [8, 0]}], ids=str
)
def test_wrong_types_and_sizes_name_the_setting(given: dict[str, Any]) -> None:
    text = complaint(given)
    assert text.startswith(f"networks.generator.{next(iter(given))}")
    assert "\n" not in text


def test_ramps_are_read_from_short_forms_and_bounded() -> None:
    objective = components.build(
        OBJECTIVE, {"name": "relativistic", "gamma": [1, 0.1]}, where="objective"
    )
    assert len(objective.phases()) == 2
    with pytest.raises(UserError, match=r"objective\.gamma = -1.*negative"):
        components.build(OBJECTIVE, {"name": "relativistic", "gamma": -1}, where="objective")


def test_facts_that_do_not_fit_are_a_persons_mistake() -> None:
    with pytest.raises(UserError, match=r"^networks\.generator: dcgan needs .* 30 x 28; resize"):
        components.build(
            GENERATOR, {"name": "dcgan"}, Spec("image", (1, 30, 28)), where="networks.generator"
        )


def test_build_ignores_name_and_batch() -> None:
    given = {"name": "mlp", "batch": 3, "latent": 5}
    assert components.build(GENERATOR, given, SPEC, where="x").latent == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ratio": 1.5}, "net.ratio = 1.5: it must be below 1.0."),
        ({"ratio": "x"}, "net.ratio = 'x': it must be a number."),
        ({"ratio": math.inf}, "net.ratio = inf: it must be a finite number."),
        ({"count": 1.5}, "net.count = 1.5: it must be a whole number."),
        ({"count": 3}, "net.count = 3: it must be a multiple of 2."),
        ({"mode": "c"}, "net.mode = 'c': it must be 'a' or 'b'."),
        ({"widths": []}, "net.widths = []: it must have at least 1 value, not 0."),
        ({"widths": 7}, "net.widths = 7: it must be a list."),
        ({"word": "abc"}, "net.word = 'abc': it must have at most 2 characters, not 3."),
        ({"ramp": "x"}, "net.ramp = 'x': a number, [start, end] or a table is needed."),
        ({"is_on": 7}, "net.is_on = 7: it must be true or false."),
    ],
)
def test_what_is_wrong_is_said_in_our_own_words(given: dict[str, Any], said: str) -> None:
    class Net:
        def __init__(
            self,
            *,
            ratio: Annotated[float, Field(ge=0, lt=1)] = 0.5,
            count: Annotated[int, Field(multiple_of=2)] = 2,
            mode: Literal["a", "b"] = "a",
            widths: Annotated[list[int], Field(min_length=1)] = [1],  # noqa: B006
            word: Annotated[str, Field(max_length=2)] = "",
            ramp: Ramp = constant(1.0),  # noqa: B008
            is_on: bool = True,
        ) -> None: ...

    with pytest.raises(WrongSetting) as told:
        components.arguments(Net, given, "net")
    assert str(told.value) == said
