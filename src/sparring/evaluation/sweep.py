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

import torch
from torch import Tensor

from sparring.core.rng import Streams
from sparring.core.spec import Condition
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.metrics import Figure, Observed
from sparring.metrics._texts import Rows, rows_of
from sparring.metrics.language_scores import scores

TEMPERATURES = (0.7, 0.85, 1.0)
CANDIDATES = 4
COUNT = 1_000  # texts at every point
DRAWN = "as drawn"

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
    has_judge = sampler.judge is not None
    sparred = "discriminator" in sampler.recipe.networks
    ways = [(DRAWN, Wording(), sparred)]
    if has_judge:
        best = Wording(candidates=CANDIDATES)
        ways.append((f"best of {CANDIDATES} by the discriminator", best, True))
    likely = Wording(candidates=CANDIDATES, by="likelihood")
    ways.append((f"best of {CANDIDATES} by likelihood", likely, sparred))
    asked = {key: index[:count] for key, index in labels.items()}
    found = []
    for way, wording, judged in ways:
        hear(f"{name}: {way}, at temperatures {', '.join(map(str, temperatures))}")
        points = tuple(
            _point(sampler, wording, temperature, asked, _rows(real),
                   count, seed)
            for temperature in temperatures
        )  # fmt: skip
        found.append(Curve(name, way, wording.candidates, points, judged))
    return found


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
    figures = scores(_rows(made), real, symbols, Streams(seed))
    return Point(temperature, figures["forward_nats"], figures["reverse_nats"])


def _rows(texts: Tensor) -> Rows:
    """As scores take them; they look at symbols alone, so no features are needed."""
    return rows_of(Observed(torch.empty(len(texts), 0), samples=texts))


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
    """Whether sparring helps here, by how much, and at what cost; "" where nothing can be told."""
    plain = [each for each in curves if not each.sparred and each.cost == 1]
    plain = plain or [each for each in curves if each.way == DRAWN]
    judged = [each for each in curves if each.sparred and each not in plain]
    if not plain or not judged:
        return ""
    rated = [(each, helps(each, plain[0])) for each in judged]
    rated = [(each, found) for each, found in rated if found]
    against = f"{plain[0].title} with a temperature"
    if not rated:
        return f"No sparred way writes as tamely or boldly as {against}, so nothing compares."
    curve, found = max(rated, key=lambda pair: max(each.gain for each in pair[1]))
    best = max(found, key=lambda each: each.gain)
    where = f"at temperature {best.point.temperature:g}"
    cost = f"each text costs {curve.cost} written ones" if curve.cost > 1 else "at no extra cost"
    if best.gain <= 0:
        return f"Sparring does not help here: no sparred way is better than {against}."
    surely = "surely" if best.sure else "perhaps, as the intervals overlap"
    worse = [each for each in found if each.gain < 0]
    rest = " but it is worse elsewhere" if worse else ""
    return (
        f"Sparring helps here {surely}: {curve.title} teaches a language model {best.gain:.3f} "
        f"nats a symbol more than {against} at equal quality, {where}; {cost}{rest}."
    )
