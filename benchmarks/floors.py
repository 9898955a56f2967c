"""How much a floor owes to the draw: `python benchmarks/floors.py` writes it into quality.md.

The floor of the tables is the distance of one draw of training samples to the held-out ones. Here
it is taken of as many draws as the training part holds without one sample in two of them.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

import marked
from sparring.core.rng import Streams
from sparring.evaluation.reference import Reference, reference
from sparring.extractors._choosing import looks_for
from sparring.extractors._trained import Trained
from sparring.metrics.frechet import frechet_distance

COUNT = 10_000
DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def floors(look: Trained, real: Reference) -> Iterator[float]:
    """The distance of each disjoint draw of training samples to the held-out ones."""

    def features(raw: Tensor) -> Tensor:
        return look.look(real.modality.to_samples(raw))[0]

    held_out = features(real.real(COUNT, seed=0)[0])
    order = Streams(0).permutation("floors", len(real.train))
    for pick in order.split(COUNT):
        if len(pick) == COUNT:
            raw = torch.from_numpy(real.train.values[pick.numpy()])
            yield frechet_distance(features(raw), held_out)


def main() -> None:
    """Measure and write."""
    rows = [["data", "look", "draws", "mean ± standard deviation", "from", "to"]]
    for name, title in DATA.items():
        real = reference({"name": name})
        for look in looks_for(real.table, real.dataset, real.modality, device=torch.device("cpu")):
            found = list(floors(look, real))
            mean, spread = statistics.mean(found), statistics.stdev(found)
            rows.append(
                [title, f"`{look.card.architecture}`", str(len(found)),
                 f"{mean:.3g} ± {spread:.2g}", f"{min(found):.3g}", f"{max(found):.3g}"]
            )  # fmt: skip
            print(marked.line(rows[-1]), file=sys.stderr, flush=True)
    marked.store(Path(__file__).with_name("quality.md"), "floors", marked.table(rows))


if __name__ == "__main__":
    main()
