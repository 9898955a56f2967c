"""The classes of samples: those that the extractor sees, and those that they are."""

from __future__ import annotations

from jaxtyping import Int
from torch import Tensor

from sparring.core.errors import BadData
from sparring.metrics import Observed


def seen(observed: Observed, name: str) -> Int[Tensor, " n"]:
    """The likeliest class of every sample in the label set `name`.

    Raises:
        BadData: the extractor gave no verdicts about it.
    """
    if name not in observed.verdicts:
        raise BadData(f"The extractor gave no verdicts about {name!r} for some of the samples.")
    return observed.verdicts[name].argmax(1)


def true_or_seen(observed: Observed, name: str) -> Int[Tensor, " n"]:
    """The labels where there are any, else what the extractor sees."""
    return observed.labels[name] if name in observed.labels else seen(observed, name)
