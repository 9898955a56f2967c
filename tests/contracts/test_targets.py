"""Every generator becomes a graph that agrees with it, in every form in which models are given."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torch
from test_networks import NAMES, SMALL, at_home, has

from sparring.core import components
from sparring.core.components import GENERATOR, TARGET
from sparring.core.recipe import Recipe
from sparring.exporting._checking import TOLERANCE, check
from sparring.exporting._graph import Graph, graph_of
from sparring.generation.model_file import modality_of
from sparring.generation.sampler import Sampler

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

FAMILIES = [name for name in NAMES if has(GENERATOR, name)]
TARGETS = components.names("exporting")
QUICK = ("painter", "transformer", "wavegan")
"""Pictures, texts and waves; the others take their turn with the long tests."""


def graph(name: str) -> Graph:
    """Of a tiny generator that heeds two label sets, where it heeds any."""
    if name == "pretrained":
        pytest.importorskip("transformers")
    spec, network = at_home(GENERATOR, name, "two")
    with torch.no_grad():
        for parameter in network.parameters():  # leave the zeros that some layers start from
            parameter.add_(torch.randn_like(parameter) * 0.02)
    known = inspect.signature(components.find(GENERATOR, name)).parameters
    table = {"name": name, **{key: value for key, value in SMALL.items() if key in known}}
    recipe = Recipe.from_json(
        {
            "name": name,
            "samples": 1,
            "data": {"name": "mnist"},
            "networks": {"generator": table},
            "objective": {"name": "hinge"},
        }
    )
    return graph_of(Sampler(network, recipe, modality_of(spec), {"licence": "none"}))


CASES = [
    pytest.param(name, target, marks=[] if target != "onnx" or name in QUICK else pytest.mark.slow)
    for name in FAMILIES
    for target in TARGETS
]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_a_family_makes_the_same_elsewhere(name: str, target: str, tmp_path: Path) -> None:
    form = components.find(TARGET, target)()
    whole = graph(name)
    form.write(whole, tmp_path)
    assert (tmp_path / form.file).is_file()
    run = form.opened(tmp_path, whole)
    assert check(whole, run) <= TOLERANCE
    told = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert str(Path(__file__).parents[2]).encode() not in told, "nobody learns where our code lies"
    assert b"site-packages" not in told


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_says_what_it_needs(target: str) -> None:
    form = components.find(TARGET, target)
    assert form.__doc__
    assert form.file
    assert not form.__subclasses__()
