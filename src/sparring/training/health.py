"""What to do about trouble: skip a turn, return to a checkpoint, or end with a diagnosis."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from sparring.core.errors import TrainingFailed
from sparring.core.settings import Care
from sparring.training.detectors import Finding

MOST = 100  # findings that are remembered


class Verdict(enum.Enum):
    """What the loop does after a step."""

    FINE = enum.auto()
    SKIP = enum.auto()
    ROLL_BACK = enum.auto()
    FAIL = enum.auto()


class Health:
    """Trouble so far, which a return to an earlier checkpoint does not undo.

    Of turns whose loss is no number the first is skipped, the next returns to the last checkpoint.
    A bad turn is forgotten once `PATIENCE` good ones have followed it. Whoever has to return twice
    to the same checkpoint has failed.

    Attributes:
        findings: what detectors have said, oldest first.
        rollbacks: returns to a checkpoint, for whatever reason.
        returns: those to the best checkpoint, which the recipe's policy asked for.
    """

    PATIENCE = 100

    def __init__(self) -> None:
        self.bad_turns = 0
        self.good_turns = 0
        self.rollbacks = 0
        self.returns = 0
        self.findings: list[Finding] = []
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

    def remember(self, findings: Sequence[Finding]) -> None:
        """Keep what detectors said."""
        self.findings = [*self.findings, *findings][:MOST]

    def response(
        self, findings: Sequence[Finding], care: Care, *, can_return: bool
    ) -> tuple[Verdict, str]:
        """What new findings lead to by the policy of the recipe, and the diagnosis.

        Args:
            findings: what was just found.
            care: the policy, which is one that acts.
            can_return: whether there is a better checkpoint than this moment; while the score is
                still the best one, trouble is said and nothing else.
        """
        grave = [finding for finding in findings if finding.acts]
        if not grave:
            return Verdict.FINE, ""
        first = grave[0]
        if care.policy == "stop":
            return Verdict.FAIL, (
                f"Training was stopped after {first.samples:,} samples, as health.policy asks. "
                f"{first.sentence} Checkpoints are kept."
            )
        if not can_return:
            return Verdict.FINE, ""
        if self.returns >= care.rollbacks:
            return Verdict.FAIL, (
                f"Training failed after {first.samples:,} samples; going back to the best "
                f"checkpoint {self.returns} times did not help. {first.sentence} Checkpoints are "
                "kept."
            )
        return Verdict.ROLL_BACK, first.sentence

    def return_to_best(self) -> None:
        """Note a return that the policy asked for."""
        self.returns += 1
        self.rollbacks += 1

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

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "bad_turns": self.bad_turns,
            "good_turns": self.good_turns,
            "rollbacks": self.rollbacks,
            "returns": self.returns,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.bad_turns, self.good_turns = state["bad_turns"], state["good_turns"]
        self.rollbacks, self.returns = state["rollbacks"], state["returns"]
        self.findings = [Finding(**finding) for finding in state["findings"]]


@torch.no_grad()
def is_finite(*modules: nn.Module) -> bool:
    """Whether every weight and statistic is a number; without that a checkpoint is worthless."""
    tensors = (t for module in modules for t in module.state_dict().values())
    return all(bool(torch.isfinite(t).all()) for t in tensors)
