"""Every augmentation: random from its streams alone, differentiable twice, none at strength 0.

Symbols of texts are whole numbers and have no gradients.
"""

from __future__ import annotations

import pytest
import torch

from sparring.augment import Augment
from sparring.augment._adaptive import ADJUST_SPAN, LIMIT, AdaptiveStrength
from sparring.core import components
from sparring.core.rng import Streams
from sparring.modalities._tokens import END, MADE_FROM, PAD, UNKNOWN

NAMES = components.names("augment")
SMOOTH = [(1, 28, 28), (3, 32, 32), (4, 16, 24), (16, 24), (640,), (2,)]
# pictures, spectrograms, waves, points
TEXT, VOCABULARY = (30,), 50


def build(name: str, **settings: object) -> Augment:
    return components.build(components.AUGMENT, {"name": name, **settings}, where="augment")


def serves(name: str, shape: tuple[int, ...]) -> bool:
    try:
        build(name)(images(2, *shape), 1.0, Streams(0))
    except ValueError as error:
        assert "leave [augment] out" in str(error)
        return False
    return True


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    if shape[1:] == TEXT:
        return texts(shape[0], rng)
    return torch.rand(shape, generator=rng) * 2 - 1


def texts(count: int, rng: torch.Generator) -> torch.Tensor:
    """Symbols, an end and padding; the first text is empty but for one symbol, the last is full."""
    symbols = torch.randint(MADE_FROM, VOCABULARY, (count, *TEXT), generator=rng)
    lengths = torch.linspace(1, TEXT[0], count).long()[:, None]
    places = torch.arange(TEXT[0])
    symbols[places == lengths] = END
    symbols[places > lengths] = PAD
    return symbols


def cases(shapes: list[tuple[int, ...]]) -> pytest.MarkDecorator:
    served = [(name, shape) for name in NAMES for shape in shapes if serves(name, shape)]
    return pytest.mark.parametrize(("name", "shape"), served, ids=lambda part: str(part))


each = cases([*SMOOTH, TEXT])
each_smooth = cases(SMOOTH)


def test_everything_serves_something() -> None:
    served = {name for name in NAMES for shape in [*SMOOTH, TEXT] if serves(name, shape)}
    assert served == set(NAMES)


@each
def test_changes_samples_and_keeps_their_shape(name: str, shape: tuple[int, ...]) -> None:
    samples = images(8, *shape)
    changed = build(name)(samples, 1.0, Streams(0))
    assert changed.shape == samples.shape
    assert changed.isfinite().all()
    assert all(not torch.equal(a, b) for a, b in zip(samples, changed, strict=True))


@each
def test_strength_zero_returns_the_very_samples(name: str, shape: tuple[int, ...]) -> None:
    samples, streams = images(4, *shape), Streams(0)
    assert build(name)(samples, 0.0, streams) is samples
    assert streams.state() == {}


@each
def test_strength_is_the_share_of_changed_samples(name: str, shape: tuple[int, ...]) -> None:
    samples = images(400, *shape)
    weak = build(name)(samples, 0.05, Streams(0))
    untouched = ((weak - samples).abs().flatten(1).amax(1) < 1e-4).float().mean()
    assert 0.5 < untouched < 0.98


@each
def test_same_seed_same_numbers_and_only_one_stream(name: str, shape: tuple[int, ...]) -> None:
    samples, streams = images(8, *shape), Streams(3)
    torch.manual_seed(0)
    first = build(name)(samples, 0.7, streams)
    torch.manual_seed(1)
    assert torch.equal(first, build(name)(samples, 0.7, Streams(3)))
    assert not torch.equal(first, build(name)(samples, 0.7, Streams(4)))
    assert set(streams.state()) == {"augment"}


@each_smooth
def test_gradients_are_right_to_the_second_order(name: str, shape: tuple[int, ...]) -> None:
    small = {3: (2, 5, 6), 2: (6, 8), 1: (30,)}[len(shape)]
    samples = images(2, *small).double().requires_grad_()
    augment = build(name)

    def changed(x: torch.Tensor) -> torch.Tensor:
        return augment(x, 1.0, Streams(0)) ** 2

    assert torch.autograd.gradcheck(changed, samples, fast_mode=True)
    assert torch.autograd.gradgradcheck(changed, samples, fast_mode=True)


@each_smooth
def test_serves_bfloat16(name: str, shape: tuple[int, ...]) -> None:
    assert build(name)(images(4, *shape).bfloat16(), 1.0, Streams(0)).isfinite().all()


@each_smooth
def test_loses_nothing_where_networks_run_in_bfloat16(name: str, shape: tuple[int, ...]) -> None:
    samples, change = images(4, *shape).requires_grad_(), build(name)

    def slopes(*, mixed: bool) -> list[torch.Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            changed = change(samples, 1.0, Streams(0))
            slope = torch.autograd.grad(changed.square().sum(), samples, create_graph=True)[0]
        return [changed, slope, *torch.autograd.grad(slope.square().sum(), samples)]

    for mixed, precise in zip(slopes(mixed=True), slopes(mixed=False), strict=True):
        torch.testing.assert_close(mixed, precise)


@pytest.mark.parametrize("name", NAMES)
def test_cites_its_source(name: str) -> None:
    assert "20" in (components.find(components.AUGMENT, name).__doc__ or "")


OFF = dict.fromkeys(("shift", "rotate", "scale", "brightness", "contrast", "cutout"), 0)


@pytest.mark.parametrize("part", OFF)
def test_gentle_parts_work_alone(part: str) -> None:
    amount = 15 if part == "rotate" else 0.3
    samples = images(4, 1, 16, 16)
    assert not torch.equal(
        build("gentle", **{**OFF, part: amount})(samples, 1.0, Streams(0)), samples
    )


def test_gentle_with_all_parts_off_changes_nothing() -> None:
    samples = images(4, 1, 16, 16)
    assert torch.equal(build("gentle", **OFF)(samples, 1.0, Streams(0)), samples)


def test_gentle_mirrors_left_and_right_only_when_asked() -> None:
    samples = images(32, 1, 8, 8)
    mirrored = build("gentle", **OFF, mirror=True)(samples, 1.0, Streams(0))
    same = torch.isclose(mirrored, samples, atol=1e-5).flatten(1).all(1)
    flipped = torch.isclose(mirrored, samples.flip(3), atol=1e-5).flatten(1).all(1)
    assert (same | flipped).all()
    assert same.any()
    assert flipped.any()


def test_gentle_turns_a_disc_in_a_wide_image_into_itself() -> None:
    rows, columns = torch.arange(16.0)[:, None] - 7.5, torch.arange(32.0)[None] - 15.5
    disc = (4.0 - (rows**2 + columns**2).sqrt()).clamp(-1.0, 1.0).expand(32, 1, 16, 32)
    turned = build("gentle", **{**OFF, "rotate": 30})(disc, 1.0, Streams(0))
    centre = (..., slice(8, 24))  # farther out the mirrored edge shows
    assert not torch.equal(turned, disc)
    torch.testing.assert_close(turned[centre], disc[centre], atol=0.25, rtol=0.0)


def test_gentle_refuses_what_is_no_image() -> None:
    with pytest.raises(ValueError, match=r"leave \[augment\] out"):
        build("gentle")(torch.zeros(2, 100), 1.0, Streams(0))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_blanking_blots_a_share_of_the_symbols_and_neither_ends_nor_padding(share: float) -> None:
    samples = images(20, *TEXT)
    blotted = build("blanking", share=share)(samples, 1.0, Streams(0))
    inside = (samples != PAD) & (samples != END)
    assert torch.equal(blotted == UNKNOWN, blotted != samples)
    assert torch.equal((blotted != samples).sum(1), (share * inside.sum(1)).ceil().long())
    assert torch.equal(blotted[~inside], samples[~inside])


def test_controller_moves_toward_its_target() -> None:
    control = AdaptiveStrength(start=0.5, target=0.6)
    control.update(0.9, ADJUST_SPAN // 10)
    assert control.strength == pytest.approx(0.6)
    control.update(0.1, ADJUST_SPAN // 5)
    assert control.strength == pytest.approx(0.4)
    control.update(0.6, ADJUST_SPAN // 5)
    assert control.strength == pytest.approx(0.4)


def test_controller_stays_within_its_limits() -> None:
    control = AdaptiveStrength()
    for certainty, strength in ((1.0, LIMIT), (float("nan"), LIMIT), (-1.0, 0.0)):
        control.update(certainty, 2 * ADJUST_SPAN)
        assert control.strength == strength


def test_controller_leaves_a_chosen_start_above_its_limit() -> None:
    control = AdaptiveStrength(start=0.9)
    control.update(1.0, 2 * ADJUST_SPAN)
    assert control.strength == 0.9


def test_controller_without_augmentation_or_target_rests() -> None:
    for control in (AdaptiveStrength.of(None), AdaptiveStrength.of(build("gentle", target=1))):
        control.update(1.0, ADJUST_SPAN)
        assert control.strength == 0.0


def test_controller_goes_on_where_it_was() -> None:
    control, other = AdaptiveStrength(start=0.25), AdaptiveStrength()
    other.restore(control.state())
    assert other.state() == control.state()


def test_controller_refuses_senseless_settings() -> None:
    with pytest.raises(ValueError, match="must lie"):
        AdaptiveStrength(start=2.0)
