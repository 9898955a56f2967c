"""Every family of networks serves data of every kind, or says in a sentence why not."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.core import components
from sparring.core.components import DISCRIMINATOR, GENERATOR, Slot
from sparring.core.errors import UserError
from sparring.core.spec import Condition, Spec
from sparring.networks import Discriminator, Generator
from sparring.networks._language import HOLE, LanguageModel

NAMES = components.names("networks")
SLOTS = [GENERATOR, DISCRIMINATOR]
DIGIT, STYLE = ("0", "1", "2"), ("thin", "bold")
LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "unconditional": {},
    "one": {"digit": DIGIT},
    "two": {"digit": DIGIT, "style": STYLE},
}
SPECS = {
    "gray": Spec("image", (1, 28, 28)),
    "colours": Spec("image", (3, 32, 32)),
    "oblong": Spec("image", (4, 16, 24)),
    "large": Spec("image", (2, 64, 64)),
    "mel": Spec("audio", (64, 80), rate=8000),
    "wave": Spec("audio", (1280,), rate=8000),
    "voiced": Spec("audio", (1280,), rate=8000, given=(16, 20)),
    "text": Spec("text", (12,), symbols=30, traits=tuple(number % 8 for number in range(30))),
    "points": Spec("points", (2,)),
}
GPT = {
    "model_type": "gpt2", "vocab_size": 60, "n_positions": 40, "n_embd": 8, "n_layer": 2,
    "n_head": 2, "bos_token_id": 0, "eos_token_id": 0, "attn_pdrop": 0.0, "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
}  # fmt: skip
SMALL: dict[str, Any] = {
    "widths": [16, 16], "width": 8, "latent": 16, "group_size": 8, "folded": 4, "framed": 8,
    "meaning": 8, "heads": 2, "dropout": 0.0, "placed": True, "path": "nowhere",
    "config": json.dumps(GPT),
}  # fmt: skip
"""Sizes that make networks tiny, each used where a family has such an argument."""


def build(slot: Slot, name: str, spec: Spec, seed: int = 0) -> Any:
    known = inspect.signature(components.find(slot, name)).parameters
    torch.manual_seed(seed)
    small = {key: value for key, value in SMALL.items() if key in known}
    return components.build(slot, {"name": name, **small}, spec, where=f"networks.{slot.interface}")


def at_home(slot: Slot, name: str, labels: str = "one") -> tuple[Spec, Any]:
    """A Spec that the family serves, and its network for that."""
    for spec in (replace(spec, labels=LABELS[labels]) for spec in SPECS.values()):
        try:
            return spec, build(slot, name, spec)
        except UserError:
            continue
    raise AssertionError(f"{name} serves nothing")


def heeds_labels(slot: Slot, name: str) -> bool:
    choice = inspect.signature(components.find(slot, name)).parameters.get("conditional")
    return choice is not None and choice.default is True


def entry_for(network: Any, spec: Spec, count: int = 4) -> tuple[Tensor, Condition]:
    rng = torch.Generator().manual_seed(5)
    shape = (network.latent,) if isinstance(network, Generator) else spec.shape
    entry = torch.randn((count, *shape), generator=rng)
    if spec.symbols and not isinstance(network, Generator):
        few = spec.symbols // 3  # so that some come again
        entry = torch.randint(few, spec.shape, generator=rng).expand(count, -1)
    index = torch.arange(count)
    labels = {name: index % len(classes) for name, classes in spec.labels.items()}
    given = torch.rand((count, *spec.given), generator=rng) - 0.5 if spec.given else None
    return entry, Condition(labels, given=given)


def result_of(network: Any, spec: Spec, entry: Tensor, condition: Condition) -> Tensor:
    """What gradients flow from: samples, logits, or what a writer thinks of a text."""
    if not isinstance(network, LanguageModel):
        return network(entry, condition)
    rng = torch.Generator().manual_seed(6)
    text = torch.randint(3, spec.symbols or 0, (len(entry), *spec.shape), generator=rng)
    holes = torch.rand(text.shape, generator=rng) < 0.5
    return network.logits(text, replace(condition, given=torch.where(holes, HOLE, text)))


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
        if spec.rate and "of shape" in text and "for audio" in text.partition("not")[0]:
            assert "data.form" in text, "sounds have several forms"
        pytest.skip(text)


@players
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("kind", SPECS)
def test_gives_finite_results_of_the_right_shape(
    slot: Slot, name: str, kind: str, labels: str
) -> None:
    spec = replace(SPECS[kind], labels=LABELS[labels])
    network = built_or_skipped(slot, name, spec)
    result = network(*entry_for(network, spec))
    assert result.shape == ((4, *spec.shape) if slot is GENERATOR else (4,))
    assert result.isfinite().all()


@players
@pytest.mark.parametrize("labels", LABELS)
def test_gradients_reach_every_parameter(slot: Slot, name: str, labels: str) -> None:
    spec, network = at_home(slot, name, labels)
    with torch.no_grad():
        for parameter in network.parameters():  # leave the zeros that some layers start from
            parameter.add_(torch.randn_like(parameter) * 0.02)
    result_of(network, spec, *entry_for(network, spec, 12)).square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


@players
def test_same_seed_same_numbers(slot: Slot, name: str) -> None:
    (spec, first), (_, second) = (at_home(slot, name) for _ in range(2))
    assert torch.equal(first(*entry_for(first, spec)), second(*entry_for(second, spec)))


@players
@pytest.mark.parametrize("labels", LABELS)
def test_weights_survive_saving(slot: Slot, name: str, labels: str) -> None:
    spec, network = at_home(slot, name, labels)
    network(*entry_for(network, spec))
    other = build(slot, name, spec, seed=1)
    other.load_state_dict(network.state_dict())
    network.eval(), other.eval()
    assert torch.equal(network(*entry_for(network, spec)), other(*entry_for(other, spec)))


@players
def test_labels_matter_and_order_of_sets_does_not(slot: Slot, name: str) -> None:
    spec, network = at_home(slot, name, "two")
    network.eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    entry, condition = entry_for(network, spec)
    plain = result_of(network, spec, entry, condition)
    backward = replace(condition, labels=dict(reversed(condition.labels.items())))
    assert torch.equal(plain, result_of(network, spec, entry, backward))
    for changed in spec.labels:
        shifted = (condition.labels[changed] + 1) % len(spec.labels[changed])
        other = result_of(
            network, spec, entry, replace(condition, labels={**condition.labels, changed: shifted})
        )
        assert torch.allclose(plain, other) != heeds_labels(slot, name)


@players
def test_what_a_condition_lacks_is_named(slot: Slot, name: str) -> None:
    spec, network = at_home(slot, name, "two")
    entry, condition = entry_for(network, spec)
    if heeds_labels(slot, name):
        with pytest.raises(LookupError, match="style"):
            network(entry, replace(condition, labels={"digit": condition.labels["digit"]}))
    if spec.given and slot is GENERATOR:
        with pytest.raises(LookupError, match="lacks"):
            network(entry, replace(condition, given=None))


@players
def test_serves_a_spec_or_refuses_it_in_a_sentence(slot: Slot, name: str) -> None:
    refused = []
    for spec in (
        Spec("text", (32,), symbols=50),
        Spec("audio", (1600,), rate=8000),
        Spec("image", (1, 30, 27)),
        Spec("image", (1, 4, 4)),
        Spec("points", (2,)),
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
    spec, network = at_home(slot, name, "two")
    with torch.autocast("cpu", torch.bfloat16):
        result = result_of(network, spec, *entry_for(network, spec))
    assert result.isfinite().all()
    result.float().square().mean().backward()


@players
def test_cites_its_source(slot: Slot, name: str) -> None:
    assert re.search(r"(19|20)\d\d", components.find(slot, name).__doc__ or "")


@pytest.mark.parametrize("name", [name for name in NAMES if has(GENERATOR, name)])
def test_generators_tell_the_size_of_their_latents(name: str) -> None:
    _, network = at_home(GENERATOR, name)
    assert isinstance(network, Generator)
    assert isinstance(network.latent, int)
    assert network.latent > 0


@pytest.mark.parametrize("name", [name for name in NAMES if has(DISCRIMINATOR, name)])
@pytest.mark.parametrize("labels", LABELS)
def test_discriminators_judge_each_sample_on_its_own(name: str, labels: str) -> None:
    spec, network = at_home(DISCRIMINATOR, name, labels)
    assert isinstance(network, Discriminator)
    network(*entry_for(network, spec))
    network.eval()  # stills the running estimates of spectral normalisation
    samples, condition = entry_for(network, spec)
    alone = network(samples[:1], condition.map(lambda tensor: tensor[:1]))
    torch.testing.assert_close(alone, network(samples, condition)[:1], rtol=1e-4, atol=1e-5)
    names = [type(module).__name__ for module in network.modules()]
    assert not any("BatchNorm" in each for each in names)
