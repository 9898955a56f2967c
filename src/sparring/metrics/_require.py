"""What evidence must be before any number is made of it."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.errors import BadData
from sparring.metrics import Evidence, Observed

ROUNDING = 1e-6
"""Features that differ by no more than this share of the largest one are the same."""


def require(evidence: Evidence, fewest: int, *, train: bool = False) -> None:
    """Refuse evidence that gives no number.

    Args:
        evidence: what a metric is about to look at.
        fewest: samples of each kind that are needed.
        train: whether the metric looks at training samples too.

    Raises:
        BadData: too few samples, features or verdicts that are not numbers, constant features.
    """
    kinds = {"generated": evidence.generated, "real": evidence.real}
    if train:
        kinds["training"] = evidence.train
    for kind, observed in kinds.items():
        _check(kind, observed, fewest)
    widths = {kind: observed.features.shape[1] for kind, observed in kinds.items()}
    if len(set(widths.values())) > 1:
        given = ", ".join(f"{width} of {kind} ones" for kind, width in widths.items())
        raise BadData(f"All samples must be seen by the same extractor; features differ: {given}.")


def _check(kind: str, observed: Observed, fewest: int) -> None:
    count, features = len(observed), observed.features
    if count < fewest:
        raise BadData(f"There are {count:,} {kind} samples; this number needs {fewest:,}.")
    for what, table in {"features": features, **observed.verdicts}.items():
        bad = int(_unusable(table, finite=what == "features").sum())
        if bad:
            name = what if what == "features" else f"verdicts about {what!r}"
            raise BadData(f"The {name} of {bad:,} of {count:,} {kind} samples are no numbers.")
    spread = (features.amax(0) - features.amin(0)).max()
    if spread <= ROUNDING * features.abs().max():
        raise BadData(
            f"All {count:,} {kind} samples look the same to the extractor; features that do not "
            "vary give no number."
        )


def _unusable(table: Tensor, *, finite: bool) -> Tensor:
    """Rows with a value that is no number; a log-probability may be minus infinity."""
    bad = ~torch.isfinite(table) if finite else torch.isnan(table)
    return bad.any(1)
