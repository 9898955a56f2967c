"""Numbers that judge: one metric in each file, pure functions of what an extractor saw.

To add a metric write `metrics/<name>.py` with one final subclass of `Metric`. It then appears in
every report, with its floor and its interval. A metric sees features, verdicts and labels, and
nothing else of a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.rng import Streams
from sparring.core.spec import Spec

Better = Literal["lower", "higher", "real"]
"""Where a figure is better; "real": neither below nor above what real samples score."""


@dataclass(frozen=True)
class Observed:
    """Samples as one extractor saw them.

    Attributes:
        features: one row a sample.
        verdicts: log-probabilities over the classes of each label set that the extractor knows.
        labels: the class of every sample by label set: the true one of real samples, the one that
            was asked for of generated ones; empty where there are none.
        samples: the samples themselves, as networks see them.
        raw: the same as they lie in files, in whole numbers.
    """

    features: Float[Tensor, "n d"]
    verdicts: Mapping[str, Float[Tensor, "n k"]] = field(default_factory=dict)
    labels: Mapping[str, Int[Tensor, " n"]] = field(default_factory=dict)
    samples: Tensor | None = None
    raw: Tensor | None = None

    def __len__(self) -> int:
        return len(self.features)

    def take(self, pick: Int[Tensor, " m"]) -> Observed:
        """Some of the samples, in the order of `pick`; repeats are allowed."""
        return Observed(
            self.features[pick],
            {name: logs[pick] for name, logs in self.verdicts.items()},
            {name: index[pick] for name, index in self.labels.items()},
            None if self.samples is None else self.samples[pick],
            None if self.raw is None else self.raw[pick],
        )

    def labelled_by(self, sets: Container[str]) -> Observed:
        """The same with labels of these sets alone."""
        kept = {name: index for name, index in self.labels.items() if name in sets}
        return replace(self, labels=kept)


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on, all seen by the same extractor.

    Attributes:
        generated: what is judged.
        real: real samples that nothing was trained on.
        train: the training part, or a large draw of it.
        spec: of the data; None where nobody tells.
    """

    generated: Observed
    real: Observed
    train: Observed
    spec: Spec | None = None


@dataclass(frozen=True)
class Figure:
    """A number with the bounds of its 95 % confidence interval over draws of samples."""

    value: float
    low: float
    high: float


class Metric(ABC):
    """One way to compare generated with real samples."""

    title: ClassVar[str]
    """What a table calls it."""
    source: ClassVar[str]
    """Paper and equation."""
    better: ClassVar[Mapping[str, Better]]
    """The figures that it measures, by name, and where each of them is better.

    Details of a figure for parts, such as label sets, are measured as "figure of part".
    Nothing is better than the floor; where it can be passed by samples that are worse, as by too
    typical ones, "real" is the word.
    """
    fewest: ClassVar[int] = 100
    """Samples of each kind below which no number is given."""
    slow: ClassVar[bool] = False
    """Whether it takes more than a few seconds for 10,000 samples."""
    by_samples: ClassVar[bool] = False
    """Whether it looks at the samples themselves: then every extractor gives the same number."""
    by_labels: ClassVar[bool] = False
    """Whether it depends on which label sets samples were asked for."""

    def applies(self, evidence: Evidence) -> bool:
        """Whether this evidence has what the metric looks at, such as labels."""
        return True

    def searched(self, evidence: Evidence) -> int:
        """Training samples among which it looks for copies; 0 where it looks for none."""
        return 0

    @abstractmethod
    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """The figures.

        Raises:
            BadData: the evidence gives no number (too few samples, constant features, no numbers).
        """

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """The same figures where real samples stand in for the generated ones.

        As many training samples as there are generated ones, drawn without replacement and with
        labels of the same sets, against the same held-out ones: what a perfect generator would
        score.
        """
        stand_in = evidence.train.take(
            rng.permutation("floor", len(evidence.train))[: len(evidence.generated)]
        ).labelled_by(evidence.generated.labels)
        return self.measure(replace(evidence, generated=stand_in), rng)
