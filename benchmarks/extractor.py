"""Trains the judge of digits anew: `python benchmarks/extractor.py WEIGHTS.safetensors`.

Five passes over the 60,000 MNIST training digits with seed 0 on two threads, about two minutes on
two cores; prints the share of test digits that the classifier gets right after each pass. The
weights in `sparring/metrics` were made in this way and stay as they are, because distances are
comparable only under one judge.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.core import weights
from sparring.data import Split
from sparring.data.mnist import MNIST
from sparring.generation.sampler import modality_of
from sparring.metrics._extractors import DigitClassifier

BATCH = 128
PEAK = 4e-3  # highest learning rate
RISE = 0.2  # share of the steps in which it rises
SHIFT = 2  # pixels that a batch moves in each direction, at most
SEED = 0


def digits(part: Split, count: int) -> tuple[Tensor, Tensor]:
    """The first `count` digits of a part in [-1, 1], and their classes."""
    dataset = MNIST()
    samples = dataset.split(part)
    images = modality_of(dataset.spec).to_samples(torch.from_numpy(samples.values[:count]))
    return images, torch.from_numpy(samples.labels["digit"][:count])


def shifted(images: Tensor) -> Tensor:
    """All images moved alike, by up to SHIFT pixels down or up and left or right."""
    top, left = torch.randint(0, 2 * SHIFT + 1, (2,)).tolist()
    height, width = images.shape[2:]
    padded = F.pad(images, (SHIFT,) * 4, value=-1.0)
    return padded[:, :, top : top + height, left : left + width]


@torch.inference_mode()
def accuracy(classifier: DigitClassifier, images: Tensor, classes: Tensor) -> float:
    """The share of images whose class is recognised."""
    classifier.eval()
    verdicts = torch.cat([classifier(block).argmax(1) for block in images.split(1000)])
    return verdicts.eq(classes).float().mean().item()


def train(*, epochs: int, limit: int) -> DigitClassifier:
    """A classifier trained on the first `limit` digits; says after each pass how good it is."""
    torch.manual_seed(SEED)
    images, classes = digits("train", limit)
    test = digits("test", limit)
    classifier = DigitClassifier()
    optimiser = torch.optim.Adam(classifier.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, PEAK, total_steps=epochs * (len(images) // BATCH), pct_start=RISE
    )
    for epoch in range(epochs):
        classifier.train()
        # The last few digits of a pass that make no whole batch wait for the next one.
        for pick in torch.randperm(len(images)).split(BATCH)[: len(images) // BATCH]:
            loss = F.cross_entropy(classifier(shifted(images[pick])), classes[pick])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f"pass {epoch + 1}: {accuracy(classifier, *test):.2%} right", flush=True)
    return classifier


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, tell, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="where the weights go")
    parser.add_argument("--epochs", type=int, default=5, help="passes over the digits")
    parser.add_argument("--limit", type=int, default=60_000, help="digits used, to try it out")
    given = parser.parse_args(arguments)
    if given.epochs < 1 or given.limit < BATCH:
        parser.error(f"at least 1 epoch and {BATCH} digits are needed")
    torch.set_num_threads(2)
    classifier = train(epochs=given.epochs, limit=given.limit)
    trained = {"data": "mnist", "epochs": given.epochs, "limit": given.limit, "seed": SEED}
    weights.write(given.path, classifier.state_dict(), trained)


if __name__ == "__main__":
    main()
