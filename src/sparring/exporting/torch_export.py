"""A torch.export program: for torch, without Sparring and its networks' code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from sparring.exporting import Run, Target
from sparring.exporting._graph import Graph, following, traced


class TorchExport(Target):
    """A torch.export program, `model.pt2`: a zip with a graph without code, and its weights.

    torch reads it with its own reader, which is as safe as that is. Sparring opens none but the one
    that it has just written, to check it; it loads models from safetensors alone.
    """

    file = "model.pt2"
    packages = ()
    imports = ("import torch",)
    opening = (
        'graph = torch.export.load(__file__.removesuffix("example.py") + "model.pt2").module()'
    )
    call = "graph(*map(torch.from_numpy, inputs.values())).numpy()"

    def write(self, graph: Graph, folder: Path) -> None:
        """Write the file.

        Raises:
            UserError: torch cannot follow the network.
        """
        program = traced(graph)
        with following(graph, "exported by torch.export"):
            torch.export.save(program, folder / self.file)

    def opened(self, folder: Path, graph: Graph) -> Run:
        """Run by torch on the CPU."""
        with following(graph, "read again by torch.export"):
            module = torch.export.load(folder / self.file).module()

        def run(inputs: Sequence[Tensor]) -> Tensor:
            with torch.no_grad():
                return module(*inputs)

        return run
