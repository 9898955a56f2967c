"""How strong augmentation has to be, found from what the discriminator knows by heart."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sparring.augment import Augment

ADJUST_SPAN = 100_000
"""Samples after which a strength that only grows has gone from 0 to 1; the paper takes 500,000
for training from scratch and 100,000 where training is short."""

LIMIT = 0.8
"""Above this, augmented samples no longer show what the original ones look like, and generators
begin to copy the augmentation itself (Karras et al. 2020, section 3.1 and figure 4)."""


class AdaptiveStrength:
    """A strength that grows while the discriminator is too sure of real samples, else shrinks.

    Karras et al. 2020, "Training generative adversarial networks with limited data", section 3:
    with r = E sign f(x), the strength moves by samples / ADJUST_SPAN toward 1 where r > target and
    toward 0 where r < target.

    Args:
        start: strength at the start, in [0, 1].
        target: the r to hold; at 1 the strength stays where it is.

    Raises:
        ValueError: the start is out of range.
    """

    def __init__(self, *, start: float = 0.0, target: float = 0.6) -> None:
        if not 0.0 <= start <= 1.0:
            raise ValueError(f"start = {start} must lie in [0, 1]")
        self.strength = start
        self._target = target
        # A start that someone chose above the limit is meant so.
        self._limit = max(start, LIMIT)

    @staticmethod
    def of(augment: Augment | None) -> AdaptiveStrength:
        """The controller that an augmentation asks for; without one the strength stays 0."""
        if augment is None:
            return AdaptiveStrength(target=1.0)
        return AdaptiveStrength(start=augment.start, target=augment.target)

    def update(self, certainty: float, samples: int) -> None:
        """Move the strength after `samples` more real samples.

        Args:
            certainty: mean sign of verdicts on real samples since the last update, in [-1, 1].
            samples: real samples shown since then.
        """
        if self._target >= 1.0 or not math.isfinite(certainty):
            return
        direction = (certainty > self._target) - (certainty < self._target)
        moved = self.strength + direction * samples / ADJUST_SPAN
        self.strength = min(max(moved, 0.0), self._limit)

    def state(self) -> dict[str, float]:
        """What `restore` needs, ready for JSON."""
        return {"strength": self.strength}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on exactly where `state` was taken."""
        self.strength = float(state["strength"])
