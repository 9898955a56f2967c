"""A few steps on copies, to learn what a training will cost and which precision is faster."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from sparring.core import device as devices
from sparring.core.rng import Streams
from sparring.objectives import Phase
from sparring.training.distributed import Team
from sparring.training.loop import Match, moment_of, turn
from sparring.training.state import State

WARM_UP = 4  # the first steps choose kernels and allocate
TIMED = 6
PATIENCE = 10  # seconds after which fewer steps have to do
WORTH_IT = 500  # shorter trainings are over before a measurement pays


@dataclass(frozen=True)
class Estimate:
    """What a training will take; measured by rehearsing, not guessed.

    Attributes:
        parameters: weights of each player.
        seconds_per_thousand: time for a thousand samples.
        seconds: time for the whole training, without previews and checkpoints.
        memory_bytes: weights, gradients, Adam's moments, the average, and the data.
        disk_bytes: all checkpoints kept.
        precision: what the losses would be computed in.
    """

    parameters: dict[str, int]
    seconds_per_thousand: float
    seconds: float
    memory_bytes: int
    disk_bytes: int
    precision: str


def settled(match: Match) -> Match:
    """The match with "auto" precision replaced by the faster one on this machine."""
    return _settled(match)[0]


def estimate(match: Match) -> Estimate:
    """What this training will take on this machine, in the precision that it would settle on."""
    match, paces = _settled(match)
    recipe, state = match.recipe, match.state
    stages = stages_of(match.objective.phases(), recipe.samples)
    known = paces.get(match.precision) if len(stages) == 1 else None
    seconds = known or sum(share * rehearse(match, match.precision, at) for at, share in stages)
    seconds /= recipe.batch
    checkpoint = sum(t.nbytes for part in state.parts().values() for t in part.values())
    players = {p: sum(w.numel() for w in n.parameters()) for p, n in state.networks.items()}
    moments = 8 * sum(players.values())  # Adam's two float32 moments exist from the first step on
    gradients = 4 * sum(players.values())
    return Estimate(
        parameters=players,
        seconds_per_thousand=round(1000 * seconds, 4),
        seconds=round(seconds * recipe.samples, 1),
        memory_bytes=checkpoint + moments + gradients + match.feed.samples.values.nbytes,
        disk_bytes=(checkpoint + moments) * recipe.training.keep,
        precision=match.precision,
    )


def stages_of(phases: Sequence[Phase], samples: int) -> list[tuple[int, float]]:
    """Where the phases that are played change: samples shown before, and the share until then."""
    borders = {0, *(p.start for p in phases), *(p.end for p in phases if p.end is not None)}
    begins = sorted(border for border in borders if border < samples)
    ends = [*begins[1:], samples]
    return [(at, (end - at) / samples) for at, end in zip(begins, ends, strict=True)]


def rehearse(match: Match, precision: str, shown: int = 0) -> float:
    """Seconds for one step after so many samples, the median of a few; the match is not touched.

    Slow steps are fewer, down to one after one of warm-up: they are not to be waited for.
    """
    recipe = match.recipe
    state = State(
        recipe,
        copy.deepcopy(match.state.networks),
        Streams(recipe.seed),
        copy.deepcopy(match.state.strength),
    )
    state.samples = shown
    alone = replace(match, state=state, precision=precision, team=Team(0, 1, match.team.device))
    times: list[float] = []
    while len(times) < 2 or (len(times) < WARM_UP + TIMED and sum(times) < PATIENCE):
        started = time.perf_counter()
        batch, moment = alone.feed.batch(state.samples), moment_of(alone)
        for phase in alone.objective.phases():
            if phase.is_due(state.step, state.samples):
                turn(alone, phase, state.networks, batch, moment)
                state.optimisers[phase.player].step()
        if match.team.device.type == "cuda":
            torch.cuda.synchronize(match.team.device)
        state.step += 1
        times.append(time.perf_counter() - started)
    timed = times[min(WARM_UP, len(times) // 2) :]
    return sorted(timed)[len(timed) // 2]


def _settled(match: Match) -> tuple[Match, dict[str, float]]:
    """The match with its precision, and seconds for one step by precision where those decided."""
    if match.precision != "auto":
        return match, {}
    wanted, paces = match.recipe.training.precision, dict[str, float]()
    if wanted == "auto":
        if match.recipe.steps >= WORTH_IT and devices.has_fast_bfloat16(match.team.device):
            paces = {each: rehearse(match, each) for each in ("bfloat16", "float32")}
        plain = not paces or paces["bfloat16"] > 0.95 * paces["float32"]
        # Every process must choose alike; one vote for float32 is enough.
        wanted = "float32" if match.team.any(plain) else "bfloat16"
    return replace(match, precision=wanted), paces
