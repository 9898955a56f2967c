"""ONNX: for onnxruntime and many other programs, on any machine, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from sparring.exporting import Run, Target
from sparring.exporting._graph import Graph, following, free_axes, traced


class Onnx(Target):
    """An ONNX graph, `model.onnx`, with its weights beside it in `model.onnx.data`."""

    file = "model.onnx"
    packages = ("onnx", "onnxscript", "onnxruntime")
    imports = ("import onnxruntime",)
    opening = (
        'graph = onnxruntime.InferenceSession(__file__.removesuffix("example.py") + "model.onnx")'
    )
    call = "graph.run(None, inputs)[0]"

    def write(self, graph: Graph, folder: Path) -> None:
        """Write both files.

        Raises:
            UserError: an operation of the network has no ONNX form.
        """
        program = traced(graph)
        with following(graph, "exported to ONNX"):
            made = torch.onnx.export(
                program,
                dynamo=True,
                input_names=list(graph.inputs),
                output_names=[graph.output],
                dynamic_shapes=free_axes(graph),  # for their names
                verbose=False,
            )
            assert made is not None, "dynamo gives a program"
            for node in made.model.graph.all_nodes():
                node.metadata_props.clear()  # they say where on this machine the code lies
            made.save(folder / self.file, external_data=True)

    def opened(self, folder: Path, graph: Graph) -> Run:
        """Run by onnxruntime on the CPU, with as many threads as torch has now."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors alone
        session = onnxruntime.InferenceSession(
            str(folder / self.file), options, providers=["CPUExecutionProvider"]
        )
        names = list(graph.inputs)

        def run(inputs: Sequence[Tensor]) -> Tensor:
            fed = {name: rows.numpy() for name, rows in zip(names, inputs, strict=True)}
            return torch.from_numpy(session.run(None, fed)[0])

        return run
