"""What to do when a loss is no longer a number."""

from __future__ import annotations

import enum
import math

import torch
from torch import nn

from sparring.core.errors import TrainingFailed


class Verdict(enum.Enum):
    """What the loop does after a step."""

    FINE = enum.auto()
    SKIP = enum.auto()
    ROLL_BACK = enum.auto()


class Health:
    """Bad turns so far: the first is skipped, the next returns to the last checkpoint.

    A bad turn is forgotten once `PATIENCE` good ones have followed it. Whoever has to return twice
    to the same checkpoint has failed.
    """

    PATIENCE = 100

    def __init__(self) -> None:
        self.bad_turns = 0
        self.good_turns = 0
        self.rollbacks = 0
        self._returned_to = -1

    def judge(self, loss: float) -> Verdict:
        """The verdict on the loss of one player's turn."""
        if math.isfinite(loss):
            self.good_turns += 1
            if self.good_turns >= self.PATIENCE:
                self.bad_turns = 0
            return Verdict.FINE
        self.good_turns = 0
        self.bad_turns += 1
        return Verdict.SKIP if self.bad_turns == 1 else Verdict.ROLL_BACK

    def return_to(self, checkpoint: int, samples: int) -> None:
        """Note the way back from `samples` to the one of `checkpoint`.

        Raises:
            TrainingFailed: this checkpoint did not help before, with a diagnosis.
        """
        if checkpoint == self._returned_to:
            raise TrainingFailed(
                f"Training diverged: after {samples:,} samples the losses are not finite, again "
                f"after skipping a step and returning to {checkpoint:,} samples. Lower "
                "optimiser.learning_rate or raise the objective's penalty; the checkpoint is kept."
            )
        self._returned_to = checkpoint
        self.rollbacks += 1
        self.bad_turns = self.good_turns = 0

    def state(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return {
            "bad_turns": self.bad_turns,
            "good_turns": self.good_turns,
            "rollbacks": self.rollbacks,
        }

    def restore(self, state: dict[str, int]) -> None:
        """Go on from a checkpoint."""
        self.bad_turns, self.good_turns = state["bad_turns"], state["good_turns"]
        self.rollbacks = state["rollbacks"]


@torch.no_grad()
def is_finite(*modules: nn.Module) -> bool:
    """Whether every weight and statistic is a number; without that a checkpoint is worthless."""
    tensors = (t for module in modules for t in module.state_dict().values())
    return all(bool(torch.isfinite(t).all()) for t in tensors)
