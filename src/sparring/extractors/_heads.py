"""The end that all classifiers share: one linear layer for each label set."""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn

from sparring.core.spec import Spec

DROPPED = 0.3  # share of features hidden from the heads while they learn


class Heads(nn.Module):
    """Logits of every label set; without labels there are none."""

    def __init__(self, width: int, spec: Spec) -> None:
        super().__init__()
        self.drop = nn.Dropout(DROPPED)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(classes)) for name, classes in spec.labels.items()}
        )

    def forward(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        kept = self.drop(features)
        return {name: head(kept) for name, head in self.heads.items()}
