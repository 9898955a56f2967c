"""Every objective: finite, deterministic, and moving no one but the player whose turn it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from sparring.core import components
from sparring.core.rng import Streams
from sparring.core.spec import Batch, Condition, Loss, Moment, Spec
from sparring.modalities._tokens import END, PAD
from sparring.modalities.audio import Audio
from sparring.networks import Discriminator, Generator, Networks
from sparring.networks.recurrent import RecurrentDiscriminator, RecurrentGenerator
from sparring.networks.vocoder import VocoderDiscriminator, VocoderGenerator
from sparring.objectives import Objective, Phase

NAMES = components.names("objectives")
TEXTS = ("gumbel", "likelihood", "reinforce")
OTHERS = (*TEXTS, "relativistic", "vocoding")  # that take no penalty r1
VARIANTS: list[tuple[str, dict[str, object]]] = [
    *((name, {}) for name in NAMES),
    *((name, {"r1": 0.5}) for name in NAMES if name not in OTHERS),
    ("reinforce", {"gaps": 0.5, "every": 2}),
    ("relativistic", {"penalty": "finite_difference"}),
    ("relativistic", {"gamma": 0.0}),
    ("relativistic", {"penalty_every": 4}),
]
variants = pytest.mark.parametrize(
    ("name", "settings"), VARIANTS, ids=[f"{name}-{settings}" for name, settings in VARIANTS]
)


class SmallGenerator(Generator):
    def __init__(self) -> None:
        super().__init__()
        self.latent = 3
        self.entry = nn.Linear(3 + 2, 16)

    def forward(self, latents: Tensor, condition: Condition) -> Tensor:
        code = nn.functional.one_hot(condition.labels["kind"], 2).to(latents.dtype)
        return self.entry(torch.cat([latents, code], 1)).tanh().unflatten(1, (1, 4, 4))


class SmallDiscriminator(Discriminator):
    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.entry, self.exit = nn.Linear(16, 8), nn.Linear(8, 2)
        self.scale = scale

    def forward(self, samples: Tensor, condition: Condition) -> Tensor:
        verdicts = self.exit(self.entry(samples.flatten(1)).tanh())
        return self.scale * verdicts.gather(1, condition.labels["kind"][:, None]).squeeze(1)


VOICED = Spec("audio", (512,), rate=8000, given=(8, 8))


WRITTEN = Spec("text", (6,), symbols=9, labels={"kind": ("a", "b")})


def players(name: str = "", scale: float = 1.0) -> Networks:
    """A small pair that an objective is made for, with logits so many times larger."""
    torch.manual_seed(0)
    if name in TEXTS:
        small = {"width": 8, "meaning": 4, "dropout": 0.0}
        reader = RecurrentDiscriminator(WRITTEN, **small)
        reader.end.weight.data.mul_(scale)
        both = {"generator": RecurrentGenerator(WRITTEN, **small), "discriminator": reader}
        return Networks(both if name != "likelihood" else {"generator": both["generator"]})
    if name == "vocoding":
        judges = VocoderDiscriminator(VOICED, folded=4, framed=8)
        for key, parameter in judges.named_parameters():
            if "end" in key and "original1" not in key:  # a direction, not a length
                parameter.data.mul_(scale)
        return Networks(
            {"generator": VocoderGenerator(VOICED, width=8, depth=1), "discriminator": judges}
        )
    return Networks({"generator": SmallGenerator(), "discriminator": SmallDiscriminator(scale)})


def batch(name: str = "") -> Batch:
    rng = torch.Generator().manual_seed(1)
    kinds = torch.tensor([0, 1, 0, 1, 1, 0])
    if name in TEXTS:
        texts = torch.randint(3, 6, (6, 6), generator=rng)
        texts[:2, 4:] = torch.tensor([END, PAD])
        return Batch(texts, Condition({"kind": kinds}))
    if name == "vocoding":
        waves = torch.rand((6, *VOICED.shape), generator=rng) - 0.5
        return Batch(waves, Condition(given=Audio(VOICED).given(waves)))
    real = torch.rand((6, 1, 4, 4), generator=rng) * 2 - 1
    return Batch(real, Condition({"kind": kinds}))


def moment(step: int = 0, seed: int = 0) -> Moment:
    return Moment(samples=6 * step, progress=0.5, step=step, rng=Streams(seed))


def build(name: str, settings: dict[str, object]) -> Objective:
    return components.build(components.OBJECTIVE, {"name": name, **settings}, where="objective")


def played(
    name: str, phase: Phase, networks: Networks, *, bfloat16: bool = False, seed: int = 0
) -> Loss:
    for player, network in networks.items():
        network.requires_grad_(player == phase.player)
    networks.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        loss = phase.loss(networks, batch(name), moment(seed=seed))
    loss.total.backward()
    return loss


@variants
@pytest.mark.parametrize("bfloat16", [False, True])
def test_losses_and_gradients_are_finite(
    name: str, settings: dict[str, object], bfloat16: bool
) -> None:
    networks = players(name)
    for phase in build(name, settings).phases():
        loss = played(name, phase, networks, bfloat16=bfloat16)
        assert loss.total.shape == ()
        assert loss.total.dtype == torch.float32
        assert loss.total.isfinite()
        for key, parameter in networks.named_parameters():
            moves = key.startswith(phase.player)
            assert (parameter.grad is not None) == moves, key
            if parameter.grad is not None:
                assert parameter.grad.isfinite().all(), key


@variants
def test_extreme_logits_stay_finite(name: str, settings: dict[str, object]) -> None:
    for scale in (1e4, -1e4, 0.0):
        networks = players(name, scale)
        for phase in build(name, settings).phases():
            assert played(name, phase, networks).total.isfinite()
            for parameter in networks.parameters():
                assert parameter.grad is None or parameter.grad.isfinite().all()


@variants
def test_same_seed_same_numbers(name: str, settings: dict[str, object]) -> None:
    def numbers(seed: int) -> list[float]:
        torch.manual_seed(seed + 100)
        networks = players(name)
        return [
            played(name, p, networks, seed=seed).total.item()
            for p in build(name, settings).phases()
        ]

    assert numbers(0) == numbers(0)
    if name not in ("vocoding", "likelihood"):  # which draw nothing
        assert numbers(0) != numbers(1)


@variants
def test_logs_have_no_gradient_and_lie_in_their_ranges(
    name: str, settings: dict[str, object]
) -> None:
    networks, logs = players(name), {}
    for phase in build(name, settings).phases():
        logs |= played(name, phase, networks).logs
    scores = {"d_real", "d_fake", "certainty"}
    assert (scores <= logs.keys()) == ("discriminator" in networks)
    for value in logs.values():
        assert value.shape == ()
        assert not value.requires_grad
    if "discriminator" in networks:
        assert 0 <= logs["d_real"] <= 1
        assert 0 <= logs["d_fake"] <= 1
        assert -1 <= logs["certainty"] <= 1


@variants
def test_a_few_turns_teach_the_discriminator(name: str, settings: dict[str, object]) -> None:
    networks = players(name)
    turns = [p for p in build(name, settings).phases() if p.player == "discriminator"]
    if not turns:
        pytest.skip(f"{name} has no discriminator")
    optimiser = torch.optim.Adam(networks.discriminator.parameters(), 0.02)
    first = played(name, turns[0], networks).logs
    for _ in range(60):
        last = played(name, turns[0], networks).logs
        optimiser.step()
    assert last["d_real"] - last["d_fake"] > first["d_real"] - first["d_fake"]


@variants
def test_a_few_turns_teach_the_generator(name: str, settings: dict[str, object]) -> None:
    networks = players(name)
    turns = [p for p in build(name, settings).phases() if p.player == "generator"]
    optimiser = torch.optim.Adam(networks.generator.parameters(), 0.02)
    first = played(name, turns[0], networks).total.item()
    for _ in range(30):
        last = played(name, turns[0], networks).total.item()
        optimiser.step()
    assert last < first


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("gumbel", "likelihood")])
def test_real_and_generated_samples_are_augmented_alike(name: str) -> None:
    seen: list[Tensor] = []

    def record(samples: Tensor) -> Tensor:
        seen.append(samples.detach())
        return samples * 0.5 if samples.is_floating_point() else samples.flip(1)

    for phase in build(name, {}).phases():
        if name in TEXTS and phase.end is not None:
            continue  # likelihood, which needs no discriminator
        seen.clear()
        loss = phase.loss(players(name), batch(name), replace(moment(), augment=record))
        loss.total.backward()
        assert any(torch.equal(s, batch(name).real) for s in seen) or phase.player == "generator"
        assert any(not torch.equal(s, batch(name).real) for s in seen)


@variants
def test_slopes_are_taken_in_full_precision(name: str, settings: dict[str, object]) -> None:
    def record(samples: Tensor) -> Tensor:
        assert samples.dtype == torch.float32 or not samples.requires_grad
        return samples

    discriminates = build(name, settings).phases()[0]
    with torch.autocast("cpu", torch.bfloat16):
        discriminates.loss(players(name), batch(name), replace(moment(), augment=record))


@pytest.mark.parametrize("name", NAMES)
def test_cites_its_source_and_equation(name: str) -> None:
    text = components.find(components.OBJECTIVE, name).__doc__ or ""
    assert re.search(r"(19|20)\d\d", text)
    assert re.search(r"equation|section", text)
    assert "L_G" in text


@pytest.mark.parametrize("name", NAMES)
def test_turns_belong_to_known_players(name: str) -> None:
    phases = build(name, {}).phases()
    assert {phase.player for phase in phases} <= {"generator", "discriminator"}
    assert all(phase.every >= 1 for phase in phases)
    loss: Callable[..., Loss] = phases[0].loss
    assert callable(loss)
