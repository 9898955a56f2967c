"""Ramps: short forms, course, and refusals."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from sparring.core.schedule import Ramp, Schedule, constant

READ: TypeAdapter[Schedule] = TypeAdapter(Ramp)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [(0.5, 0.5, 0.5), (2, 2.0, 2.0), ([1, 0.1], 1.0, 0.1), ({"start": 3, "end": 4}, 3.0, 4.0)],
)
def test_short_forms(written: object, start: float, end: float) -> None:
    ramp = READ.validate_python(written)
    assert (ramp.at(0.0), ramp.at(1.0)) == (start, end)


def test_linear_and_cosine_meet_at_the_ends_and_in_the_middle() -> None:
    for shape in ("linear", "cosine"):
        ramp = Schedule(start=2.0, end=0.0, shape=shape)
        assert [ramp.at(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([2.0, 1.0, 0.0])
    assert Schedule(start=2.0, end=0.0, shape="cosine").at(0.25) == pytest.approx(1.7071, abs=1e-4)


def test_holds_before_begin_and_after_finish() -> None:
    ramp = Schedule(start=0.0, end=10.0, begin=0.2, finish=0.4)
    assert [ramp.at(p) for p in (0.0, 0.2, 0.3, 0.4, 1.0)] == pytest.approx([0, 0, 5, 10, 10])


def test_a_step_where_begin_is_finish() -> None:
    ramp = Schedule(start=0.0, end=1.0, begin=0.5, finish=0.5)
    assert (ramp.at(0.49), ramp.at(0.5)) == (0.0, 1.0)


def test_constant_stays() -> None:
    assert {constant(3.0).at(p / 10) for p in range(11)} == {3.0}


def test_survives_json() -> None:
    ramp = READ.validate_python([1, 0.5])
    assert READ.validate_python(json.loads(json.dumps(ramp.model_dump()))) == ramp


@pytest.mark.parametrize(
    "written",
    [
        True,
        "fast",
        [1],
        [1, 2, 3],
        {"start": 1},
        {"start": 1, "end": 2, "begin": 0.8, "finish": 0.2},
        {"start": 1, "end": 2, "begin": -1},
        {"start": 1, "end": 2, "curve": "cubic"},
        float("nan"),
        float("inf"),
        None,
    ],
    ids=str,
)
def test_refusals(written: object) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(written)
