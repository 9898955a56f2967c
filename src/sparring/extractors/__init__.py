"""Networks whose features the metrics compare: one architecture in each file.

A score is a statement about features, so every score names the extractor behind it by the SHA-256
of its weights. Two extractors of different architecture and seed look at the same samples, and a
claim holds only where both agree. To add one write `extractors/<name>.py` with one final subclass
of `Extractor`; `sparring extractors train DATA --architecture NAME` then trains it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn

from sparring.core.spec import Spec


class Extractor(nn.Module, ABC):
    """A classifier of real data whose last hidden layer is what a metric looks at.

    Args:
        spec: what the samples look like; there is one verdict for each of its label sets.
    """

    width: int
    """Features of one sample."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec

    @abstractmethod
    def features(self, samples: Tensor) -> Float[Tensor, "b d"]:
        """The last hidden activations of samples as networks see them."""

    @abstractmethod
    def verdicts(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits over the classes of each label set, from features."""
