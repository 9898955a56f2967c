"""The least code that trains a recipe's networks by its objective: what the loop is held against.

A step here is: gather images and labels from resident arrays, convert them, draw latents, both
players' losses written out by hand, backward to the player's own weights, fused Adam. There is no
average of the generator, no log, no check of losses, no preview, no checkpoint, no schedule of
the learning rate, no order of the data that could be resumed. The networks are the recipe's own.

    python bare_step.py tutorial precision=bfloat16 --steps 1000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import torch
import turns
from torch import Tensor
from torch.nn.functional import softplus
from torch.utils.flop_counter import FlopCounterMode

from sparring.core import components
from sparring.core import device as devices
from sparring.core.recipe import Recipe, network_slot, parse_override
from sparring.core.spec import Condition
from sparring.networks import Discriminator, Generator

CPU = torch.device("cpu")


@dataclass
class Players:
    """Both networks, and what they are shown."""

    g: Generator
    d: Discriminator
    images: Tensor
    labels: dict[str, Tensor]
    batch: int

    def draw(self) -> tuple[Tensor, Condition]:
        """Real images and their labels."""
        index = torch.randint(len(self.images), (self.batch,))
        real = self.images[index].float().div_(127.5).sub_(1)
        return real, Condition({name: values[index] for name, values in self.labels.items()})

    def make(self, condition: Condition) -> Tensor:
        """As many generated ones."""
        return self.g(torch.randn(self.batch, self.g.latent), condition)

    def judge(self, condition: Condition, *samples: Tensor) -> tuple[Tensor, ...]:
        """Logits of each batch, from one pass."""
        stacked = condition.map(lambda index: torch.cat([index] * len(samples)))
        return self.d(torch.cat(samples), stacked).float().chunk(len(samples))


LossOf = Callable[[Players, Tensor, Condition, int], Tensor]


def non_saturating(settings: dict) -> tuple[LossOf, LossOf]:
    """The losses of D and of G (Goodfellow et al. 2014)."""
    assert settings["r1"]["start"] == settings["r1"]["end"] == 0.0, "written without penalty"

    def for_d(players: Players, real: Tensor, condition: Condition, step: int) -> Tensor:
        with torch.no_grad():
            fake = players.make(condition)
        on_real, on_fake = players.judge(condition, real, fake)
        return softplus(-on_real).mean() + softplus(on_fake).mean()

    def for_g(players: Players, real: Tensor, condition: Condition, step: int) -> Tensor:
        return softplus(-players.d(players.make(condition), condition).float()).mean()

    return for_d, for_g


def relativistic(settings: dict) -> tuple[LossOf, LossOf]:
    """The losses of D and of G (Huang et al. 2024), with exact penalties every few steps."""
    assert settings["penalty"] == "exact", "written with exact penalties"
    gamma, every = settings["gamma"]["start"], settings["penalty_every"]

    def for_d(players: Players, real: Tensor, condition: Condition, step: int) -> Tensor:
        with torch.no_grad():
            fake = players.make(condition)
        if step % every:
            on_real, on_fake = players.judge(condition, real, fake)
            return softplus(on_fake - on_real).mean()
        pair = [real.requires_grad_(), fake.requires_grad_()]
        on_real, on_fake = players.judge(condition, *pair)
        slopes = torch.autograd.grad((on_real.sum() + on_fake.sum()), pair, create_graph=True)
        at_real, at_fake = (slope.square().flatten(1).sum(1).mean() for slope in slopes)
        return softplus(on_fake - on_real).mean() + 0.5 * gamma * every * (at_real + at_fake)

    def for_g(players: Players, real: Tensor, condition: Condition, step: int) -> Tensor:
        with torch.no_grad():
            on_real = players.d(real, condition).float()
        return softplus(on_real - players.d(players.make(condition), condition).float()).mean()

    return for_d, for_g


OBJECTIVES = {"non_saturating": non_saturating, "relativistic": relativistic}


def players_of(recipe: Recipe) -> Players:
    """The recipe's networks and data, set up as Sparring sets them up."""
    torch.manual_seed(recipe.seed)
    dataset = components.build(components.DATASET, recipe.data, where="data")
    samples = dataset.split("train")
    pair = [
        components.build(
            network_slot(player), recipe.networks[player], dataset.spec, where=player
        ).to(memory_format=torch.channels_last)
        for player in ("generator", "discriminator")
    ]
    labels = {name: torch.from_numpy(values) for name, values in samples.labels.items()}
    return Players(*pair, torch.from_numpy(samples.values), labels, recipe.batch)


def training(recipe: Recipe) -> turns.Advance:
    """The bare loop."""
    if recipe.augment or recipe.training.accumulate > 1:
        raise SystemExit(f"{recipe.name} augments or accumulates; that is not written out here.")
    players, precision = players_of(recipe), recipe.training.precision
    losses = OBJECTIVES[recipe.objective["name"]](recipe.objective)
    adam = recipe.optimiser
    sides = [
        (
            loss,
            list(network.parameters()),
            torch.optim.Adam(
                network.parameters(),
                lr=adam.learning_rate.start,
                betas=adam.betas,
                eps=adam.epsilon,
                fused=True,
            ),
        )
        for loss, network in zip(losses, (players.d, players.g), strict=True)
    ]
    shown = 0

    def advance(steps: int) -> None:
        nonlocal shown
        for step in range(shown, shown + steps):
            real, condition = players.draw()
            for loss_of, weights, optimiser in sides:
                optimiser.zero_grad()
                with devices.autocast(CPU, precision):
                    loss = loss_of(players, real, condition, step)
                loss.backward(inputs=weights)
                optimiser.step()
        shown += steps

    return advance


def flops_of(advance: turns.Advance) -> int:
    """Floating-point operations of one step's products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        advance(1)
    return counter.get_total_flops()


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--turns", action="store_true", help="train when told to on stdin")
    chosen = parser.parse_args()
    recipe = Recipe.read(chosen.recipe).replace(dict(map(parse_override, chosen.overrides)))
    with devices.threads(recipe.training.threads):
        advance = training(recipe)
        if chosen.turns:
            flops, threads = flops_of(advance), torch.get_num_threads()
            turns.answer(
                advance, batch=recipe.batch, torch=torch.__version__, flops=flops, threads=threads
            )
        else:
            turns.alone(advance, chosen.steps, recipe.batch)


if __name__ == "__main__":
    main()
