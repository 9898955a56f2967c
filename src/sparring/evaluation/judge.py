"""The judge: the same real samples, extractors, counts and seeds for everything it examines."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.evaluation.classes import ClassRow, class_rows
from sparring.evaluation.floors import require_floor
from sparring.evaluation.reference import Reference
from sparring.evaluation.scores import LEADING, PART, Omitted, Reading, Score, label
from sparring.evaluation.subjects import Drawn, Heard, Subject, Wanted
from sparring.evaluation.sweep import COUNT, Curve, Floor, floor
from sparring.extractors._trained import Trained
from sparring.metrics import Evidence, Figure, Metric, Observed
from sparring.metrics.memorisation import closest_pairs

LEAST = 10_000  # samples by default
QUICK = 5_000  # samples by default where time is short
PAIRS = 10  # generated samples shown beside the training samples that they are nearest to
SPARE = 1.3  # times the samples that are needed, as chance decides which are held out
A_CLASS = 26  # samples for every class of the verdicts, as for the 1,000 modes of stacked digits


@dataclass(frozen=True)
class Verdict:
    """What the judge found out about one subject.

    Attributes:
        subject: its facts.
        run: the folder of its run; empty where it has none.
        drawn: the samples that were looked at.
        evidence: as the first extractor saw it.
        scores: the figures, in order of metric.
        omitted: metrics that gave no number, and why.
        floorless: those that gave one, but none for its floor.
        classes: what became of every class, by the first extractor.
        pairs: the generated samples nearest to training samples, and then those; None where that
            was not looked for.
        curves: its quality against its diversity, where it writes tamely or boldly as one likes.
        floor: where real samples lie among the curves; None where there are none.
        seconds: that it took.
    """

    subject: Mapping[str, Any]
    run: str
    drawn: Drawn
    evidence: Evidence
    scores: tuple[Score, ...]
    omitted: tuple[Omitted, ...] = ()
    floorless: tuple[Omitted, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    pairs: Tensor | None = None
    curves: tuple[Curve, ...] = ()
    floor: Floor | None = None
    seconds: float = 0.0


@dataclass
class _Found:
    """Readings by metric and figure, as they come in; those of the measuring extractor first."""

    readings: dict[tuple[str, str], list[Reading]] = field(default_factory=dict)
    omitted: list[Omitted] = field(default_factory=list)
    floorless: list[Omitted] = field(default_factory=list)

    @property
    def measured(self) -> set[str]:
        """The metrics that gave a number; what did not measure cannot be confirmed."""
        return {metric for metric, _ in self.readings}


class Judge:
    """Examines one subject after the other under equal conditions.

    Args:
        reference: the real data.
        looks: the extractors; the first measures, the others confirm.
        count: samples of each subject; 0 = 10,000, or 26 for every class of the verdicts. Never
            more than there are training samples, so that floors rest on as many.
        seed: of all draws.
        published: whether to judge as published tables do: against the training part, without slow
            metrics. Held-out samples then give the floor, where there are enough of them.
        quick: 5,000 samples where no count is given, compared with as many of the training part
            and not with all, and neither slow metrics nor the pairs closest to training samples.
        hear: gets lines of progress.
    """

    def __init__(
        self,
        reference: Reference,
        looks: Sequence[Trained],
        *,
        count: int,
        seed: int,
        quick: bool,
        hear: Heard,
        published: bool = False,
    ) -> None:
        self.reference = reference
        self.looks = list(looks)
        self.seed = seed
        self.quick = quick
        self.hear = hear
        self.published = published
        self.metrics = _metrics(quick or published)
        self.count = min(count or self._enough(), reference.most)
        if self.count < count:
            hear(f"{self.count:,} samples are drawn, as there are no more to measure a floor with.")
        some = quick and not published
        self._learned = reference.learned_from(self.count if some else reference.most, seed)
        held_out = reference.real(self.count, seed)
        pair = (held_out, self._learned)
        self._real, self._train = reversed(pair) if published else pair
        self._floors: dict[tuple[int, str, int, tuple[str, ...]], Mapping[str, Figure] | str] = {}

    @functools.cached_property
    def train(self) -> list[Observed]:
        """The training part, or what stands in for it, by every extractor."""
        return self._seen(*self._train, f"{len(self._train[0]):,} {self._learned_kind} samples")

    @property
    def real_kind(self) -> str:
        """What the samples are that are compared with."""
        return "training" if self.published else "held-out"

    @property
    def _learned_kind(self) -> str:
        return "held-out" if self.published else "training"

    @functools.cached_property
    def real(self) -> list[Observed]:
        """The real samples that are compared with, by every extractor."""
        return self._seen(*self._real, f"{len(self._real[0]):,} {self.real_kind} samples")

    def examine(self, subject: Subject, count: int = 0) -> Verdict:
        """Draw samples and measure everything that can be measured.

        Args:
            subject: what is judged.
            count: samples of it, at most as many as the judge's; 0 = as many as those.

        Raises:
            BadData: the samples cannot be compared with the data, or no metric gives a number.
        """
        begun = time.monotonic()
        wanted = self._wanted(count or self.count)
        drawn = subject.draw(
            self.seed, wanted, self.reference.spec, self.reference.modality, self.hear
        )
        require_enough(len(drawn.raw), f"samples of {subject.name}", self.quick)
        if bool(drawn.raw.eq(drawn.raw[:1]).all()):
            raise BadData(f"All {len(drawn.raw):,} samples of {subject.name} are the same one.")
        seen = self._seen(drawn.raw, drawn.labels, f"{subject.name}: {len(drawn.raw):,} samples")
        evidences = [
            Evidence(*three, self.reference.spec)
            for three in zip(seen, self.real, self.train, strict=True)
        ]
        found = _Found()
        for place, evidence in enumerate(evidences):
            for name, metric in self.metrics.items():
                if not place or name in found.measured:
                    self._measure(place, name, metric, evidence, found)
        if not found.readings:
            raise BadData(f"{subject.name} cannot be judged: {found.omitted[0].reason}")
        curves, floor_of_them = self._curves(subject, wanted)
        return Verdict(
            subject.facts,
            subject.run,
            drawn,
            evidences[0],
            self._scores(found),
            tuple(found.omitted),
            tuple(found.floorless),
            class_rows(evidences[0], self.reference.spec),
            None if self.quick or self.published else _pairs(evidences[0]),
            curves,
            floor_of_them,
            time.monotonic() - begun,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What every verdict of this judge rests on."""
        return {
            "data": self.reference.facts,
            "counts": {
                "generated": self.count,
                "real": len(self._real[0]),
                "train": len(self._train[0]),
            },
            "seed": self.seed,
            "quick": self.quick,
            "published_protocol": self.published,
            "extractors": [_papers(look) for look in self.looks],
        }

    def _wanted(self, count: int) -> Wanted:
        raw, labels = self._learned
        pick = Streams(self.seed).permutation("classes", len(raw))[:count]
        return Wanted(count, {name: index[pick] for name, index in labels.items()})

    def _curves(self, subject: Subject, wanted: Wanted) -> tuple[tuple[Curve, ...], Floor | None]:
        """Quality against diversity, where there is time for it, and what real samples score."""
        spec = self.reference.spec
        if self.quick or self.published or spec.symbols is None:
            return (), None
        real, train = self.real[0].samples, self.train[0].samples
        assert real is not None and train is not None, "the judge keeps all samples"
        curves = subject.curves(self.seed, wanted, real, spec, self.hear)
        if not curves:
            return (), None
        count = min(COUNT, wanted.count)
        return curves, floor(train, real, spec.symbols, count=count, seed=self.seed)

    def _measure(
        self, place: int, name: str, metric: Metric, evidence: Evidence, found: _Found
    ) -> None:
        extractor = self.looks[place].name
        if (place and metric.by_samples) or not metric.applies(evidence):
            return
        self.hear(f"  {metric.title}, by {extractor}")
        try:
            figures = metric.measure(evidence, Streams(self.seed))
        except BadData as error:
            found.omitted.append(Omitted(name, metric.title, extractor, str(error)))
            return
        floor = self._floor(place, name, metric, evidence)
        if isinstance(floor, str):
            found.floorless.append(Omitted(name, metric.title, extractor, floor))
        for figure, value in figures.items():
            bar = None if isinstance(floor, str) else floor.get(figure)
            reading = Reading(extractor, value, bar)
            found.readings.setdefault((name, figure), []).append(reading)

    def _floor(
        self, place: int, name: str, metric: Metric, evidence: Evidence
    ) -> Mapping[str, Figure] | str:
        """Of as many real samples, or why there is none; the same for all subjects like this one.

        Those are of equal count and, where that matters, were asked for the same label sets.
        """
        sets = tuple(sorted(evidence.generated.labels)) if metric.by_labels else ()
        key = place, name, len(evidence.generated), sets
        if key not in self._floors:
            try:
                require_floor(evidence, self._learned_kind, self.real_kind)
                self._floors[key] = metric.floor(evidence, Streams(self.seed))
            except BadData as error:
                self._floors[key] = str(error)
        return self._floors[key]

    def _scores(self, found: _Found) -> tuple[Score, ...]:
        rows = []
        for (name, figure), readings in found.readings.items():
            metric = self.metrics[name]
            rows.append(
                Score(
                    name, label(metric.title, figure, len(metric.better) == 1), figure,
                    metric.better[figure.partition(PART)[0]], metric.source, tuple(readings),
                )
            )  # fmt: skip
        return tuple(rows)

    def _seen(self, raw: Tensor, labels: Mapping[str, Tensor], what: str) -> list[Observed]:
        """The same samples as every extractor sees them."""
        samples = self.reference.modality.to_samples(raw)
        seen = []
        for look in self.looks:
            self.hear(f"Looking at {what}, by {look.name}")
            features, verdicts = look.look(samples)
            seen.append(Observed(features, verdicts, labels, samples, raw))
        return seen

    def _enough(self) -> int:
        """How many samples figures rest on where nobody says."""
        if self.quick:
            return QUICK
        raw, _ = self.reference.real(1, self.seed)
        _, verdicts = self.looks[0].look(self.reference.modality.to_samples(raw))
        return max([LEAST, *(A_CLASS * logs.shape[1] for logs in verdicts.values())])


def require_held_out(real: Reference, quick: bool) -> None:
    """Refuse data that hold out too few samples, before extractors learn from them.

    Raises:
        BadData: there are fewer than any metric needs; the message says what would do.
    """
    whole = len(real.held_out) + len(real.train)
    share = real.table.get("test_share", len(real.held_out) / whole)
    wanted = SPARE * fewest(quick)
    kept, all_of_them = f"{100 * share:.3g} % held out", f"{wanted / share:,.0f} samples in all"
    advice = f"With {kept} that takes about {all_of_them}; add some"
    if "test_share" in real.table and wanted <= whole / 2:
        advice += f", or train anew with data.test_share={math.ceil(100 * wanted / whole) / 100}"
    what = f"held-out samples of {real.table['name']}"
    require_enough(len(real.held_out), what, quick, f" {advice}.")


def require_enough(count: int, what: str, quick: bool, advice: str = "") -> None:
    """Refuse what no metric gives a number for, before anything is measured.

    Raises:
        BadData: there are fewer samples than that.
    """
    least = fewest(quick)
    if count < least:
        raise BadData(
            f"There are only {count:,} {what}; every metric needs at least {least:,}.{advice}"
        )


def fewest(quick: bool) -> int:
    """The samples without which no metric gives a number."""
    return min(metric.fewest for metric in _metrics(quick).values())


def _pairs(evidence: Evidence) -> Tensor:
    """The generated samples nearest to training samples, then those, as networks see them."""
    generated, train = evidence.generated.samples, evidence.train.samples
    assert generated is not None and train is not None, "the judge keeps all samples"
    made, real, _ = closest_pairs(evidence, PAIRS)
    return torch.cat([generated[made], train[real]])


def _metrics(quick: bool) -> dict[str, Metric]:
    classes = {
        name: components.find(components.METRIC, name)
        for name in components.names(components.METRIC.folder)
    }
    ordered = sorted(classes, key=lambda name: (name not in LEADING, name))
    return {name: classes[name]() for name in ordered if not (quick and classes[name].slow)}


def _papers(look: Trained) -> dict[str, Any]:
    card = look.card
    return {
        "name": look.name,
        "architecture": card.architecture,
        "learned_from": card.data,
        "sha256": card.sha256,
        "accuracy": dict(card.accuracy),
        "licence": card.licence,
    }
