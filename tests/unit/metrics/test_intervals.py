"""Intervals: as wide as numbers from other samples really differ."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from sparring.core.rng import Streams
from sparring.evaluation.scores import difference
from sparring.metrics import Evidence, Figure, Metric, Observed
from sparring.metrics._intervals import bounded, resampled
from sparring.metrics.class_balance import ClassBalance
from sparring.metrics.density_coverage import DensityCoverage
from sparring.metrics.diversity import Diversity
from sparring.metrics.frechet import Frechet
from sparring.metrics.kernel import Kernel
from sparring.metrics.mode_coverage import ModeCoverage
from sparring.metrics.precision_recall import PrecisionRecall

WIDTH = 6


def drawn(count: int, seed: int, spread: float) -> Observed:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.multinomial(
        torch.tensor([0.2, 0.3, 0.5]), count, replacement=True, generator=rng
    )
    features = spread * torch.randn((count, WIDTH), generator=rng)
    features[:, 0] += 3.0 * labels
    return Observed(features, {"kind": torch.eye(3)[labels]})


def fresh(seed: int, spread: float = 1.1) -> Evidence:
    return Evidence(
        drawn(400, 3 * seed, spread),
        drawn(400, 3 * seed + 1, 1.0),
        drawn(400, 3 * seed + 2, 1.0),
    )


@pytest.mark.parametrize("spread", [1.0, 1.5])
@pytest.mark.parametrize(
    "build",
    [ClassBalance, DensityCoverage, Diversity, Frechet, Kernel, ModeCoverage, PrecisionRecall],
)
def test_intervals_are_as_wide_as_fresh_draws_scatter(
    build: Callable[[], Metric], spread: float
) -> None:
    metric = build()
    found = [metric.measure(fresh(seed, spread), Streams(seed)) for seed in range(24)]
    for name in metric.better:
        deviation = statistics.stdev(each[name].value for each in found)
        width = statistics.mean(each[name].high - each[name].low for each in found)
        if deviation > 0:
            assert 0.6 < width / (2 * 1.96 * deviation) < 2.0, name


def reached(counts: Tensor, number: int) -> Figure:
    """The modes of samples of which `counts` are of each, where the extractor knows `number`."""
    places = torch.arange(len(counts)).repeat_interleave(counts)
    verdicts = torch.full((len(places), number), -9.0)
    verdicts[torch.arange(len(places)), places] = 0.0
    seen = Observed(torch.rand(len(places), 2), {"kind": verdicts})
    return ModeCoverage().measure(Evidence(seen, seen, seen), Streams(0))["modes"]


def test_a_mode_more_or_less_is_no_real_difference() -> None:
    filled = torch.full((1_000,), 10)
    all_of_them, one_less = reached(filled, 1_000), reached(filled[1:], 1_000)
    assert (all_of_them.value, all_of_them.high) == (1_000, 1_000)
    assert one_less.value == 999
    assert difference(one_less, all_of_them).sign == 0
    assert reached(torch.tensor([200]), 1_000).low == 1


@pytest.mark.parametrize(("number", "lost"), [(10, 2), (1_000, 2), (1_000, 900)])
def test_modes_that_are_never_made_are_a_real_difference(number: int, lost: int) -> None:
    filled = torch.full((number,), 1_000 // number * 10)
    fewer, all_of_them = reached(filled[lost:], number), reached(filled, number)
    assert difference(fewer, all_of_them).sign == 1
    assert fewer.low > number - lost - 1


@pytest.mark.parametrize(("rare", "expected"), [(3, 0.5), (5, 1.0), (10, 2.0), (20, 1.0)])
def test_the_interval_of_modes_holds_what_draws_find_on_average(rare: int, expected: float) -> None:
    count = 1_000  # of which some modes get few
    shares = torch.full((100,), expected / count, dtype=torch.float64)
    shares[rare:] = (1 - rare * expected / count) / (100 - rare)
    mean = float((1 - (1 - shares) ** count).sum())
    rng = torch.Generator().manual_seed(0)
    draws = torch.multinomial(shares.expand(100, -1), count, replacement=True, generator=rng)
    found = [reached(draw.bincount(minlength=100), 100) for draw in draws]
    assert statistics.mean(each.low <= mean <= each.high for each in found) >= 0.9


def test_resampling_centres_on_the_number_itself() -> None:
    rounds = torch.linspace(5.0, 7.0, 101)  # all above, as distances of repeated samples are
    figure = resampled(4.0, rounds)
    assert figure.value == 4.0
    assert (figure.low, figure.high) == pytest.approx((3.05, 4.95))


def test_bounds_keep_the_range_and_the_number() -> None:
    figure = bounded(0.0, 0.1, 1.3, low=0.0, high=1.0)
    assert (figure.low, figure.value, figure.high) == (0.0, 0.0, 1.0)


def test_randomness_comes_from_the_streams_alone() -> None:
    evidence = fresh(0)

    def numbers(noise: int) -> Tensor:
        torch.manual_seed(noise)
        figure = Frechet().measure(evidence, Streams(3))["frechet"]
        return torch.tensor([figure.low, figure.high])

    assert torch.equal(numbers(0), numbers(1))
