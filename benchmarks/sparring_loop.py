"""Sparring's own loop, real and whole, but paused between turns.

`play` runs with its keeper, log, pictures and checkpoints in a folder that is thrown away. A turn
ends in the way in which a run is stopped: the keeper is told so. How long pictures and checkpoints
took is told apart, because a turn may hold more or fewer of them than their share; one of each
follows every turn, so that there is something to tell.

    python sparring_loop.py tutorial training.precision=bfloat16 --steps 1000
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from baselines import turns
from sparring.core.errors import Interrupted
from sparring.core.recipe import Recipe, parse_override
from sparring.training import session
from sparring.training.keeper import Keeper
from sparring.training.loop import Match, play

ENDLESS = 10**12


class Countdown(threading.Event):
    """Asks for a stop after so many steps."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0

    def is_set(self) -> bool:
        """Whether the turn is over; asked once before each step."""
        self.left -= 1
        return self.left < 0


class Spent:
    """Seconds in calls of one kind."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.seconds: list[float] = []

    def __call__(self) -> Any:
        """Call and count."""
        started = turns.now()
        result = self.call()
        self.seconds.append(turns.now() - started)
        return result

    def take(self) -> list[float]:
        """What was counted since the last time."""
        taken, self.seconds = self.seconds, []
        return taken


def paused(match: Match, keeper: Keeper) -> turns.Advance:
    """The loop as a contender."""
    keeper.stop = stop = Countdown()
    keeper._preview = preview = Spent(keeper._preview)
    keeper.save = save = Spent(keeper.save)

    def advance(steps: int) -> dict[str, Any]:
        stop.left = steps
        play(match, keeper)
        preview()
        save()
        return {"previews": preview.take(), "checkpoints": save.take()}

    return advance


def take_turns(match: Match, keeper: Keeper) -> None:
    """Stands where the loop stands, and lets it run only when told to on stdin."""
    recipe = match.recipe
    turns.answer(
        paused(match, keeper),
        batch=recipe.batch,
        torch=torch.__version__,
        precision=match.precision,
        preview_every=recipe.training.preview_every,
        checkpoint_every=recipe.training.checkpoint_every,
    )


def without_average(match: Match, keeper: Keeper) -> None:
    """The same, to learn what the average costs."""
    match.state.average.update = lambda *ignored: None
    take_turns(match, keeper)


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--no-average", action="store_true", help="leave the average out")
    parser.add_argument("--turns", action="store_true", help="train when told to on stdin")
    chosen = parser.parse_args()
    overrides = {"samples": ENDLESS} | dict(map(parse_override, chosen.overrides))
    recipe = Recipe.read(chosen.recipe).replace(overrides)

    def by_itself(match: Match, keeper: Keeper) -> None:
        turns.alone(paused(match, keeper), chosen.steps, recipe.batch)

    # Everything around the loop is what `sparring train` sets up.
    session.play = (
        (without_average if chosen.no_average else take_turns) if chosen.turns else by_itself
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Interrupted):
        session.train(recipe, out=Path(folder) / "run", device="cpu", quiet=True)


if __name__ == "__main__":
    main()
