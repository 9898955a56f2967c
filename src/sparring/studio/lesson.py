"""A training that waits for whoever watches it: turn by turn, step by step, or for a while.

It is the training of `sparring train`, played by the very same loop from the very same match: after
as many steps it has the same weights, bit for bit. It only has no folder, and stops when told to.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sparring.core import components
from sparring.core import device as devices
from sparring.core.errors import TrainingFailed, UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import in_full
from sparring.objectives import Objective
from sparring.provenance.labelling import marked
from sparring.training.distributed import Team
from sparring.training.health import Verdict
from sparring.training.loop import Match, Reached, turns
from sparring.training.rehearsal import settled
from sparring.training.session import prepare, read_data

LONGEST = 600  # rows that a curve is drawn of; beyond that every second one is dropped

_ONE_AT_A_TIME = threading.RLock()
"""Torch has one stream of random numbers and one count of threads for a whole process."""


@dataclass(frozen=True)
class Row:
    """What a lesson has come to.

    Attributes:
        samples: real samples shown so far.
        step: steps made so far.
        values: means since the row before, by name: `loss_generator`, `loss_discriminator`,
            `d_real`, `d_fake` and whatever else the objective tells.
    """

    samples: int
    step: int
    values: Mapping[str, float]


class Lesson:
    """One training, in this process and without a folder.

    Args:
        recipe: decides all of it; its length decides nothing but the schedules in it.

    Raises:
        UserError: the recipe or its data cannot be used here.
    """

    def __init__(self, recipe: Recipe) -> None:
        if recipe.augment:
            raise UserError(
                "A lesson has no adaptive augmentation, which needs the rows of a run; leave "
                "[augment] out."
            )
        self.recipe = recipe
        self.moved = ""
        self.rows: list[Row] = []
        with self._alone():
            alone = Team(0, 1, devices.choose("cpu"))
            dataset, samples = read_data(recipe, alone)
            self.match: Match = settled(prepare(recipe, dataset.spec, samples, alone))
        count = recipe.training.preview_count
        latent = self.match.state.networks.generator.latent
        self.latents = Streams(recipe.seed).normal("preview", (count, latent))
        self._asked = self.match.feed.asked(count)
        self._turns = turns(self.match, self._judge)

    @property
    def samples(self) -> int:
        """Real samples shown so far."""
        return self.match.state.samples

    @property
    def steps(self) -> int:
        """Steps made so far."""
        return self.match.state.step

    def change(self, recipe: Recipe) -> None:
        """Go on by other rules, with the networks and all that they have gathered as they are.

        Args:
            recipe: another objective or other learning rates; its data and networks are not looked
                at again, and neither are Adam's other settings.

        Raises:
            UserError: these players cannot play by these rules; nothing has changed then.
        """
        with self._alone():
            before = self.match
            objective: Objective = components.build(
                components.OBJECTIVE, recipe.objective, where="objective"
            )
            objective.require_playable(before.state.networks, before.feed.modality.spec)
            self.match = replace(before, recipe=recipe, objective=objective)
            self.recipe = recipe
            before.state.tally.take()  # numbers of other rules mean something else
            self._turns = turns(self.match, self._judge)

    def turn(self) -> Reached:
        """One turn of one player, whose name is then in `moved`.

        Raises:
            TrainingFailed: the losses are no numbers.
        """
        with self._alone():
            return self._turn()

    def step(self, count: int = 1) -> None:
        """So many whole steps; one that has begun is finished as the first of them.

        Raises:
            TrainingFailed: the losses are no numbers.
        """
        with self._alone():
            for _ in range(count):
                while self._turn() is not Reached.STEP:
                    pass

    def run(self, seconds: float) -> int:
        """Whole steps for about so long, at least one; returns how many.

        Raises:
            TrainingFailed: the losses are no numbers.
        """
        begun, before = time.monotonic(), self.steps
        while self.steps == before or time.monotonic() - begun < seconds:
            self.step()
        return self.steps - before

    def row(self) -> Row | None:
        """The means since the last row; None where no step was made since."""
        state = self.match.state
        if self.rows and self.rows[-1].step == state.step:
            return None
        values = {name: float(value) for name, value in state.tally.take().items()}
        if not values:
            return None
        row = Row(state.samples, state.step, values)
        self.rows.append(row)
        if len(self.rows) > LONGEST:
            self.rows = self.rows[1::2]
        return row

    @torch.no_grad()
    def preview(self) -> bytes:
        """What the averaged generator makes of the fixed latents, as a PNG."""
        with self._alone():
            made = self.match.state.average.generator(self.latents, self._asked)
            png = self.match.feed.modality.preview(in_full(made).cpu())
        return marked(png, "preview.png")

    def _turn(self) -> Reached:
        reached = next(self._turns)
        if reached is Reached.BROKEN:
            raise TrainingFailed(
                f"The losses are no numbers after {self.samples:,} samples; start again with a "
                "lower learning rate."
            )
        return reached

    def _judge(self, player: str, loss: Tensor) -> Verdict:
        self.moved = player
        return self.match.state.health.judge(loss.item())

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with _ONE_AT_A_TIME, devices.threads(self.recipe.training.threads):
            yield
