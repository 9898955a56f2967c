"""A model that computes with onnxruntime and is asked like any other; and which one is faster."""

from __future__ import annotations

import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.errors import UserError
from sparring.core.spec import Condition
from sparring.exporting import Run
from sparring.exporting._checking import check
from sparring.exporting._graph import Graph, Making, graph_of
from sparring.exporting._session import require
from sparring.exporting.onnx import Onnx
from sparring.generation.sampler import BLOCK, Sampler
from sparring.networks import Generator
from sparring.provenance.facts import ENGINE, Facts

Engine = Literal["torch", "onnx", "auto"]
"""What computes: PyTorch, onnxruntime, or the one that is measured to be faster here."""
ONNX = "onnxruntime"
GAIN = 1.05  # times as fast as torch, for another engine to be worth other last digits
ROUNDS = 7
BLOCKS = 3  # of `BLOCK` samples in each round


class _Run(Generator):
    """A generator whose samples another engine computes; its weights stay, to be asked about."""

    def __init__(self, original: Generator, graph: Graph, run: Run) -> None:
        super().__init__()
        self.latent = original.latent
        self.original = original
        self.sets = graph.sets
        self.run = run

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """As the original, to 1e-4."""
        given = [] if condition.given is None else [condition.given]
        return self.run([latents, *(condition.labels[name] for name in self.sets), *given])


def on_engine(sampler: Sampler, engine: Engine) -> Sampler:
    """The same model, computed by that engine.

    Args:
        sampler: as `load` gives it.
        engine: see `Engine`.

    Raises:
        CheckFailed: as `onnx_engine`, for "onnx".
        UserError: as `onnx_engine`, for "onnx".
    """
    match engine:
        case "torch":
            return sampler
        case "onnx":
            return onnx_engine(sampler)
        case "auto":
            return faster(sampler)


def as_then(sampler: Sampler, facts: Facts) -> Sampler:
    """The model on the engine that made a file, where that is installed; else as it is.

    Args:
        sampler: as `load` gives it.
        facts: of the file.
    """
    if not str(facts.origin.ways.get(ENGINE, "")).startswith(ONNX):
        return sampler
    try:
        return onnx_engine(sampler)
    except UserError:
        return sampler


def require_onnx() -> None:
    """Make sure that onnxruntime and what writes its files are installed.

    Raises:
        UserError: they are not; the message has the command that installs them.
    """
    require(Onnx())


def onnx_engine(sampler: Sampler) -> Sampler:
    """The same model, computed by onnxruntime on the CPU; it says so in every label.

    It is exported into a temporary folder and checked against the original, which takes seconds. It
    computes with as many threads as torch has now, and may be asked from several threads.

    Args:
        sampler: on the CPU, as `load` gives it.

    Raises:
        CheckFailed: the exported model differs from the original.
        UserError: the extra `export` is missing, the network cannot be exported, the model lies on
            a GPU, writes symbol after symbol, or is asked in a way of its own.
    """
    target = Onnx()
    require(target)
    if next(sampler.original.parameters()).device.type != "cpu":
        raise UserError("onnxruntime computes on the CPU here; the device must be cpu.")
    graph = graph_of(sampler)
    if not isinstance(graph, Making):
        raise UserError(
            f"{graph.family!r} writes symbol after symbol and remembers what it has read, which "
            "onnxruntime cannot do here; choose the engine torch or auto."
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        target.write(graph, Path(name))
        run = target.opened(Path(name), graph)
        check(graph, run)
    ways = {**sampler.ways, ENGINE: f"{ONNX} {version(ONNX)}"}
    return sampler.through(_Run(sampler.original, graph, run), ways)


def faster(sampler: Sampler) -> Sampler:
    """The same model on the engine that is measured to be faster here; torch when in doubt.

    The model as it is, where onnxruntime is not installed or cannot serve it.
    """
    try:
        other = onnx_engine(sampler)
    except UserError:
        return sampler
    return other if speedup(sampler, other) > GAIN else sampler


def speedup(sampler: Sampler, other: Sampler, rounds: int = ROUNDS) -> float:
    """How many times as fast `other` is: the ratio of median seconds for the same samples.

    Both take turns, on blocks as `Sampler` computes them, after a turn that does not count.
    """
    count = BLOCKS * BLOCK
    latents = sampler.latents(range(count))
    condition = Condition(
        {name: torch.arange(count) % len(classes) for name, classes in sampler.spec.labels.items()},
        given=torch.zeros(count, *sampler.spec.given) if sampler.spec.given else None,
    )
    times: dict[int, list[float]] = {0: [], 1: []}
    for number in range(rounds + 1):
        for which, each in enumerate((sampler, other)):
            begun = time.perf_counter()
            each(latents, condition)
            if number:
                times[which].append(time.perf_counter() - begun)
    return statistics.median(times[0]) / statistics.median(times[1])
