"""Whether a classifier can tell generated texts from real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._intervals import share
from sparring.metrics._require import require
from sparring.metrics._texts import are_texts, require_texts
from sparring.metrics.train_on_synthetic import BATCH, recognised_after
from sparring.modalities._tokens import UNKNOWN

ORIGIN = "origin"
SIDES = ("real", "generated")


class TwoSample(Metric):
    """Share of texts that a fresh classifier takes for what they are, real or generated.

    It learns from one half of the real and of as many generated texts and is tested on the other.
    0.5 is chance: it finds no difference. The classifier is the `pupil` of texts, which reads runs
    of up to five symbols and where they are; what it does not find, another one may. Texts with
    symbols that the vocabulary lacks would give themselves away as real, and are left out.

    Args:
        steps: in which the classifier learns, however many texts there are.
    """

    title = "Classifier two-sample test"
    source = "Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests, section 3"
    better: ClassVar[Mapping[str, Better]] = {"told_apart": "lower"}
    fewest = BATCH
    slow = True
    by_samples = True

    def __init__(
        self, *, steps: Annotated[int, Field(gt=0, description="of the classifier")] = 250
    ) -> None:
        self.steps = steps

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are texts."""
        return are_texts(evidence)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`told_apart` in [0, 1], with Wilson's interval over the texts of the test.

        Raises:
            BadData: as for every metric, and where too few texts consist of known symbols.
        """
        require(evidence, self.fewest)
        require_texts(evidence)
        sides = [_known(evidence.generated, rng), _known(evidence.real, rng)]
        count = min(map(len, sides))
        if count < self.fewest:
            raise BadData(
                f"Only {count:,} texts of one kind consist of known symbols; this number needs "
                f"{self.fewest:,}."
            )
        right = recognised_after(_mixed(evidence.spec, sides, count // 2 * 2), self.steps, rng.seed)
        return {"told_apart": share(float(right.mean()), len(right))}


def _known(observed: Observed, rng: Streams) -> Tensor:
    """The texts without unknown symbols, in random order."""
    assert observed.samples is not None, "require_texts() has looked"
    order = rng.permutation("two_sample", len(observed))
    return observed.samples[order][observed.samples[order].ne(UNKNOWN).all(1)]


def _mixed(spec: Spec | None, sides: list[Tensor], count: int) -> Evidence:
    """Halves of generated and of real texts to learn from, and others to be judged."""
    assert spec is not None, "require_texts() has looked"
    half = count // 2
    labels = torch.tensor([1, 0]).repeat_interleave(half)
    learned, judged = (
        Observed(torch.empty(2 * half, 0), labels={ORIGIN: labels}, samples=torch.cat(texts))
        for texts in zip(*(side[:count].split(half) for side in sides), strict=True)
    )
    return Evidence(learned, judged, learned, replace(spec, labels={ORIGIN: SIDES}))
