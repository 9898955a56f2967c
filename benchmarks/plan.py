"""What the table of quality is made of: recipes, settings, seeds, and how long each is trained."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

NETWORKS: dict[str, dict[str, int | list[int]]] = {
    "mlp": {},
    "dcgan": {"width": 32},
    "resnet": {"width": 16},
    "r3gan": {"widths": [32, 32, 16], "blocks": 1},
    "painter": {"width": 64},
}
"""Every family, so narrow that one core shows it 700 images a second or more, by `relativistic`."""
OBJECTIVES = (
    "minimax",
    "non_saturating",
    "least_squares",
    "hinge",
    "wasserstein_gp",
    "relativistic",
)


@dataclass(frozen=True)
class Entry:
    """One row: a recipe with settings, trained once for each seed.

    Attributes:
        name: of the row and of its runs' folders.
        recipe: a shipped recipe's name or a file.
        settings: overrides, as on the command line.
        seeds: one run each.
        data: what it is judged on; empty = what it learned from.
    """

    name: str
    recipe: str
    settings: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    data: str = ""


def best() -> list[Entry]:
    """The shipped recipes at their own length, and the tutorial's pair beside them."""
    return [
        Entry("digits_best", "digits_best"),
        Entry("digits", "digits"),
        Entry("digits_quick", "digits_quick", data="mnist"),
        Entry("digits_quick of 60,000", "digits_quick", ("data.name=mnist",)),
        Entry(
            "digits of 5,000, augmented",
            "digits",
            ("data.name=mnist_5k", "augment.name=gentle"),
            data="mnist",
        ),
        Entry("fashion_best", "fashion_best"),
        Entry("fashion", "fashion"),
        Entry("stacked_digits", "stacked_digits"),
        Entry("tutorial", "tutorial", data="mnist"),
        Entry("tutorial_minimax", "tutorial_minimax", data="mnist"),
        # Nearly as long as `digits` takes, so that the distance is not one of patience.
        Entry("tutorial for ten minutes", "tutorial", ("samples=2_600_000",), data="mnist"),
    ]


def sounds() -> list[Entry]:
    """The shipped recipes for sound, and the default one three times as long."""
    return [
        Entry("spoken_digits", "spoken_digits"),
        Entry("spoken_digits_quick", "spoken_digits_quick"),
        Entry(
            "spoken_digits three times as long",
            "spoken_digits",
            ("samples=300_000", "training.ema_half_life=15_000"),
        ),
        Entry("wavegan_small", "wavegan_small"),
    ]


def pairs(budget: int, seeds: tuple[int, ...]) -> list[Entry]:
    """Every objective with every family, with the same data, batch, optimiser and length.

    What is left of `digits` was chosen there: how objective and networks of its own names are set.
    """
    entries = []
    for network, objective in itertools.product(NETWORKS, OBJECTIVES):
        settings = [f"samples={budget}", f"objective.name={objective}", "data.batch=32"]
        settings += ["optimiser.learning_rate={start=5e-4,end=0.0,begin=0.3}"]
        settings += ["training.ema_half_life=10_000"]
        for player in ("generator", "discriminator"):
            settings.append(f"networks.{player}.name={network}")
            settings += [f"networks.{player}.{k}={v}" for k, v in NETWORKS[network].items()]
        entries.append(Entry(f"{network} {objective}", "digits", tuple(settings), seeds))
    return entries
