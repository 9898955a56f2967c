"""How much a floor owes to the draw: `python benchmarks/floors.py` writes it into quality.md.

The floor of the tables is the distance of one draw of training samples to the held-out ones. Here
it is taken of as many draws as the training part holds without one sample in two of them, and with
it how far one class is from its share of held-out samples, at most.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

import marked
from measured import farthest
from sparring.core.rng import Streams
from sparring.evaluation.classes import class_rows
from sparring.evaluation.reference import Reference, reference
from sparring.extractors._choosing import looks_for
from sparring.extractors._trained import Trained
from sparring.metrics import Evidence, Observed
from sparring.metrics.frechet import frechet_distance

COUNT = 10_000
DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def floors(look: Trained, real: Reference) -> Iterator[tuple[float, float]]:
    """Distance and farthest class of each disjoint draw of training samples to held-out ones.

    Classes of training samples are what the extractor sees in them, as of generated ones.
    """

    def seen(raw: Tensor, labels: Mapping[str, Tensor]) -> Observed:
        return Observed(*look.look(real.modality.to_samples(raw)), labels)

    held_out = seen(*real.real(COUNT, seed=0))
    order = Streams(0).permutation("floors", len(real.train))
    for pick in order.split(COUNT):
        if len(pick) == COUNT:
            drawn = seen(torch.from_numpy(real.train.values[pick.numpy()]), {})
            classes = class_rows(Evidence(drawn, held_out, drawn, real.spec), real.spec)
            worst = farthest([asdict(each) for each in classes])
            yield frechet_distance(drawn.features, held_out.features), worst


def main() -> None:
    """Measure and write."""
    rows = [["data", "look", "draws"]]
    for what in ("distance", "worst class"):
        rows[0] += [f"{what}, mean ± standard deviation", "least", "greatest"]
    for name, title in DATA.items():
        real = reference({"name": name})
        for look in looks_for(real.table, real.dataset, real.modality, device=torch.device("cpu")):
            found = list(floors(look, real))
            row = [title, f"`{look.card.architecture}`", str(len(found))]
            for values in zip(*found, strict=True):
                mean, spread = statistics.mean(values), statistics.stdev(values)
                row += [f"{mean:.3g} ± {spread:.2g}", f"{min(values):.3g}", f"{max(values):.3g}"]
            rows.append(row)
            print(marked.line(rows[-1]), file=sys.stderr, flush=True)
    marked.store(Path(__file__).with_name("quality.md"), "floors", marked.table(rows))


if __name__ == "__main__":
    main()
