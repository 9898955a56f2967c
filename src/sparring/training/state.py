"""The whole state of a training: what a checkpoint must hold so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sparring.augment._adaptive import AdaptiveStrength
from sparring.core import weights
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams, seed_for
from sparring.core.settings import Care
from sparring.networks import Networks
from sparring.training.ema import Average
from sparring.training.health import Health
from sparring.training.history import History
from sparring.training.log import Tally

Parts = dict[str, dict[str, Tensor]]


class State:
    """Networks, their average, optimisers, randomness, counters and health.

    Args:
        recipe: decides the optimisers and the average.
        networks: the players, on their device; they move in place.
        streams: the run's random streams.
        strength: the adaptive strength of augmentation.
    """

    def __init__(
        self, recipe: Recipe, networks: Networks, streams: Streams, strength: AdaptiveStrength
    ) -> None:
        training, adam = recipe.training, recipe.optimiser
        self.networks = networks
        self.average = Average(
            networks.generator, half_life=training.ema_half_life, ramp=training.ema_ramp
        )
        self.optimisers = {
            player: torch.optim.Adam(
                network.parameters(),
                lr=adam.learning_rate.start,
                betas=adam.betas,
                eps=adam.epsilon,
                fused=True,
            )
            for player, network in networks.items()
        }
        self.streams = streams
        self.strength = strength
        self.health = Health()
        self.history = History()
        self.tally = Tally()
        self.samples = 0
        self.logged = 0  # samples shown when the last row was written
        self.step = 0
        self.seconds = 0.0  # in steps
        self.waited = 0.0  # of these, for data
        self.judge_seconds = 0.0  # beside them
        self.learning_rate_factor = 1.0

    def parts(self) -> Parts:
        """All tensors: "weights" (players and average) and "state" (optimisers, randomness)."""
        held = {f"average.{k}": v for k, v in self.average.generator.state_dict().items()}
        for player, network in self.networks.items():
            held |= {f"{player}.{k}": v for k, v in network.state_dict().items()}
        moving = {
            f"{player}.{name}.{key}": value
            for player, name, _, moments in self._moments()
            for key, value in moments.items()
        }
        moving |= {f"streams.{name}": value for name, value in self.streams.state().items()}
        moving |= {f"tally.{name}": value for name, value in self.tally.state().items()}
        return {"weights": held, "state": moving}

    def counters(self) -> dict[str, Any]:
        """All that is not a tensor, as JSON."""
        return {
            "samples": self.samples,
            "logged": self.logged,
            "step": self.step,
            "seconds": self.seconds,
            "waited": self.waited,
            "judge_seconds": self.judge_seconds,
            "learning_rate_factor": self.learning_rate_factor,
            "seed": self.streams.seed,
            "strength": self.strength.state(),
            "health": self.health.state(),
            "history": self.history.state(),
        }

    def restore(self, parts: Parts, counters: Mapping[str, Any], origin: str) -> None:
        """Go on exactly where `parts` and `counters` were taken.

        Raises:
            BadData: something in the checkpoint does not fit the recipe's networks.
        """
        held, moving = parts["weights"], parts["state"]
        weights.fill(self.average.generator, weights.select(held, "average."), origin)
        for player, network in self.networks.items():
            weights.fill(network, weights.select(held, f"{player}."), origin)
        self._restore_moments(moving, origin)
        self.streams.seed = counters["seed"]
        self.streams.restore(weights.select(moving, "streams."))
        self.tally.restore(weights.select(moving, "tally."))
        self.samples, self.step = counters["samples"], counters["step"]
        self.logged = counters["logged"]
        self.seconds, self.waited = counters["seconds"], counters["waited"]
        self.judge_seconds = counters["judge_seconds"]
        self.learning_rate_factor = counters["learning_rate_factor"]
        self.strength.restore(counters["strength"])
        self.health.restore(counters["health"])
        self.history.restore(counters["history"])

    def roll_back(self, parts: Parts, counters: Mapping[str, Any], origin: str) -> None:
        """Return to a good checkpoint, but on other random paths, and remember the trouble."""
        health = self.health
        self.health = Health()
        self.restore(parts, counters, origin)
        self.health = health
        self.streams.reseed(seed_for(self.streams.seed, f"rollback {health.rollbacks}"))

    def ease(self, care: Care, times: int) -> None:
        """Go on more gently: what each return to the best checkpoint changes, so many times."""
        self.history.begin_anew()
        self.learning_rate_factor *= care.learning_rate_factor**times
        raised = self.strength.strength + times * care.augment_step
        self.strength.restore({"strength": min(raised, 1.0)})

    def _moments(self) -> Iterator[tuple[str, str, nn.Parameter, dict[str, Tensor]]]:
        """Adam's moments by player and parameter name; empty before a parameter's first step."""
        for player, optimiser in self.optimisers.items():
            for name, parameter in self.networks[player].named_parameters():
                yield player, name, parameter, optimiser.state[parameter]

    def _restore_moments(self, moving: Mapping[str, Tensor], origin: str) -> None:
        for player, name, parameter, moments in self._moments():
            moments.clear()
            stored = weights.select(moving, f"{player}.{name}.")
            for key in ("step", "exp_avg", "exp_avg_sq"):
                if not stored:
                    continue
                like = (
                    parameter.detach()
                    if key != "step"
                    else torch.zeros((), device=parameter.device)
                )
                if key not in stored or stored[key].shape != like.shape:
                    raise BadData(f"{origin} does not fit: the optimiser state of {name} differs.")
                # The moments must lie in memory as their parameter does (channels-last).
                moments[key] = torch.empty_like(like).copy_(stored[key])
