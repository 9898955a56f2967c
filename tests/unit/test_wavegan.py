"""Phase shuffle: small, mirrored, different for each sample, still in evaluation, resumable."""

from __future__ import annotations

import pytest
import torch

from sparring.core.errors import UserError
from sparring.core.spec import Spec
from sparring.networks import Networks
from sparring.networks.wavegan import PhaseShuffle, WaveGANDiscriminator, WaveGANGenerator
from sparring.objectives.relativistic import Relativistic

RAMP = torch.arange(20.0).expand(64, 3, 20)


def shuffled(most: int, seed: int = 0) -> PhaseShuffle:
    torch.manual_seed(seed)
    return PhaseShuffle(most)


def test_it_shifts_each_sample_by_a_number_of_its_own() -> None:
    moved = shuffled(2)(RAMP)
    shifts = moved[:, 0, 10] - 10
    assert set(shifts.tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert torch.equal(moved[:, 0], moved[:, 2])
    middle = RAMP[:, 0, 2:-2] + shifts[:, None]
    assert torch.equal(moved[:, 0, 2:-2], middle)


def test_ends_are_mirrored() -> None:
    moved = shuffled(2)(RAMP)[:, 0]
    right, left = moved[moved[:, 10] == 12], moved[moved[:, 10] == 8]
    assert right[0, -3:].tolist() == [19.0, 18.0, 17.0]
    assert left[0, :3].tolist() == [2.0, 1.0, 0.0]
    assert shuffled(2)(torch.ones(4, 1, 1)).shape == (4, 1, 1)


def test_all_shifts_are_as_frequent() -> None:
    layer = shuffled(2)
    shifts = torch.cat([layer(RAMP)[:, 0, 10] for _ in range(100)]).long() - 8
    counts = torch.bincount(shifts, minlength=5)
    assert (counts - 1280).abs().max() < 5 * 1280**0.5


def test_calls_differ_and_seeds_too() -> None:
    layer = shuffled(2)
    assert not torch.equal(layer(RAMP), layer(RAMP))
    assert not torch.equal(shuffled(2, seed=0)(RAMP), shuffled(2, seed=1)(RAMP))


def test_it_goes_on_from_its_weights() -> None:
    first = shuffled(2)
    first(RAMP)
    second = shuffled(2, seed=1)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(RAMP), second(RAMP))


def test_nothing_is_shifted_in_evaluation_or_by_zero() -> None:
    layer = shuffled(2).eval()
    assert torch.equal(layer(RAMP), RAMP)
    assert not layer.calls
    assert torch.equal(shuffled(0)(RAMP), RAMP)


def test_gradients_pass() -> None:
    x = torch.randn(4, 2, 12, requires_grad=True)
    shuffled(2)(x).sum().backward()
    assert x.grad is not None
    assert torch.isclose(x.grad.sum(), torch.tensor(96.0))


def test_a_slope_by_a_small_step_is_refused_where_shifts_would_swamp_it() -> None:
    spec = Spec("audio", (64,), rate=8_000)
    by_step, exact = Relativistic(penalty="finite_difference"), Relativistic()
    for shuffle, objective in ((0, by_step), (2, exact)):
        objective.require_playable(pair(spec, shuffle), spec)
    with pytest.raises(UserError, match=r"changes its verdicts by chance; choose 'exact'"):
        by_step.require_playable(pair(spec, 2), spec)


def pair(spec: Spec, shuffle: int) -> Networks:
    players = WaveGANGenerator(spec, width=4), WaveGANDiscriminator(spec, width=4, shuffle=shuffle)
    return Networks(dict(zip(("generator", "discriminator"), players, strict=True)))
