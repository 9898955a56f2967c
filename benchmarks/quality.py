"""Scores runs on digits: `python benchmarks/quality.py RUN...` prints a row of figures for each.

The Frechet distance on the features of Sparring's digit classifier, 10,000 samples of the averaged
generator (every class in turn, seeds 0 to 9,999) against the 10,000 test digits; the share of
samples that the classifier takes for the class that was asked for; and the share of its most
common verdict, which shows collapse (0.1 where all classes are equally frequent).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

import sparring
from sparring.data.mnist import MNIST
from sparring.generation.sampler import modality_of
from sparring.metrics._extractors import digit_classifier, digit_features
from sparring.metrics.frechet import frechet_distance

COUNT = 10_000


@dataclass(frozen=True)
class Quality:
    """Scores of one run with everything they depend on."""

    run: str
    samples_shown: int
    training_seconds: float
    frechet: float
    floor: float
    label_accuracy: float | None
    most_common_class: float
    samples: int
    seed: int
    extractor: str
    device: str


def real_images(part: str, count: int) -> Tensor:
    """The first `count` digits of a part, as networks see them."""
    dataset = MNIST()
    values = torch.from_numpy(dataset.split("train" if part == "train" else "test").values[:count])
    return modality_of(dataset.spec).to_samples(values)


def score(folder: Path) -> Quality:
    """The scores of one finished or running training."""
    run = sparring.Run(folder)
    classifier, extractor = digit_classifier()
    test, _ = digit_features(classifier, real_images("test", COUNT))
    train, _ = digit_features(classifier, real_images("train", COUNT))
    made = run.sampler().generate(COUNT, seed=0)
    # As people get them: clipped and rounded to 8 bits.
    images = made.modality.to_samples(made.modality.to_raw(made.samples))
    features, logits = digit_features(classifier, images)
    verdicts = logits.argmax(1)
    asked = [names.get("digit") for names in made.labels]
    right = None
    if asked[0] is not None:
        right = sum(int(v) == int(a) for v, a in zip(verdicts, asked, strict=True) if a) / COUNT
    return Quality(
        run=str(folder),
        samples_shown=run.samples,
        training_seconds=run.metrics[-1]["seconds"],
        frechet=round(frechet_distance(test, features), 3),
        floor=round(frechet_distance(test, train), 3),
        label_accuracy=right,
        most_common_class=float(verdicts.bincount(minlength=10).max()) / COUNT,
        samples=COUNT,
        seed=run.recipe.seed,
        extractor=extractor[:12],
        device=f"{run.manifest['device']}, {run.manifest['threads']} threads",
    )


def main() -> None:
    """One JSON row a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    for folder in parser.parse_args().runs:
        print(json.dumps(asdict(score(folder))), flush=True)


if __name__ == "__main__":
    main()
