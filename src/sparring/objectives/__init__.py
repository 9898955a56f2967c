"""The rules of the match: one method in each file.

To add a method write `objectives/<name>.py` with one final subclass of `Objective`; its phases
name the player that moves and the loss it descends. A loss knows networks, a batch and the
moment, and nothing else: no trainer, device, logger or configuration. Work on logits. What not
every pair of players can do, `require_playable` asks of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparring.core.errors import UserError
from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.networks import Networks


@dataclass(frozen=True)
class Phase:
    """One player takes one step on one loss.

    Attributes:
        player: whose weights move.
        loss: what it descends.
        every: steps between its turns; 1 = each step.
        start: real samples shown before its first turn.
        end: real samples shown after which it has no more; None = the end of the training.
        opening: what happens to the players right before its first turn.
    """

    player: str
    loss: Callable[[Networks, Batch, Moment], Loss]
    every: int = 1
    start: int = 0
    end: int | None = None
    opening: Callable[[Networks], None] | None = None

    def opens(self, samples: int, batch: int) -> bool:
        """Whether its time begins with the step after so many samples, of so many in a step."""
        return samples - batch < self.start <= samples

    def is_due(self, step: int, samples: int) -> bool:
        """Whether it is played in the step number `step`, with so many samples shown before."""
        begun = samples >= self.start and (self.end is None or samples < self.end)
        return begun and step % self.every == 0


class Objective(ABC):
    """A training method as the list of phases that make up one step."""

    @abstractmethod
    def phases(self) -> Sequence[Phase]:
        """The phases in the order in which they are played."""

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """Make sure, before a training begins, that these players can play by these rules.

        Args:
            networks: the players.
            spec: of the data.

        Raises:
            UserError: they cannot; the message says what would.
        """
        if spec.symbols is not None:
            raise UserError(
                "This objective moves generators along the slopes of their samples, and symbols "
                f"have none ({spec.modality} of {spec.symbols:,} symbols); choose likelihood, "
                "reinforce or gumbel."
            )
