"""Quality against diversity: gains read between points, and sentences that claim no more."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
import torch

import sparring
from sparring.core import components
from sparring.data.text_file import TextFile
from sparring.evaluation.sweep import DRAWN, Curve, Point, helps, sentence, sweep
from sparring.metrics import Figure


def figure(value: float, spread: float = 0.01) -> Figure:
    return Figure(value, value - spread, value + spread)


def curve(
    points: Sequence[tuple[float, float]],
    *,
    way: str = DRAWN,
    cost: int = 1,
    sparred: bool = False,
    spread: float = 0.01,
) -> Curve:
    made = tuple(
        Point(0.7 + 0.15 * n, figure(forward), figure(reverse, spread))
        for n, (forward, reverse) in enumerate(points)
    )
    return Curve("match" if sparred else "likelihood", way, cost, made, sparred)


PLAIN = curve([(2.0, 4.0), (3.0, 3.0), (4.0, 2.5)])


def test_gains_are_read_on_straight_lines() -> None:
    other = curve([(2.5, 3.2), (3.0, 3.0), (3.5, 2.8), (1.9, 1.0), (4.1, 1.0)], sparred=True)
    found = helps(other, PLAIN)
    gains = [round(each.gain, 6) for each in found]
    assert gains == [0.3, 0.0, 0.0, -0.05], "both neighbours of a shared point; no guess beyond"
    assert [each.sure for each in found] == [True, False, False, False]
    assert [each.point.forward.value for each in found] == [2.5, 3.0, 3.0, 3.5]


def test_overlapping_intervals_are_not_sure() -> None:
    (found,) = helps(curve([(2.5, 3.2)], spread=0.3, sparred=True), PLAIN)
    assert found.gain == pytest.approx(0.3)
    assert not found.sure


def test_points_that_fall_together_divide_nothing() -> None:
    flat = curve([(2.0, 4.0), (2.0, 3.0), (2.0, 2.0)])
    assert helps(curve([(2.0, 1.0)], sparred=True), flat) == []


@pytest.mark.parametrize(
    ("judged", "told"),
    [
        (curve([(2.5, 3.2)], sparred=True),
         r"helps here surely: match, as drawn .* 0\.300 nats .* likelihood, as drawn with a "
         r"temperature at equal quality, at temperature 0\.7; at no extra cost\.$"),
        (curve([(2.5, 3.2)], sparred=True, spread=0.4), "helps here perhaps, as the intervals"),
        (curve([(2.5, 3.2), (3.5, 2.9)], sparred=True, cost=4, way="best of 4"),
         r"each text costs 4 written ones but it is worse elsewhere\.$"),
        (curve([(2.5, 3.6)], sparred=True),
         r"^Sparring does not help here: the best sparred way, match, as drawn at temperature "
         r"0\.7, teaches a language model 0\.100 nats a symbol less than likelihood, as drawn "
         r"with a temperature at equal quality; at no extra cost\.$"),
        (curve([(5.0, 1.0)], sparred=True), "so nothing compares"),
    ],
)  # fmt: skip
def test_a_sentence_for_each_outcome(judged: Curve, told: str) -> None:
    assert re.search(told, sentence([PLAIN, judged]))


def test_without_two_ways_there_is_nothing_to_tell() -> None:
    assert sentence([]) == ""
    assert sentence([PLAIN]) == ""
    assert sentence([curve([(2.0, 3.0), (3.0, 2.0)], sparred=True)]) == ""


def test_a_match_alone_is_held_against_itself_as_drawn() -> None:
    drawn = curve([(2.0, 4.0), (4.0, 2.0)], sparred=True)
    best = curve([(3.0, 2.5)], sparred=True, cost=4, way="best of 4 by the discriminator")
    told = sentence([drawn, best])
    assert told.startswith("Choosing by the discriminator helps here surely: match, best of 4 by")
    assert "no twin by likelihood alone was judged" in told
    assert "no twin" not in sentence([PLAIN, drawn, best])


def test_every_way_of_a_model_is_measured(wrote: sparring.Run) -> None:
    data = components.build(
        components.DATASET, {k: v for k, v in wrote.recipe.data.items() if k != "batch"},
        where="data",
    )  # fmt: skip
    assert isinstance(data, TextFile)
    real = torch.from_numpy(data.split("train").values).long()
    heard: list[str] = []
    curves = sweep(
        "small", wrote.sampler(), real, {}, seed=0, hear=heard.append, count=24,
        temperatures=(0.5, 2.0),
    )  # fmt: skip
    assert [each.title for each in curves] == [
        "small, as drawn", "small, best of 4 by the discriminator", "small, best of 4 by likelihood"
    ]  # fmt: skip
    assert len(heard) == 3
    assert [each.cost for each in curves] == [1, 4, 4]
    assert all(each.sparred for each in curves)
    for each in curves:
        assert [point.temperature for point in each.points] == [0.5, 2.0]
        tame, bold = (point.forward.value for point in each.points)
        assert tame < bold
        assert json.loads(json.dumps(each.to_json()))["points"]
    assert sentence(curves)
