"""Models for other programs: one target in each file, each checked against the original.

To add a target write `exporting/<name>.py` with one final subclass of `Target`. It writes a graph
into a folder and runs what it wrote; everything else is the same for all: `_session` compares the
two on 64 seeds, writes the card and the example, and lets the folder appear when all is well.

    class Numbers(Target):
        file = "weights.npz"
        packages = ("numpy",)
        imports = ("import numpy as np",)
        opening = "graph = ..."  # a line of Python that opens `file`
        call = "graph(inputs)"  # and what gives an array from `inputs`, a table of arrays

        def write(self, graph: Graph, folder: Path) -> None: ...
        def opened(self, folder: Path, graph: Graph) -> Run: ...

`traced(graph)` in `_graph` is the network as a torch.export program, from which most targets start.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from torch import Tensor

from sparring.exporting._graph import Graph

Run = Callable[[Sequence[Tensor]], Tensor]
"""Gives the output for the inputs, in the order of `Graph.inputs`; all on the CPU."""


class Target(ABC):
    """A form in which other programs read a model."""

    file: ClassVar[str]
    """The file to open."""
    packages: ClassVar[tuple[str, ...]]
    """What is needed to write it, beyond what Sparring needs; the extra `export` brings it."""
    imports: ClassVar[tuple[str, ...]]
    """Lines of Python that import what runs it."""
    opening: ClassVar[str]
    """A line of Python that opens the file as `graph`, beside `example.py`, which it stands in."""
    call: ClassVar[str]
    """Python for the output as an array of numpy, from `inputs`, arrays of numpy by name."""

    @abstractmethod
    def write(self, graph: Graph, folder: Path) -> None:
        """Write the files of a graph, whose first axes are free, into a folder that is there.

        Raises:
            UserError: the network cannot be exported in this form; the message says why.
        """

    @abstractmethod
    def opened(self, folder: Path, graph: Graph) -> Run:
        """What was written, ready to run without the original."""
