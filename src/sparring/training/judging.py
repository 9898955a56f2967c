"""Scores while training: the averaged generator against real samples, always on the same latents.

The distance is to samples of the training part, as choosing a checkpoint by the test part would
leak it into the model. What is drawn is drawn once, so that two scores of one run differ by what
was learned between them and not by luck (common random numbers).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Shaped
from torch import Tensor
from torch.nn import functional as F

from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Condition, in_full
from sparring.data import Dataset, Samples
from sparring.extractors._choosing import looks_for, shipped_for
from sparring.metrics import Observed
from sparring.metrics.frechet import frechet_distance
from sparring.modalities import Modality
from sparring.networks import Generator

BLOCK = 250  # samples made or looked at together
REAL = 2  # real samples for each generated one, which halves the noise that they add
HELD_OUT = 500  # samples of the test part that overfitting and copying are measured on, at most
FEWEST = 20  # of them, below which neither is measured
WORTH_LEARNING = 50_000
"""Samples below which a training is over before an extractor for its data would be learned."""
POINTS = 64  # mean values of a sample that are compared where there is no extractor


@dataclass(frozen=True)
class Eye:
    """What looks at samples.

    Attributes:
        name: of the extractor, with the first digits of its hash.
        look: features and log-probabilities of samples as networks see them, on the CPU.
        scores: whether distances between its features say how good samples are.
        foreign: whether it learned from other labels than those of this training.
    """

    name: str
    look: Callable[[Tensor], tuple[Tensor, Mapping[str, Tensor]]]
    scores: bool
    foreign: bool


class Judge:
    """Looks at what the averaged generator makes, at fixed latents and labels.

    Args:
        eye: what looks.
        recipe: how many samples, and the seed of what is drawn.
        modality: turns raw samples into what networks see.
        train: the training part.
        test: the test part, for signs that need samples nothing was trained on.
        device: where samples are made.
    """

    def __init__(
        self,
        eye: Eye,
        recipe: Recipe,
        modality: Modality,
        train: Samples,
        test: Samples,
        device: torch.device,
    ) -> None:
        self.eye = eye
        self.count = recipe.judge.count
        self.modality = modality
        self.device = device
        self._streams = Streams(recipe.seed)
        self._train, self._test = train, test
        self._latents = torch.empty(0)

    @functools.cached_property
    def real(self) -> Observed:
        """A draw of the training part."""
        return self._seen(self._train, REAL * self.count)

    @functools.cached_property
    def held_out(self) -> Observed | None:
        """A draw of the test part; None where that is too small to tell anything."""
        if len(self._test) < FEWEST:
            return None
        return self._seen(self._test, min(self.count, HELD_OUT))

    @functools.cached_property
    def spread(self) -> float:
        """The total variance of real features: what no features at all would be away by."""
        return float(self.real.features.double().var(0).sum())

    def prepare(self) -> None:
        """Look at the real samples, which is done once, and costs more than a look."""
        _ = self.real, self.held_out

    def look(self, generator: Generator) -> Observed | None:
        """What `generator` makes of the fixed latents, asked for the labels of real samples.

        None where some of it is no number, or too large for the eye.
        """
        if not len(self._latents):
            self._latents = self._streams.normal("judge", (self.count, generator.latent))
        rows = torch.arange(self.count) % len(self.real)
        asked = {name: index[rows] for name, index in self.real.labels.items()}
        made = [
            self._made(generator, self._latents[start : start + BLOCK], Condition(asked), start)
            for start in range(0, self.count, BLOCK)
        ]
        samples = torch.cat(made)
        if not bool(torch.isfinite(samples).all()):
            return None
        features, verdicts = self.eye.look(samples)
        if not bool(torch.isfinite(features).all()):
            return None
        return Observed(features, verdicts, asked, samples[:BLOCK])

    def score(self, generated: Observed) -> float:
        """The Fréchet distance of generated samples to those of the training part."""
        return frechet_distance(self.real.features, generated.features)

    @torch.inference_mode()
    def _made(self, generator: Generator, latents: Tensor, asked: Condition, start: int) -> Tensor:
        piece = asked.map(lambda index: index[start : start + len(latents)])
        return in_full(generator(latents.to(self.device), piece.to(self.device))).cpu()

    def _seen(self, samples: Samples, most: int) -> Observed:
        pick = self._streams.permutation("judge.real", len(samples))[:most].numpy()
        features: list[Tensor] = []
        verdicts: list[Mapping[str, Tensor]] = []
        for start in range(0, len(pick), BLOCK):
            seen, logs = self.eye.look(self._read(samples, pick[start : start + BLOCK]))
            features.append(seen)
            verdicts.append(logs)
        return Observed(
            torch.cat(features),
            {name: torch.cat([logs[name] for logs in verdicts]) for name in verdicts[0]},
            {name: torch.from_numpy(index[pick]) for name, index in samples.labels.items()},
            self._read(samples, pick[:BLOCK]),
        )

    def _read(self, samples: Samples, pick: npt.NDArray[np.int64]) -> Tensor:
        return self.modality.to_samples(torch.from_numpy(samples.values[pick]))


def judge_for(
    recipe: Recipe,
    dataset: Dataset,
    modality: Modality,
    train: Samples,
    device: torch.device,
    hear: Callable[[str], None],
) -> Judge | None:
    """The judge of a training; None where it is too short to be judged, or should not be.

    Where no extractor is at hand and none is worth learning, small pictures are compared: that
    shows a collapse, but gives no score.

    Args:
        recipe: its rhythm.
        dataset: names the data and holds the test part.
        modality: of the data.
        train: the training part.
        device: where samples are made.
        hear: gets a line where nothing is scored, and why.
    """
    every = recipe.judge.every
    if every and recipe.samples < every:
        hear(f"Not judged on the way: it is over before judge.every = {every:,} samples.")
    if not is_judged(recipe):
        return None
    if modality.spec.given:
        hear("Not judged on the way: samples are made from something given, and not from latents.")
        return None
    eye = _eye(recipe, dataset, modality, device, hear)
    return Judge(eye, recipe, modality, train, dataset.split("test"), device)


def is_judged(recipe: Recipe) -> bool:
    """Whether a training is long enough to be looked at, and may be."""
    return 0 < recipe.judge.every <= recipe.samples


def may_be_scored(recipe: Recipe, modality: Modality) -> bool:
    """Whether samples are made from nothing given, and an extractor is at hand or worth learning.

    Args:
        recipe: its length, its rhythm and the name of its data.
        modality: of the data.
    """
    worth = recipe.samples >= WORTH_LEARNING or _is_shipped(recipe, modality)
    return is_judged(recipe) and not modality.spec.given and worth


def _is_shipped(recipe: Recipe, modality: Modality) -> bool:
    return shipped_for(recipe.data, modality.looks[0], modality.spec) is not None


def _eye(
    recipe: Recipe,
    dataset: Dataset,
    modality: Modality,
    device: torch.device,
    hear: Callable[[str], None],
) -> Eye:
    if not may_be_scored(recipe, modality):
        hear(
            f"Not scored on the way: no extractor knows these data, and {recipe.samples:,} samples "
            "are too few to learn one for."
        )
        return Eye("small pictures", shrunk, scores=False, foreign=False)
    try:
        (first,) = looks_for(recipe.data, dataset, modality, device=device, count=1, hear=hear)
    except UserError as error:
        hear(f"Not scored on the way: {error}")
        return Eye("small pictures", shrunk, scores=False, foreign=False)
    return Eye(first.name, first.look, scores=True, foreign=_is_shipped(recipe, modality))


def shrunk(samples: Shaped[Tensor, "b ..."]) -> tuple[Tensor, Mapping[str, Tensor]]:
    """64 mean values over the last two axes, or over the only one, so that what is large counts.

    Those of pictures [b c h w] are taken for each channel. Of symbols, whose numbers mean no more
    or less, it is the shares of those with the same remainder.
    """
    if not samples.is_floating_point():
        return F.one_hot(samples % POINTS, POINTS).float().flatten(1, -2).mean(1), {}
    axes = samples.shape[1:][-2:]
    side = round(POINTS ** (1 / len(axes)))
    channels = samples.float().reshape(len(samples), -1, *axes)
    return F.interpolate(channels, size=[side] * len(axes), mode="area").flatten(1), {}
