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

from between import put
from sparring.core.rng import Streams
from sparring.evaluation.reference import Reference, reference
from sparring.extractors._choosing import looks_for
from sparring.extractors._trained import Trained
from sparring.metrics.frechet import frechet_distance

COUNT = 10_000
BLOCK = 500
DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def features(look: Trained, real: Reference, raw: torch.Tensor) -> torch.Tensor:
    """Of raw samples, in blocks."""
    blocks = raw.split(BLOCK)
    return torch.cat([look.look(real.modality.to_samples(block))[0] for block in blocks])


def floors(look: Trained, real: Reference) -> Iterator[float]:
    """The distance of each disjoint draw of training samples to the held-out ones."""
    held_out = features(look, real, real.real(COUNT, seed=0)[0])
    order = Streams(0).permutation("floors", len(real.train))
    for pick in order.split(COUNT):
        if len(pick) == COUNT:
            raw = torch.from_numpy(real.train.values[pick.numpy()])
            yield frechet_distance(features(look, real, raw), held_out)


def main() -> None:
    """Measure and write."""
    heads = ("data", "look", "draws", "mean ± standard deviation", "from", "to")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for name, title in DATA.items():
        real = reference({"name": name})
        for look in looks_for(real.table, real.dataset, real.modality, device=torch.device("cpu")):
            found = list(floors(look, real))
            mean, spread = statistics.mean(found), statistics.stdev(found)
            lines.append(
                f"| {title} | `{look.name.partition('/')[0]}` | {len(found)} | {mean:.3g} ± "
                f"{spread:.2g} | {min(found):.3g} | {max(found):.3g} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    put(Path(__file__).with_name("quality.md"), {"floors": "\n".join(lines)})


if __name__ == "__main__":
    main()
