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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from baselines import turns
from sparring.core import device as devices
from sparring.core.recipe import Recipe, parse_override
from sparring.training import session
from sparring.training.display import Display
from sparring.training.distributed import team
from sparring.training.keeper import Keeper
from sparring.training.log import Log
from sparring.training.loop import Match, play
from sparring.training.rehearsal import settled
from sparring.training.run import create

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

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.seconds: list[float] = []

    def __call__(self) -> None:
        """Call and count."""
        started = turns.now()
        self.call()
        self.seconds.append(turns.now() - started)

    def take(self) -> list[float]:
        """What was counted since the last time."""
        taken, self.seconds = self.seconds, []
        return taken


@contextlib.contextmanager
def match_of(recipe: Recipe, *, average: bool) -> Iterator[tuple[Match, str]]:
    """A match ready to play, and the licence of its data."""
    with devices.threads(recipe.training.threads), team("cpu") as alone:
        dataset, samples = session.read_data(recipe)
        match = settled(session.prepare(recipe, dataset.spec, samples, alone))
        if not average:  # to learn what the average costs
            match.state.average.update = lambda *ignored: None
        yield match, dataset.licence


@contextlib.contextmanager
def playing(recipe: Recipe, *, average: bool) -> Iterator[tuple[turns.Advance, dict[str, Any]]]:
    """The loop as a contender, and what it says of itself."""
    with (
        tempfile.TemporaryDirectory() as name,
        match_of(recipe, average=average) as (match, licence),
        Log((folder := create(Path(name), recipe, {}).folder), 0) as log,
    ):
        stop = Countdown()
        display = Display(recipe.samples, quiet=True)
        keeper = Keeper(
            folder,
            recipe=recipe,
            state=match.state,
            team=match.team,
            modality=match.feed.modality,
            licence=licence,
            log=log,
            display=display,
            stop=stop,
        )
        keeper.start()
        keeper._preview = preview = Spent(keeper._preview)
        keeper.save = save = Spent(keeper.save)

        def advance(steps: int) -> dict[str, Any]:
            stop.left = steps
            play(match, keeper)
            preview()
            save()
            return {"previews": preview.take(), "checkpoints": save.take()}

        yield advance, {"precision": match.precision}


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
    with playing(recipe, average=not chosen.no_average) as (advance, facts):
        if chosen.turns:
            rhythm = recipe.training
            turns.answer(
                advance,
                batch=recipe.batch,
                torch=torch.__version__,
                preview_every=rhythm.preview_every,
                checkpoint_every=rhythm.checkpoint_every,
                **facts,
            )
        else:
            turns.alone(advance, chosen.steps, recipe.batch)


if __name__ == "__main__":
    main()
