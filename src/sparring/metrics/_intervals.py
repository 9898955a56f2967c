"""Bounds of 95 % confidence: how far a number would move had other samples been drawn."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.rng import Streams
from sparring.metrics import Figure

SURE = 0.95
DEVIATIONS = 1.959964
"""Standard deviations of a normal distribution within which 95 % of it lie."""


def resampled(
    value: float, rounds: Float[Tensor, " r"], *, low: float = -math.inf, high: float = math.inf
) -> Figure:
    """A number and the quantiles of its bootstrap, shifted so that their mean is the number.

    Most distances grow when samples repeat, so that the plain quantiles of Efron 1979, "Bootstrap
    methods: another look at the jackknife", would lie above the number that they belong to.

    Args:
        value: the number from the samples themselves.
        rounds: the same from samples drawn with replacement, one for each round.
        low: the least that the number can be.
        high: the most.
    """
    tail = (1 - SURE) / 2
    ends = torch.quantile(rounds.double(), torch.tensor([tail, 1 - tail], dtype=torch.float64))
    below, above = (value + ends - rounds.double().mean()).tolist()
    return bounded(value, below, above, low=low, high=high)


def bounded(
    value: float, below: float, above: float, *, low: float = -math.inf, high: float = math.inf
) -> Figure:
    """A number with its bounds, none of which leaves the range from `low` to `high`."""
    return Figure(value, max(min(below, value), low), min(max(above, value), high))


def normal(
    value: float, deviation: float, *, low: float = -math.inf, high: float = math.inf
) -> Figure:
    """A number whose error is about normal with a known standard deviation."""
    reach = DEVIATIONS * deviation
    return bounded(value, value - reach, value + reach, low=low, high=high)


def share(part: float, count: int, *, other: float = 0.0) -> Figure:
    """A share of `count` samples, by Wilson 1927, "Probable inference", which holds at 0 and 1 too.

    Args:
        part: the share, in [0, 1].
        count: of how many samples.
        other: variance of the share that does not come from these samples.
    """
    own = part * (1 - part) / count
    effective = count * own / (own + other) if own else count
    z = DEVIATIONS**2 / effective
    middle = (part + z / 2) / (1 + z)
    reach = math.sqrt(z * (part * (1 - part) + z / 4)) / (1 + z)
    return bounded(part, middle - reach, middle + reach, low=0.0, high=1.0)


def class_counts(
    classes: Int[Tensor, " n"], number: int, rng: Streams, name: str, rounds: int
) -> tuple[Float[Tensor, " k"], Float[Tensor, "r k"]]:
    """How many samples each of `number` classes has: as they are, and in bootstrap rounds."""
    counts = torch.bincount(classes, minlength=number).double()
    drawn = torch.multinomial(
        counts.expand(rounds, -1), len(classes), replacement=True, generator=rng.stream(name)
    )
    again = torch.zeros(rounds, number, dtype=torch.float64)
    return counts, again.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))


def left_out(rounds: Float[Tensor, " g"], *, noise: float = 0.0) -> float:
    """Variance of a number from what it is without each of `g` equal groups of samples.

    The grouped jackknife of Tukey 1958, "Bias and confidence in not-quite large samples".

    Args:
        rounds: the number without each group.
        noise: variance of each of them that comes from something else, and is counted elsewhere.
    """
    number = len(rounds)
    scatter = float((rounds - rounds.mean()).square().sum()) - (number - 1) * noise
    return max(scatter, 0.0) * (number - 1) / number


def ratio(
    parts: Float[Tensor, " n"],
    wholes: Float[Tensor, " n"],
    *,
    other: float = 0.0,
    low: float = -math.inf,
    high: float = math.inf,
) -> Figure:
    """A sum over samples divided by another, as of errors by symbols of texts.

    The interval is that of the linearised ratio (Cochran 1977, "Sampling techniques", equation
    6.9): samples are drawn, and not their parts.

    Args:
        parts: of each sample.
        wholes: of each sample; their sum is not 0.
        other: variance of the ratio that does not come from these samples.
        low: the least that the ratio can be.
        high: the most.
    """
    parts, wholes = parts.double(), wholes.double()
    value = float(parts.sum() / wholes.sum())
    errors = (parts - value * wholes) / wholes.mean()
    variance = float(errors.var()) / len(errors) + other
    return normal(value, variance**0.5, low=low, high=high)


def share_among(inside: Int[Tensor, "n g"]) -> Figure:
    """The share of points that lie within any of some balls, from counts by group of balls.

    The interval allows for other points (Wilson) and for other balls (the grouped jackknife). How
    many points a group of balls holds alone is a count, which scatters by itself as much as it is
    large; that is the points' own error, and is not counted twice.
    """
    whole = inside.sum(1, keepdim=True)
    part = float((whole > 0).double().mean())
    without = (whole > inside).double().mean(0)
    noise = (part - float(without.mean())) / len(inside)
    return share(part, len(inside), other=left_out(without, noise=noise))
