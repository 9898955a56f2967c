"""Every family of networks: how fast in which precision, and how near to the machine's peak."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from contest import HERE, PYTHON, Contender, contest, ratio, say, spread
from sparring.core import components
from sparring.core.errors import UserError
from sparring.data import mnist

PRECISIONS = ("float32", "bfloat16")
BATCH = 64


@dataclass(frozen=True)
class Family:
    """One family's steps on MNIST, non-saturating, both players.

    Attributes:
        name: of the networks.
        gflop: billions of operations in products and convolutions of one step of 64 images.
        images_per_second: by precision.
        peak: billions of operations a second of plain matrix products, by precision.
        share: of that peak which the steps reach, by precision.
        gain: how many times as fast bfloat16 is, with the least and greatest of any round.
    """

    name: str
    gflop: float
    images_per_second: Mapping[str, float]
    peak: Mapping[str, float]
    share: Mapping[str, float]
    gain: tuple[float, float, float]


def present() -> list[str]:
    """The families that make images."""
    spec, found = mnist.MNIST().spec, []
    for name in components.names(components.GENERATOR.folder):
        with contextlib.suppress(ValueError, UserError):
            components.build(components.GENERATOR, {"name": name}, spec, where="networks")
            found.append(name)
    return found


def peaks(rivals: Mapping[str, Contender]) -> dict[str, float]:
    """Operations a second of plain matrix products, by precision."""
    return {
        precision: rivals[precision].facts["flops"] / median(rivals[precision].step_seconds)
        for precision in PRECISIONS
    }


def measure(name: str, *, seconds: float, rounds: int, warm_up: float) -> Family:
    """Time one family in both precisions beside plain matrix products."""
    say(f"family {name}")
    networks = [f"networks.{player}.name={name}" for player in ("generator", "discriminator")]
    bare = [PYTHON, HERE / "baselines/bare_step.py", "tutorial", f"data.batch={BATCH}", *networks]
    products = [PYTHON, HERE / "baselines/products.py"]
    commands: dict[str, list[Any]] = {}
    for precision in PRECISIONS:
        commands[precision] = [*products, precision]
        commands[f"{name} {precision}"] = [*bare, f"training.precision={precision}"]
    rivals = contest(commands, seconds=seconds, rounds=rounds, warm_up=warm_up)
    peak = peaks(rivals)
    steps = {p: rivals[f"{name} {p}"] for p in PRECISIONS}
    flops = steps["float32"].facts["flops"]
    times = {p: steps[p].step_seconds for p in PRECISIONS}
    return Family(
        name=name,
        gflop=flops / 1e9,
        images_per_second={p: steps[p].images_per_second for p in PRECISIONS},
        peak={p: peak[p] / 1e9 for p in PRECISIONS},
        share={p: flops / median(times[p]) / peak[p] for p in PRECISIONS},
        gain=(ratio(*_both(times)), *spread(*_both(times))),
    )


def _both(times: Mapping[str, list[float]]) -> tuple[list[float], list[float]]:
    return times["float32"], times["bfloat16"]
