"""Every family of networks serves every image, or says in a sentence why not."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.core import components
from sparring.core.components import DISCRIMINATOR, GENERATOR, Slot
from sparring.core.errors import UserError
from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator

NAMES = components.names("networks")
SLOTS = [GENERATOR, DISCRIMINATOR]
DIGIT, STYLE = ("0", "1", "2"), ("thin", "bold")
LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "unconditional": {},
    "one": {"digit": DIGIT},
    "two": {"digit": DIGIT, "style": STYLE},
}
SHAPES = [(1, 28, 28), (3, 32, 32), (4, 16, 24), (2, 64, 64)]
SMALL: dict[str, Any] = {"widths": [16, 16], "width": 8, "latent": 16, "group_size": 8}
"""Sizes that make networks tiny, each used where a family has such an argument."""


def build(slot: Slot, name: str, spec: Spec, seed: int = 0) -> Any:
    known = inspect.signature(components.find(slot, name)).parameters
    torch.manual_seed(seed)
    small = {key: value for key, value in SMALL.items() if key in known}
    return components.build(slot, {"name": name, **small}, spec, where=f"networks.{slot.interface}")


def image_spec(shape: tuple[int, ...], labels: str = "one") -> Spec:
    return Spec("image", shape, labels=LABELS[labels])


def condition_for(spec: Spec, count: int) -> Condition:
    index = torch.arange(count)
    return Condition({name: index % len(classes) for name, classes in spec.labels.items()})


def entry_for(network: Any, spec: Spec, count: int = 4) -> tuple[Tensor, Condition]:
    rng = torch.Generator().manual_seed(5)
    shape = (network.latent,) if isinstance(network, Generator) else spec.shape
    return torch.randn((count, *shape), generator=rng), condition_for(spec, count)


def has(slot: Slot, name: str) -> bool:
    try:
        components.find(slot, name)
    except UserError:
        return False
    return True


PLAYERS = [(slot, name) for name in NAMES for slot in SLOTS if has(slot, name)]
players = pytest.mark.parametrize(
    ("slot", "name"), PLAYERS, ids=[f"{name}-{slot.interface}" for slot, name in PLAYERS]
)


def built_or_skipped(slot: Slot, name: str, spec: Spec) -> Any:
    try:
        return build(slot, name, spec)
    except UserError as error:
        text = str(error)
        assert re.search(r"\d", text), "a refusal says what was given"
        assert re.search(r"; (choose|resize|give)", text), "a refusal says what to do"
        pytest.skip(text)


@players
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gives_finite_results_of_the_right_shape(
    slot: Slot, name: str, shape: tuple[int, ...], labels: str
) -> None:
    spec = image_spec(shape, labels)
    network = built_or_skipped(slot, name, spec)
    result = network(*entry_for(network, spec))
    assert result.shape == ((4, *shape) if slot is GENERATOR else (4,))
    assert result.isfinite().all()


@players
@pytest.mark.parametrize("labels", LABELS)
def test_gradients_reach_every_parameter(slot: Slot, name: str, labels: str) -> None:
    spec = image_spec((1, 28, 28), labels)
    network = built_or_skipped(slot, name, spec)
    with torch.no_grad():
        for parameter in network.parameters():  # leave the zeros that some layers start from
            parameter.add_(torch.randn_like(parameter) * 0.02)
    network(*entry_for(network, spec, 12)).square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


@players
def test_same_seed_same_numbers(slot: Slot, name: str) -> None:
    spec = image_spec((1, 28, 28))
    first, second = (built_or_skipped(slot, name, spec) for _ in range(2))
    assert torch.equal(first(*entry_for(first, spec)), second(*entry_for(second, spec)))


@players
@pytest.mark.parametrize("labels", LABELS)
def test_weights_survive_saving(slot: Slot, name: str, labels: str) -> None:
    spec = image_spec((1, 28, 28), labels)
    network = built_or_skipped(slot, name, spec)
    network(*entry_for(network, spec))
    other = build(slot, name, spec, seed=1)
    other.load_state_dict(network.state_dict())
    network.eval(), other.eval()
    assert torch.equal(network(*entry_for(network, spec)), other(*entry_for(other, spec)))


@players
def test_labels_matter_and_order_of_sets_does_not(slot: Slot, name: str) -> None:
    spec = image_spec((1, 28, 28), "two")
    network = built_or_skipped(slot, name, spec).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    entry, condition = entry_for(network, spec)
    plain = network(entry, condition)
    backward = Condition(dict(reversed(condition.labels.items())))
    assert torch.equal(plain, network(entry, backward))
    for changed in spec.labels:
        shifted = (condition.labels[changed] + 1) % len(spec.labels[changed])
        other = network(entry, Condition({**condition.labels, changed: shifted}))
        assert not torch.allclose(plain, other)


@players
def test_missing_labels_are_named(slot: Slot, name: str) -> None:
    spec = image_spec((1, 28, 28), "two")
    network = built_or_skipped(slot, name, spec)
    entry, condition = entry_for(network, spec)
    with pytest.raises(LookupError, match="style"):
        network(entry, Condition({"digit": condition.labels["digit"]}))


@players
def test_serves_a_spec_or_refuses_it_in_a_sentence(slot: Slot, name: str) -> None:
    refused = []
    for spec in (
        Spec("text", (32,), symbols=50),
        Spec("audio", (1600,), rate=8000),
        Spec("image", (1, 30, 27)),
        Spec("image", (1, 4, 4)),
    ):
        try:
            network = build(slot, name, spec)
        except UserError as error:
            assert str(error).startswith("networks.")
            assert re.search(r"; (choose|resize|give)", str(error))
            refused.append(spec)
        else:
            result = network(*entry_for(network, spec))
            assert result.shape == ((4, *spec.shape) if slot is GENERATOR else (4,))
            assert result.isfinite().all()
    assert refused, "no network serves symbols, sounds and odd images alike"


@players
def test_runs_under_bfloat16_autocast(slot: Slot, name: str) -> None:
    spec = image_spec((1, 28, 28), "two")
    network = built_or_skipped(slot, name, spec)
    with torch.autocast("cpu", torch.bfloat16):
        result = network(*entry_for(network, spec))
    assert result.isfinite().all()
    result.float().square().mean().backward()


@players
def test_cites_its_source(slot: Slot, name: str) -> None:
    assert re.search(r"(19|20)\d\d", components.find(slot, name).__doc__ or "")


@pytest.mark.parametrize("name", [name for name in NAMES if has(GENERATOR, name)])
def test_generators_tell_the_size_of_their_latents(name: str) -> None:
    network = built_or_skipped(GENERATOR, name, image_spec((1, 28, 28)))
    assert isinstance(network, Generator)
    assert isinstance(network.latent, int)
    assert network.latent > 0


@pytest.mark.parametrize("name", [name for name in NAMES if has(DISCRIMINATOR, name)])
@pytest.mark.parametrize("labels", LABELS)
def test_discriminators_judge_each_sample_on_its_own(name: str, labels: str) -> None:
    spec = image_spec((1, 28, 28), labels)
    network = built_or_skipped(DISCRIMINATOR, name, spec)
    assert isinstance(network, Discriminator)
    network(*entry_for(network, spec))
    network.eval()  # stills the running estimates of spectral normalisation
    samples, condition = entry_for(network, spec)
    alone = network(samples[:1], condition.map(lambda tensor: tensor[:1]))
    torch.testing.assert_close(alone, network(samples, condition)[:1], rtol=1e-4, atol=1e-5)
    names = [type(module).__name__ for module in network.modules()]
    assert not any("BatchNorm" in each for each in names)
