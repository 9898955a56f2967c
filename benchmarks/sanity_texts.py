"""Do the metrics of texts notice what they are for? Real poems, damaged in known ways, and judged.

    python benchmarks/sanity_texts.py [--count 2700] [--data quatrains]

The poems that stand for generated ones are training poems that the comparison does not know, so
that undamaged they are what a perfect generator would make. Only metrics that look at the texts
themselves are asked; those of features are the same for all samples (sanity.py). Prints a Markdown
table, figures down and damages across; docs/metrics.md holds it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from sanity import table
from sparring.core import components
from sparring.core.rng import Streams
from sparring.metrics import Evidence, Figure, Metric, Observed
from sparring.modalities._tokens import MADE_FROM, UNKNOWN

FEW = 100  # different texts where there are few

Damage = Callable[[Tensor, Tensor, Streams], Tensor]
"""From fresh texts, the training texts and chance, what a poor generator makes."""


def nothing(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
    """A perfect generator."""
    return fresh


def replaced(share: float) -> Damage:
    """Some symbols are others of those that the texts have, as frequent as they are."""

    def damage(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
        symbols = fresh[fresh >= MADE_FROM]
        drawn = symbols[(rng.uniform("symbols", fresh.shape) * len(symbols)).long()]
        chosen = (rng.uniform("chosen", fresh.shape) < share) & (fresh >= MADE_FROM)
        return torch.where(chosen, drawn, fresh)

    return damage


def shuffled(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
    """The symbols of each text in another order."""
    order = rng.uniform("order", fresh.shape).masked_fill(fresh < MADE_FROM, 2.0).argsort(1)
    return fresh.gather(1, order)


def mixed_halves(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
    """The first half of one text and the second of another."""
    half = fresh.shape[1] // 2
    return torch.cat([fresh[:, :half], fresh.roll(1, 0)[:, half:]], 1)


def few(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
    """A hundred different texts, again and again."""
    return fresh[torch.arange(len(fresh)) % FEW]


def copies(share: float) -> Damage:
    """Some of the texts are training texts."""

    def damage(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
        number = int(share * len(fresh))
        return torch.cat([train[:number], fresh[number:]])

    return damage


def short_only(fresh: Tensor, train: Tensor, rng: Streams) -> Tensor:
    """One kind of texts is missing: those that fill their place."""
    return fresh[fresh[:, -1] < MADE_FROM]


DAMAGES: Mapping[str, Damage] = {
    "none": nothing,
    "5 % of symbols replaced": replaced(0.05),
    "20 % replaced": replaced(0.2),
    "shuffled": shuffled,
    "halves mixed": mixed_halves,
    f"{FEW} texts": few,
    "10 % copies": copies(0.1),
    "no long ones": short_only,
}


def seen(samples: Tensor) -> Observed:
    """Texts with features that no metric looks at, but that must be there."""
    return Observed(torch.rand(len(samples), 2), samples=samples)


def thirds(name: str, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Fresh, held-out and training texts; the first are of the training part, and in no other."""
    dataset, rng = components.find(components.DATASET, name)(), Streams(0)
    parts = [torch.from_numpy(dataset.split(part).values).long() for part in ("test", "train")]
    test, train = (part[rng.permutation("parts", len(part))] for part in parts)
    known = train[train.ne(UNKNOWN).all(1)]
    return known[:count], test[:count], known[count:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=2_700, help="generated and real texts")
    parser.add_argument("--data", default="quatrains", help="or captions")
    given = parser.parse_args()
    fresh, real, train = thirds(given.data, given.count)
    spec = components.find(components.DATASET, given.data)().spec
    evidence = Evidence(seen(fresh), seen(real), seen(train), spec)
    metrics: dict[str, Metric] = {
        name: components.find(components.METRIC, name)() for name in components.names("metrics")
    }
    metrics = {
        name: metric
        for name, metric in metrics.items()
        if metric.by_samples and metric.applies(evidence)
    }
    found: dict[str, dict[str, Figure]] = {"floor": {}}
    for metric in metrics.values():
        found["floor"] |= metric.floor(evidence, Streams(0))
    for name, damage in DAMAGES.items():
        begun = time.monotonic()
        worse = Evidence(
            seen(damage(fresh, train, Streams(1))), evidence.real, evidence.train, spec
        )
        found[name] = {}
        for metric in metrics.values():
            found[name] |= metric.measure(worse, Streams(0))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(table(found, metrics))
    print(f"\n{given.count:,} samples each of {given.data}.")


if __name__ == "__main__":
    main()
