"""Floors: where training samples stand for real ones, and where they do not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sparring.core.errors import BadData
from sparring.evaluation.floors import alike, require_floor
from sparring.metrics import Evidence, Observed


def of(counts: list[int]) -> Tensor:
    """So many samples of each class."""
    return torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))


def seen(count: int, **labels: Tensor) -> Observed:
    return Observed(torch.zeros(count, 2), labels=labels)


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        ([450] * 10, [50] * 10),
        ([30, 60, 10], [3, 6, 1]),
        ([600, 400], [55, 45]),  # a little apart, as chance may have it
        ([5_900, 4_100], [5_000, 5_000]),  # surely apart, but not by much
        ([1] * 190 + [0] * 10, [0] * 190 + [1] * 10),  # one sample of each class
        ([0, 450], [0, 50]),
        ([7], [3]),
    ],
)
def test_classes_come_in_shares_that_are_near_each_other(
    train: list[int], held_out: list[int]
) -> None:
    assert alike(of(train), of(held_out))


@pytest.mark.parametrize(
    ("train", "held_out"),
    [([450] + [0] * 9, [50] * 10), ([900, 100], [500, 500]), ([300, 100], [0, 400])],
)
def test_classes_come_in_other_shares(train: list[int], held_out: list[int]) -> None:
    assert not alike(of(train), of(held_out))


@pytest.mark.parametrize(
    ("kind", "real_kind"), [("training", "held-out"), ("held-out", "training")]
)
def test_the_label_set_that_differs_is_named(kind: str, real_kind: str) -> None:
    speaker, digit = of([50, 50]), of([100, 0])
    real = seen(100, speaker=speaker, digit=of([50, 50]))
    train = seen(100, speaker=speaker, digit=digit)
    with pytest.raises(BadData) as error:
        require_floor(Evidence(seen(100), real, train), kind, real_kind)
    assert str(error.value) == (
        f"A floor needs {kind} samples with as large a share of each 'digit' as {real_kind} ones "
        "have."
    )


def test_what_only_one_side_tells_is_not_compared() -> None:
    real, train = seen(100, digit=of([50, 50])), seen(100, speaker=of([100]))
    evidence = Evidence(seen(100), real, train)
    require_floor(evidence, "training", "held-out")
    with pytest.raises(BadData, match="99 are fewer than 100"):
        require_floor(Evidence(seen(100), real, seen(99)), "training", "held-out")
