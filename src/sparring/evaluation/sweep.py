"""Quality against diversity of what writes texts: tamer and bolder, and chosen among several.

One temperature proves nothing: a tamer generator always looks better and is less varied. So every
way of writing is measured over a range, beside likelihood with a temperature on the same network
(Caccia et al. 2020, "Language GANs falling short").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor

from sparring.core.rng import Streams
from sparring.core.spec import Condition
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.metrics import Figure
from sparring.metrics._texts import Rows, rows_in
from sparring.metrics.language_scores import scores

TEMPERATURES = (0.7, 0.85, 1.0)
CANDIDATES = 4
COUNT = 1_000  # texts at every point
DRAWN = "as drawn"
LIKELIEST = f"best of {CANDIDATES} by likelihood"

Heard = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """Texts written at one temperature, in one way.

    Attributes:
        temperature: of the drawing.
        forward: nats a symbol of these texts, by a model of held-out real ones; less is better.
        reverse: nats a symbol of held-out real texts, by a model of these; less is better, and
            needs both quality and diversity.
    """

    temperature: float
    forward: Figure
    reverse: Figure


@dataclass(frozen=True)
class Floor:
    """Real training texts in the place of generated ones: what a perfect generator would score.

    Attributes:
        count: texts, as many as at every point of the curves.
        forward: as of a `Point`.
        reverse: the same.
    """

    count: int
    forward: Figure
    reverse: Figure

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "count": self.count,
            "forward_nats": vars(self.forward),
            "reverse_nats": vars(self.reverse),
        }


@dataclass(frozen=True)
class Curve:
    """One way of writing over a range of temperatures.

    Attributes:
        model: its name.
        way: "as drawn", or who chose among how many.
        cost: texts written for each one kept.
        points: by temperature.
        sparred: whether a discriminator had a part in it.
    """

    model: str
    way: str
    cost: int
    points: tuple[Point, ...]
    sparred: bool

    @property
    def title(self) -> str:
        """Model and way."""
        return f"{self.model}, {self.way}"

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "model": self.model,
            "way": self.way,
            "cost": self.cost,
            "sparred": self.sparred,
            "points": [
                {
                    "temperature": point.temperature,
                    "forward_nats": vars(point.forward),
                    "reverse_nats": vars(point.reverse),
                }
                for point in self.points
            ],
        }


def sweep(
    name: str,
    sampler: Sampler,
    real: Tensor,
    labels: Mapping[str, Tensor],
    *,
    seed: int,
    hear: Heard,
    count: int = COUNT,
    temperatures: Sequence[float] = TEMPERATURES,
) -> list[Curve]:
    """The curves of one model of texts: as drawn, and chosen by the discriminator and likelihood.

    Args:
        name: of the model.
        sampler: it.
        real: held-out texts [n t], symbols.
        labels: what is asked of each generated text, at least `count` of them.
        seed: of the first text and all draws.
        hear: gets a line for every curve.
        count: texts at every point.
        temperatures: the range.
    """
    sparred = sampler.judge is not None  # one that had no turn is not kept
    ways = [(DRAWN, Wording(), sparred)]
    if sparred:
        best = Wording(candidates=CANDIDATES)
        ways.append((f"best of {CANDIDATES} by the discriminator", best, True))
    likely = Wording(candidates=CANDIDATES, by="likelihood")
    ways.append((LIKELIEST, likely, sparred))
    asked = {key: index[:count] for key, index in labels.items()}
    held_out = rows_in(real)
    found = []
    for way, wording, judged in ways:
        hear(f"{name}: {way}, at temperatures {', '.join(map(str, temperatures))}")
        points = tuple(
            _point(sampler, wording, temperature, asked, held_out, count, seed)
            for temperature in temperatures
        )
        found.append(Curve(name, way, wording.candidates, points, judged))
    return found


def floor(train: Tensor, real: Tensor, symbols: int, *, count: int, seed: int) -> Floor:
    """Where as many training texts lie as there are texts at every point.

    Args:
        train: training texts [m t], at least `count` of them.
        real: held-out texts [n t].
        symbols: size of the vocabulary.
        count: texts.
        seed: of the choice among training texts.
    """
    rng = Streams(seed)
    some = train[rng.permutation("floor", len(train))[:count]]
    ours, held_out = (rows_in(each) for each in (some, real))
    figures = scores(ours, held_out, symbols, rng)
    return Floor(len(some), figures["forward_nats"], figures["reverse_nats"])


def _point(
    sampler: Sampler,
    wording: Wording,
    temperature: float,
    labels: Mapping[str, Tensor],
    real: Rows,
    count: int,
    seed: int,
) -> Point:
    symbols = sampler.spec.symbols
    assert symbols is not None, "texts have a vocabulary"
    way = Wording(temperature, candidates=wording.candidates, by=wording.by)
    writer, _ = worded(sampler, way)
    made = writer(writer.latents(range(seed, seed + count)), Condition(labels))
    figures = scores(rows_in(made), real, symbols, Streams(seed))
    return Point(temperature, figures["forward_nats"], figures["reverse_nats"])


@dataclass(frozen=True)
class Help:
    """How much lower the reverse score of a curve lies at the forward score of another's point.

    Attributes:
        gain: nats a symbol; above 0 the first curve is better.
        sure: whether the 95 % intervals do not overlap.
        point: of the first curve.
    """

    gain: float
    sure: bool
    point: Point


def helps(curve: Curve, plain: Curve) -> list[Help]:
    """For each point of a curve, what it gains on another one with straight lines between points.

    A point that is tamer or bolder than all of those is held against nothing.
    """
    ordered = sorted(plain.points, key=lambda point: point.forward.value)
    found = []
    for point in curve.points:
        for left, right in pairwise(ordered):
            low, high = left.forward.value, right.forward.value
            if low <= point.forward.value <= high and high > low:
                share = (point.forward.value - low) / (high - low)
                value, least = (
                    getattr(left.reverse, of) * (1 - share) + getattr(right.reverse, of) * share
                    for of in ("value", "low")
                )
                gain = value - point.reverse.value
                found.append(Help(gain, gain > 0 and point.reverse.high < least, point))
    return found


def sentence(curves: Sequence[Curve]) -> str:
    """Whether sparring helps here, by how much, and at what cost; "" where nothing can be told.

    What had a discriminator is held against a model that never had one, and where there is none,
    against itself as drawn, which tells of choosing alone. Choosing by likelihood is no sparring:
    it is what choosing by the discriminator has to beat at equal cost.
    """
    judged = [
        (each, plain)
        for each in curves
        if each.sparred and each.way != LIKELIEST
        for plain in _plain(each, curves)
    ]
    if not judged:
        return ""
    rated = [
        (each, plain, best)
        for each, plain in judged
        for best in sorted(helps(each, plain), key=lambda found: -found.gain)[:1]
    ]
    if not rated:
        against = f"{judged[0][1].title} with a temperature"
        return f"No sparred way writes as tamely or boldly as {against}, so nothing compares."
    return _told(*max(rated, key=lambda found: found[2].gain), curves)


def _told(curve: Curve, plain: Curve, best: Help, curves: Sequence[Curve]) -> str:
    """What the best point of all is worth beside the curve that it is held against."""
    what, alone = "Sparring", ""
    if plain.sparred:  # no twin that never sparred was given
        what = "Choosing by the discriminator"
        alone = (
            " What the match itself does is not told: no twin by likelihood alone was judged "
            "beside it."
        )
    against = f"{plain.title} with a temperature"
    cost = f"each text costs {curve.cost} written ones" if curve.cost > 1 else "at no extra cost"
    gain, degree = f"{abs(best.gain):.3f}", f"{best.point.temperature:g}"
    if best.gain <= 0:
        return (
            f"{what} does not help here: the best sparred way, {curve.title} at temperature "
            f"{degree}, teaches a language model {gain} nats a symbol less than {against} at equal "
            f"quality; {cost}.{alone}"
        )
    surely = "surely" if best.sure else "perhaps, as the intervals overlap"
    rest = " but it is worse elsewhere" if any(f.gain < 0 for f in helps(curve, plain)) else ""
    return (
        f"{what} helps here {surely}: {curve.title} teaches a language model {gain} nats a symbol "
        f"more than {against} at equal quality, at temperature {degree}; {cost}{rest}."
        f"{_at_equal_cost(curve, plain, best, curves)}{alone}"
    )


def _plain(curve: Curve, curves: Sequence[Curve]) -> list[Curve]:
    """What a sparred curve is held against: one at most."""
    twins = [each for each in curves if not each.sparred and each.cost == 1]
    own = [each for each in curves if each.model == curve.model and each.way == DRAWN]
    return [each for each in twins or own if each is not curve][:1]


def _at_equal_cost(curve: Curve, plain: Curve, best: Help, curves: Sequence[Curve]) -> str:
    """What choosing by likelihood, which needs no discriminator, does for as many written texts."""
    for rival in curves:
        if (rival.model, rival.way, rival.cost) == (plain.model, LIKELIEST, curve.cost):
            alone = Curve(curve.model, curve.way, curve.cost, (best.point,), curve.sparred)
            if any(found.gain <= 0 for found in helps(alone, rival)):
                return f" Choosing by likelihood does as well at that cost: {rival.title}."
    return ""
