"""What to do when a loss is no longer a number."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable

import torch

from sparring.core.errors import TrainingFailed
from sparring.networks import Networks


class Verdict(enum.Enum):
    """What the loop does after a step."""

    FINE = enum.auto()
    SKIP = enum.auto()
    ROLL_BACK = enum.auto()


class Health:
    """Bad steps so far: the first is skipped, the next rolls back, one more ends the training.

    A bad step is forgotten once `PATIENCE` good ones have followed it.
    """

    PATIENCE = 100

    def __init__(self) -> None:
        self.bad_steps = 0
        self.good_steps = 0
        self.rollbacks = 0

    def judge(self, player: str, loss: float, samples: int) -> Verdict:
        """The verdict on one player's loss after `samples`.

        Raises:
            TrainingFailed: it went wrong again after a roll-back, with a diagnosis.
        """
        if math.isfinite(loss):
            self.good_steps += 1
            if self.good_steps >= self.PATIENCE:
                self.bad_steps = 0
            return Verdict.FINE
        self.good_steps = 0
        self.bad_steps += 1
        if self.bad_steps == 1:
            return Verdict.SKIP
        if self.bad_steps == 2:
            self.rollbacks += 1
            return Verdict.ROLL_BACK
        raise TrainingFailed(
            f"Training diverged: after {samples} samples the loss of the {player} "
            f"is {loss}, again after skipping a step and returning to the last checkpoint. "
            "Lower optimiser.learning_rate or raise the objective's penalty; the run's last good "
            "checkpoint is kept."
        )

    def state(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return {"bad_steps": self.bad_steps, "good_steps": self.good_steps,
                "rollbacks": self.rollbacks}  # fmt: skip

    def restore(self, state: dict[str, int]) -> None:
        """Go on from a checkpoint."""
        self.bad_steps, self.good_steps = state["bad_steps"], state["good_steps"]
        self.rollbacks = state["rollbacks"]


@torch.no_grad()
def is_finite(networks: Networks) -> bool:
    """Whether every weight is a number; a checkpoint of anything else would be worthless."""
    tensors: Iterable[torch.Tensor] = networks.parameters()
    return all(bool(torch.isfinite(t).all()) for t in tensors)
