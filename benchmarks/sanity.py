"""Do the metrics notice what they are for? Real digits, damaged in known ways, and judged.

    python benchmarks/sanity.py [--count 10000] [--steps 300] [--quick] [--only METRIC]
                                [--data mnist_5k] [--extractor residual] [--write]

The samples that stand for generated ones are real ones that are neither among the held-out ones nor
among the training samples of the comparison, so that undamaged they are what a perfect generator
would make. The classifier behind `cas` learns for fewer steps than in a report, as there are many
damages. Prints a Markdown table, figures down and damages across; `--write` puts it into
docs/metrics.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

import marked
from sparring.core import components
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.extractors._choosing import SHIPPED
from sparring.extractors._trained import Trained, read
from sparring.metrics import Evidence, Figure, Metric, Observed

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
SET = "digit"
SPEC = Spec("image", (1, 28, 28), labels={SET: tuple("0123456789")})
DROPPED = 7
ELSEWHERE = (  # metrics that do not look at pictures
    "aligned_copies", "bleu", "distinct", "exact_copies", "language_scores", "sound_defects",
    "two_sample", "verse",
)  # fmt: skip
FEW = 10  # different samples of a class where there are few
DIGITS = 4  # of a number in the table


@dataclass(frozen=True)
class Pictures:
    """Pictures in [-1, 1] and the digit of each."""

    images: Tensor
    digits: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def take(self, pick: Tensor) -> Pictures:
        """Some of them."""
        return Pictures(self.images[pick], self.digits[pick])


Damage = Callable[[Pictures, Pictures, Streams], Pictures]
"""From fresh pictures, the training pictures and chance, what a poor generator makes."""


def nothing(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
    """A perfect generator."""
    return fresh


def shuffled_labels(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
    """Good pictures, but not of what was asked for."""
    return Pictures(fresh.images, fresh.digits[rng.permutation("labels", len(fresh))])


def dropped_class(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
    """No sevens; nine tenths of the samples are left."""
    return fresh.take((fresh.digits != DROPPED).nonzero().flatten())


def half_twice(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
    """The first half of the samples, each twice."""
    places = torch.arange(len(fresh))
    return fresh.take(places % (len(fresh) // 2))


def few_of_each(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
    """Ten different samples of each digit, again and again."""
    pick = torch.empty(len(fresh), dtype=torch.int64)
    for digit in fresh.digits.unique():
        members = (fresh.digits == digit).nonzero().flatten()
        pick[members] = members[:FEW].repeat(len(members) // FEW + 1)[: len(members)]
    return fresh.take(pick)


def copies(share: float) -> Damage:
    """A share of the samples are training samples."""

    def damage(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
        number = int(share * len(fresh))
        stolen = train.take(rng.permutation("copies", len(train))[:number])
        kept = fresh.take(torch.arange(len(stolen), len(fresh)))
        return Pictures(
            torch.cat([stolen.images, kept.images]), torch.cat([stolen.digits, kept.digits])
        )

    return damage


def blur(deviation: float) -> Damage:
    """Each picture under a Gaussian of so many pixels."""

    def damage(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
        reach = int(3 * deviation + 1)
        weights = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
        weights /= weights.sum()
        padded = F.pad(fresh.images, [reach] * 4, value=-1.0)
        across = F.conv2d(padded, weights[None, None, None, :])
        return Pictures(F.conv2d(across, weights[None, None, :, None]), fresh.digits)

    return damage


def noise(deviation: float) -> Damage:
    """Normal noise on each pixel, whose range is 2."""

    def damage(fresh: Pictures, train: Pictures, rng: Streams) -> Pictures:
        change = deviation * rng.normal("noise", fresh.images.shape)
        return Pictures((fresh.images + change).clamp(-1, 1), fresh.digits)

    return damage


DAMAGES: Mapping[str, Damage] = {
    "none": nothing,
    "labels shuffled": shuffled_labels,
    f"no {DROPPED}s": dropped_class,
    "one half, twice": half_twice,
    f"{FEW} of each digit": few_of_each,
    "10 % copies": copies(0.1),
    "half copies": copies(0.5),
    **{f"blur {deviation}": blur(deviation) for deviation in (0.5, 1.0, 1.5)},
    **{f"noise {deviation}": noise(deviation) for deviation in (0.1, 0.2, 0.4)},
}


def look(extractor: Trained, pictures: Pictures) -> Observed:
    """The pictures as the extractor sees them."""
    features, verdicts = extractor.look(pictures.images)
    return Observed(features, verdicts, {SET: pictures.digits}, pictures.images)


def thirds(data: str, count: int, rng: Streams) -> tuple[Pictures, Pictures, Pictures]:
    """Fresh, held-out and training pictures, disjoint.

    Held-out ones are of the test part; where it is smaller than `count` all parts are mixed.
    """
    dataset = components.find(components.DATASET, data)()
    parts = []
    for name in ("test", "train"):
        split = dataset.split(name)
        images = torch.from_numpy(split.values.copy()).float() / 127.5 - 1
        part = Pictures(images, torch.from_numpy(split.labels[SET].copy()))
        parts.append(part.take(rng.permutation(name, len(part))))
    test, train = parts
    if len(test) < count:
        images, digits = (
            torch.cat([test.images, train.images]),
            torch.cat([test.digits, train.digits]),
        )
        whole = Pictures(images, digits).take(rng.permutation("whole", len(images)))
        test, train = whole.take(torch.arange(count)), whole.take(torch.arange(count, len(whole)))
    return (
        train.take(torch.arange(count)),
        test.take(torch.arange(count)),
        train.take(torch.arange(count, len(train))),
    )


def judged(
    extractor: Trained, metrics: Mapping[str, Metric], data: str, count: int
) -> Iterator[tuple[str, Mapping[str, Figure]]]:
    """The figures of the floor and under each damage, as they come."""
    fresh, real, train = thirds(data, count, Streams(0))
    seen_real, seen_train = look(extractor, real), look(extractor, train)
    for name, damage in DAMAGES.items():
        generated = look(extractor, damage(fresh, train, Streams(1)))
        evidence = Evidence(generated, seen_real, seen_train, SPEC)
        if name == "none":
            yield "floor", _all(metrics, lambda metric, e=evidence: metric.floor(e, Streams(0)))
        yield name, _all(metrics, lambda metric, e=evidence: metric.measure(e, Streams(0)))


def _all(
    metrics: Mapping[str, Metric], measure: Callable[[Metric], Mapping[str, Figure]]
) -> Mapping[str, Figure]:
    found: dict[str, Figure] = {}
    for name, metric in metrics.items():
        begun = time.monotonic()
        found |= measure(metric)
        print(f"{name}: {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
    return found


def table(found: Mapping[str, Mapping[str, Figure]], metrics: Mapping[str, Metric]) -> str:
    """Figures down, damages across; bold where the interval does not meet that of no damage."""
    lines = [["figure", "better", *found], ["---"] * (len(found) + 2)]
    for metric in metrics.values():
        for figure, better in metric.better.items():
            equal = found["none"][figure]
            cells = [_cell(figures[figure], equal) for figures in found.values()]
            lines.append([f"`{figure}`", better, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(figure: Figure, equal: Figure) -> str:
    text = f"{figure.value:.{DIGITS - 1}g}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
    apart = figure.low > equal.high or figure.high < equal.low
    return f"**{text}**" if apart else text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=10_000, help="generated and real samples")
    parser.add_argument("--data", default="mnist", help="or mnist_5k, with --count 2000 or less")
    parser.add_argument("--quick", action="store_true", help="without slow metrics")
    parser.add_argument("--only", default="", help="one metric by its name; else all")
    parser.add_argument("--steps", type=int, default=300, help="of the classifier behind cas")
    parser.add_argument("--extractor", default="plain", help="or residual")
    parser.add_argument("--write", action="store_true", help="the table into docs/metrics.md")
    given = parser.parse_args()
    if given.write and (given.count, given.data, given.steps) != (10_000, "mnist", 300):
        parser.error("--write is for the table at its usual terms")
    if given.write and (given.quick or given.only):
        parser.error("--write is for the table of all metrics")
    extractor = read(Path(SHIPPED, "mnist", f"{given.extractor}.safetensors"))
    settings = {"train_on_synthetic": {"steps": given.steps}}
    built: dict[str, Metric] = {
        name: components.find(components.METRIC, name)(**settings.get(name, {}))
        for name in components.names("metrics")
    }
    metrics = {
        name: metric
        for name, metric in built.items()
        if name not in ELSEWHERE and not (given.quick and metric.slow) and given.only in ("", name)
    }
    found: dict[str, Mapping[str, Figure]] = {}
    for name, figures in judged(extractor, metrics, given.data, given.count):
        print(f"-- {name}", file=sys.stderr, flush=True)
        found[name] = figures
    print(table(found, metrics))
    print(f"\n{given.count:,} samples each of {given.data}, by {extractor.name}.")
    if given.write:
        marked.store(PAGE, f"sanity by {given.extractor}", table(found, metrics).splitlines())


if __name__ == "__main__":
    main()
