"""The example beside an exported model: a page of Python that needs no Sparring."""

from __future__ import annotations

import json

from sparring.exporting import Target
from sparring.exporting._graph import Graph, Reading
from sparring.modalities import Elsewhere
from sparring.modalities._tokens import END

MOST = 10  # lines
SHOWN = 8  # samples


def example(target: Target, graph: Graph, elsewhere: Elsewhere) -> str:
    """Python that makes `SHOWN` samples with what was exported, and writes or shows them."""
    makes = _written if isinstance(graph, Reading) else _made
    imports = sorted({"import numpy as np", *target.imports, *elsewhere.imports}, key=_order)
    lines = [*imports, target.opening, *makes(target, graph), *elsewhere.lines]
    assert len(lines) <= MOST, "an example is short"
    return "\n".join(lines) + "\n"


def _made(target: Target, graph: Graph) -> list[str]:
    """All at once."""
    asked = {}
    for name, rows in graph.inputs.items():
        size = ", ".join(map(str, (SHOWN, *rows.shape[1:])))
        asked[name] = f"np.random.default_rng(0).standard_normal(({size}), np.float32)"
        if name in graph.label_sets:
            asked[name] = _in_turn(graph, name)
        elif name == "given":
            asked[name] = f"np.zeros(({size}), np.float32)"
    return [_table(asked), f"samples = {target.call}"]


def _written(target: Target, graph: Graph) -> list[str]:
    """Symbol after symbol; the largest of logits with Gumbel noise is a fair draw."""
    places = graph.inputs["tokens"].shape[1]
    asked = {name: _in_turn(graph, name) for name in graph.label_sets}
    noise = "np.random.default_rng(place).gumbel(size=logits.shape)"
    return [
        _table({"tokens": f"(samples := np.zeros(({SHOWN}, {places}), np.int64))", **asked}),
        f"for place in range({places}):",
        f"    logits = {target.call}[:, place, {END}:]",
        f"    samples[:, place] = (logits + {noise}).argmax(1) + {END}",
    ]


def _in_turn(graph: Graph, name: str) -> str:
    return f"np.arange({SHOWN}) % {len(graph.label_sets[name])}"


def _table(asked: dict[str, str]) -> str:
    return (
        "inputs = {"
        + ", ".join(f"{json.dumps(name)}: {made}" for name, made in asked.items())
        + "}"
    )


def _order(line: str) -> tuple[bool, str]:
    """Whole modules first, then parts, each by name."""
    return line.startswith("from"), line
