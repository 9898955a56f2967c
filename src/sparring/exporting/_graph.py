"""What is exported: a network with everything that it is asked as plain tensors, in order."""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from sparring.core.errors import UserError
from sparring.core.spec import Condition, in_full
from sparring.generation.asking import conditions
from sparring.generation.sampler import Sampler
from sparring.networks import Generator
from sparring.networks._language import LanguageModel

SEEDS = 64
"""Seeds on which what was exported is compared with the original."""
OWN = ("latents", "given", "tokens", "samples", "logits")
"""Names that label sets do not get."""
TRACED = 3  # samples in the batch that is traced; its size stays free


class Graph(nn.Module, ABC):
    """A network as a function from tensors to one tensor, with the samples to try it on.

    Args:
        sampler: whose network it is.

    Attributes:
        inputs: for each input by name, in order, the `SEEDS` rows that it is tried on.
        meanings: what each input is, in words.
        label_sets: the classes of each input that is a label.
        family: the network's name in a recipe.
    """

    output: ClassVar[str]
    """Name of the one output."""
    about: ClassVar[str]
    """What that is beside the meaning of samples, for the card."""

    def __init__(self, sampler: Sampler) -> None:
        super().__init__()
        self.family = str(sampler.recipe.networks["generator"]["name"])
        self.label_sets = {_free(name): classes for name, classes in sampler.labels.items()}
        self.latents = sampler.latents(range(SEEDS))
        self.condition = conditions(sampler.spec, range(SEEDS), {})
        if sampler.spec.given:
            chance = torch.Generator().manual_seed(0)
            self.condition = Condition(
                self.condition.labels,
                given=torch.rand((SEEDS, *sampler.spec.given), generator=chance) * 2 - 1,
            )
        labels = {_free(name): self.condition.labels[name] for name in sampler.labels}
        self.inputs: dict[str, Tensor] = labels
        self.meanings = {
            name: f"number of the class, 0 to {len(self.label_sets[name]) - 1}" for name in labels
        }
        self.sets = tuple(sampler.labels)
        self.sampler = [sampler]  # in a list, so that its tensors are not taken for ours

    def asked(self, labels: Sequence[Tensor], given: Tensor | None = None) -> Condition:
        """The condition that labels in the order of the inputs say."""
        return Condition(dict(zip(self.sets, labels, strict=True)), given=given)

    @abstractmethod
    def compared(self, rows: slice, made: Tensor) -> float:
        """The largest difference from the original in these rows of `inputs`."""


class Making(Graph):
    """From latents, labels and what is given to samples."""

    network: Generator
    """A copy of the original on the CPU."""
    output = "samples"
    about = ""

    def __init__(self, sampler: Sampler) -> None:
        super().__init__(sampler)
        self.network = copy.deepcopy(sampler.original).cpu()
        first = {"latents": self.latents}
        self.meanings["latents"] = "independent standard normal numbers"
        last: dict[str, Tensor] = {}
        if self.condition.given is not None:
            last["given"] = self.condition.given
            self.meanings["given"] = "what each sample is made from"
        self.inputs = {**first, **self.inputs, **last}
        self.wanted = sampler(self.latents, self.condition)

    def forward(self, latents: Tensor, *others: Tensor) -> Tensor:
        """Samples in the Spec's shape."""
        count = len(self.sets)
        given = others[count] if len(others) > count else None
        return in_full(self.network(latents, self.asked(others[:count], given)))

    def compared(self, rows: slice, made: Tensor) -> float:
        """The largest difference of any number."""
        return float((made - self.wanted[rows]).abs().max())


class Reading(Graph):
    """From texts to what a language model thinks of every place, having read those before it.

    A text is written by running it once for every place, as a loop that ends when a text does is
    no graph.
    """

    network: LanguageModel
    """A copy of the original on the CPU."""
    output = "logits"
    about = (
        "One logit for each place and symbol: what the model thinks of place i, having read the "
        "`tokens` before it. Draw symbol after symbol, as the example does; symbols 0 and 1 are "
        "never drawn."
    )

    def __init__(self, sampler: Sampler, model: LanguageModel) -> None:
        super().__init__(sampler)
        self.network = copy.deepcopy(model).cpu()
        self.inputs = {"tokens": sampler(self.latents, self.condition), **self.inputs}
        last = model.symbols - 1
        self.meanings["tokens"] = f"symbols so far, 0 to {last}; later places may hold any"

    def forward(self, tokens: Tensor, *labels: Tensor) -> Tensor:
        """One logit for each place and symbol."""
        return self.network.logits(tokens, self.asked(labels)).float()

    def compared(self, rows: slice, made: Tensor) -> float:
        """The largest difference of any logit."""
        wanted = self(*(rows_of[rows] for rows_of in self.inputs.values()))
        return float((made - wanted).abs().max())


def graph_of(sampler: Sampler) -> Graph:
    """What there is to export of a model.

    Raises:
        UserError: the sampler asks its model in a way of its own, which is no part of the model.
    """
    if sampler.generator is not sampler.original or sampler.given is not None:
        ways = ", ".join(sampler.ways) or "another generator"
        raise UserError(
            f"This sampler asks its model in a way of its own ({ways}), which cannot be exported; "
            "export the model as it was loaded."
        )
    model = sampler.original
    graph = Reading(sampler, model) if isinstance(model, LanguageModel) else Making(sampler)
    return graph.eval().requires_grad_(False)


def traced(graph: Graph) -> torch.export.ExportedProgram:
    """The graph as a torch.export program whose inputs share one free first axis.

    Nothing in it says where on this machine the code lies.

    Raises:
        UserError: torch cannot follow the network; the message says why.
    """
    few = tuple(rows[:TRACED] for rows in graph.inputs.values())
    with torch.no_grad(), following(graph, "traced"):
        graph(*few)  # tables that are made once and kept must not be made of traced tensors
        program = torch.export.export(graph, few, dynamic_shapes=free_axes(graph))
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                node.meta.pop("stack_trace", None)
    return program


def free_axes(graph: Graph) -> tuple[Any, ...]:
    """What is free in the inputs of a graph: how many rows all of them have."""
    first, *others = [{0: torch.export.Dim("batch", min=1)} for _ in graph.inputs]
    return (first, tuple(others)) if others else (first,)


@contextlib.contextmanager
def following(graph: Graph, done: str) -> Iterator[None]:
    """A block in which torch's own exporters work, without their talk to their developers.

    Raises:
        UserError: they fail.
    """
    logs = [logging.getLogger(name) for name in ("torch.onnx", "torch.fx", "torch.export")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            for category in (FutureWarning, DeprecationWarning, UserWarning):
                warnings.simplefilter("ignore", category)
            yield
    except Exception as error:  # they raise whatever their parts do
        raise UserError(
            f"The network {graph.family!r} cannot be {done}: {_reason(error)}. Nothing was written."
        ) from error
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _reason(error: Exception) -> str:
    """The first line of what was the matter at first."""
    first: BaseException = error
    while first.__cause__ is not None:
        first = first.__cause__
    lines = str(first).splitlines() or [type(first).__name__]
    return lines[0].rstrip(".")[:300]


def _free(name: str) -> str:
    return f"{name}_label" if name in OWN else name


def ports(graph: Graph) -> Mapping[str, str]:
    """Kind and shape of every input, such as "float32 [batch, 64]"."""
    return {name: kind_of(rows) for name, rows in graph.inputs.items()}


def kind_of(rows: Tensor) -> str:
    """Kind and shape of a batch, whose size is free."""
    sizes = ", ".join(["batch", *map(str, rows.shape[1:])])
    return f"{str(rows.dtype).removeprefix('torch.')} [{sizes}]"
