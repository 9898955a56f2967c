"""What became of every class: how often it is made, and whether it is what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparring.core.spec import Spec
from sparring.metrics import Evidence
from sparring.metrics.class_balance import class_shares
from sparring.metrics.label_accuracy import Hits, hits_by_class

MOST_CLASSES = 100  # of a label set; of more there are no rows


@dataclass(frozen=True)
class ClassRow:
    """One class of one label set, by the verdicts of an extractor.

    Attributes:
        label_set: its name.
        name: of the class.
        share: of the generated samples that are taken for it.
        real_share: of the held-out real samples that are of it.
        accuracy: share of what was asked to be of this class that is taken for it; None where
            nothing was asked.
        real_accuracy: the same of held-out real samples; None where they have no such label.
    """

    label_set: str
    name: str
    share: float
    real_share: float
    accuracy: float | None
    real_accuracy: float | None


def class_rows(evidence: Evidence, spec: Spec) -> tuple[ClassRow, ...]:
    """A row for every class of the label sets that extractor and data share."""
    rows: list[ClassRow] = []
    asked, real = hits_by_class(evidence.generated), hits_by_class(evidence.real)
    for label_set, shares in class_shares(evidence).items():
        classes = spec.labels.get(label_set, ())
        if not classes or len(classes) > MOST_CLASSES:
            continue
        columns = zip(
            classes,
            shares.generated.tolist(),
            shares.real.tolist(),
            _accuracies(asked, label_set, len(classes)),
            _accuracies(real, label_set, len(classes)),
            strict=True,
        )
        rows += [ClassRow(label_set, *column) for column in columns]
    return tuple(rows)


def _accuracies(hits: Mapping[str, Hits], label_set: str, count: int) -> list[float | None]:
    if label_set not in hits:
        return [None] * count
    pairs = zip(hits[label_set].asked.tolist(), hits[label_set].right.tolist(), strict=True)
    return [right / asked if asked else None for asked, right in pairs]
