"""THE loop: one for every modality and every method."""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from sparring.augment import Augment
from sparring.core import device as devices
from sparring.core.recipe import Recipe
from sparring.core.spec import Batch, Moment, unchanged
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.training.distributed import Team
from sparring.training.feed import Feed
from sparring.training.health import Verdict
from sparring.training.keeper import Keeper
from sparring.training.state import State


@dataclass(frozen=True)
class Match:
    """All that one training needs, ready to play."""

    recipe: Recipe
    objective: Objective
    state: State
    feed: Feed
    team: Team
    precision: str
    augment: Augment | None


class Reached(enum.Enum):
    """How far a training has come when it pauses."""

    TURN = enum.auto()
    """A player has had its turn in a step that goes on."""
    STEP = enum.auto()
    """A step is whole, and counts."""
    BROKEN = enum.auto()
    """A step was broken off: the losses are no numbers, and it is time to go back."""


def play(match: Match, keeper: Keeper) -> None:
    """Train until the recipe's samples are shown, or until someone asks to stop.

    `keeper` writes rows, previews and checkpoints, and knows how to return to the last one.
    """
    goes_on = turns(match, keeper.judge)
    while match.state.samples < match.recipe.samples and not keeper.should_stop():
        reached = Reached.TURN
        while reached is Reached.TURN:
            reached = next(goes_on)
        if reached is Reached.STEP:
            keeper.after_step()
        else:
            keeper.roll_back()


def turns(match: Match, judge: Callable[[str, torch.Tensor], Verdict]) -> Iterator[Reached]:
    """The training, turn by turn, for as long as the next one is asked for.

    Args:
        match: who plays; its state moves.
        judge: what to make of a player's loss.

    Yields:
        How far it has come, after each turn.
    """
    recipe, state = match.recipe, match.state
    phases, views = match.objective.phases(), match.team.views(state.networks)
    while True:
        started = time.perf_counter()
        batch = match.feed.batch(state.samples)
        state.waited += time.perf_counter() - started
        moment = moment_of(match)
        due = [phase for phase in phases if phase.is_due(state.step, state.samples)]
        for player in state.optimisers.keys() - {phase.player for phase in due}:
            # No gradient of an earlier step may look like one of this.
            state.optimisers[player].zero_grad()
        for phase in due:
            if phase is not due[0]:
                yield Reached.TURN
            if phase.opening is not None and phase.opens(state.samples, recipe.batch):
                phase.opening(state.networks)
            loss, logs = turn(match, phase, views[phase.player], batch, moment)
            verdict = judge(phase.player, loss)
            if verdict is Verdict.ROLL_BACK:
                break
            if verdict is Verdict.FINE:
                state.optimisers[phase.player].step()
                for each in logs:
                    state.tally.add(each)
        else:
            state.samples += recipe.batch
            state.step += 1
            state.average.update(state.networks.generator, state.samples, recipe.batch)
            state.seconds += time.perf_counter() - started
            yield Reached.STEP
            continue
        yield Reached.BROKEN


def moment_of(match: Match) -> Moment:
    """Where the training stands; also sets the learning rate that belongs to it."""
    state = match.state
    progress = min(state.samples / match.recipe.samples, 1.0)
    for player, optimiser in state.optimisers.items():
        rate = match.recipe.optimiser.rate(progress, player) * state.learning_rate_factor
        for group in optimiser.param_groups:
            group["lr"] = rate
    augment, strength = match.augment, state.strength.strength
    return Moment(
        samples=state.samples,
        progress=progress,
        step=state.step,
        rng=state.streams,
        augment=unchanged
        if augment is None or strength == 0
        else lambda samples: augment(samples, strength, state.streams),
    )


def turn(
    match: Match, phase: Phase, networks: Networks, batch: Batch, moment: Moment
) -> tuple[torch.Tensor, list[dict[str, torch.Tensor]]]:
    """The gradients of one player's loss; returns the loss, and the logs of each micro-batch."""
    pieces = batch.pieces(match.recipe.training.accumulate)
    # Dropout draws from torch's own stream, which needs no place in a checkpoint if begun anew.
    torch.manual_seed(match.state.streams.seed_of_turn(phase.player, moment.step))
    match.state.optimisers[phase.player].zero_grad()
    logs: list[dict[str, torch.Tensor]] = []
    losses: list[torch.Tensor] = []
    with only(networks, phase.player):
        for piece in pieces:
            with devices.autocast(match.team.device, match.precision):
                loss = phase.loss(networks, piece, moment)
            (loss.total / len(pieces)).backward()
            losses.append(loss.total.detach())
            logs.append({f"loss_{phase.player}": losses[-1], **loss.logs})
    return torch.stack(losses).mean(), logs


@contextlib.contextmanager
def only(networks: Networks, player: str) -> Iterator[None]:
    """Gradients for the weights of this player alone."""
    for name, network in networks.items():
        network.requires_grad_(name == player)
    yield
