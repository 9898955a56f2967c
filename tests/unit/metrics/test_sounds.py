"""Metrics of sounds, on sounds damaged in known ways: more damage, larger share."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.data.spoken_digits import SpokenDigits
from sparring.metrics import Evidence, Observed, aligned_copies
from sparring.metrics.aligned_copies import AlignedCopies, aligned_distances
from sparring.metrics.inception_score import InceptionScore, information_in
from sparring.metrics.sound_defects import SoundDefects, has_clicks, is_clipped
from sparring.modalities.audio import Audio

COUNT, LENGTH = 200, 2_560
SPEC = Spec("audio", (32, 40), rate=8_000)


def sounds(seed: int, count: int = COUNT) -> Tensor:
    """Two tones of any pitch that come and go, each at any time of its own; int16."""
    rng = torch.Generator().manual_seed(seed)
    waves = torch.zeros(count, LENGTH)
    for _ in range(2):
        pitch, start = (torch.rand((count, 1), generator=rng) for _ in range(2))
        times = torch.arange(LENGTH) / 8_000 - 0.04 - 0.04 * start
        inside = (times / 0.2).clamp(0, 1)
        waves += (math.pi * inside).sin().square() * (
            2 * math.pi * (200 + 800 * pitch) * times
        ).sin()
    return (6_000 * waves).round().short()


def observed(raw: Tensor) -> Observed:
    samples = Audio(SPEC).to_samples(raw)
    return Observed(samples.mean(2), samples=samples, raw=raw)


def evidence(generated: Tensor) -> Evidence:
    return Evidence(observed(generated), observed(sounds(1)), observed(sounds(2, 400)), SPEC)


def at_random_places(raw: Tensor, share: float, change: Tensor) -> Tensor:
    """Some of the sounds with something added to one of their samples."""
    rng = torch.Generator().manual_seed(3)
    rows = torch.randperm(len(raw), generator=rng)[: round(share * len(raw))]
    places = torch.randint(800, 1_600, (len(rows),), generator=rng)
    damaged = raw.int()
    damaged[rows, places] += change.int()
    return damaged.clamp(-32_768, 32_767).short()


def defects(raw: Tensor) -> dict[str, float]:
    found = SoundDefects().measure(evidence(raw), Streams(0))
    return {name: figure.value for name, figure in found.items()}


def test_sounds_without_defects_have_none() -> None:
    assert set(defects(sounds(0)).values()) == {0.0}
    floor = SoundDefects().floor(evidence(sounds(0)), Streams(0))
    assert all(figure.value == 0 and 0 < figure.high < 0.03 for figure in floor.values())


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_silent_clipped_and_offset_sounds_are_counted(share: float) -> None:
    some = torch.arange(COUNT)[:, None] < share * COUNT
    raw = sounds(0)
    assert defects(torch.where(some, raw // 100, raw))["silent"] == share
    assert defects(torch.where(some, raw + 600, raw))["offset"] == share
    loud = (raw.int() * 8).clamp(-32_768, 32_767).short()
    found = defects(torch.where(some, loud, raw))
    assert found["clipped"] == pytest.approx(share, abs=0.02)
    assert found["silent"] == 0


def test_stronger_clicks_are_found_more_often() -> None:
    raw = sounds(0)
    shares = [
        defects(at_random_places(raw, 1.0, torch.tensor(height)))["clicking"]
        for height in (0, 300, 1_000, 3_000, 10_000)
    ]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] > 0.95


def test_as_many_clicks_are_found_as_there_are() -> None:
    for share in (0.05, 0.2):
        clicking = at_random_places(sounds(0), share, torch.tensor(16_000))
        assert defects(clicking)["clicking"] == pytest.approx(share, abs=0.02)


def test_a_peak_that_just_fits_is_not_clipped() -> None:
    raw = torch.zeros((2, 100), dtype=torch.int16)
    raw[:, 10:12] = 32_767
    raw[1, 12] = 32_767
    assert is_clipped(raw).tolist() == [False, True]
    assert is_clipped(-raw - 1).tolist() == [False, True]


def test_silence_and_the_shortest_sounds_do_not_click() -> None:
    assert not has_clicks(torch.zeros((1, 1), dtype=torch.int16)).any()
    assert not is_clipped(torch.full((1, 2), 32_767, dtype=torch.int16)).any()
    noise = torch.randint(-2, 3, (50, 800), generator=torch.Generator().manual_seed(0))
    assert not has_clicks(noise.short()).any()


def test_real_recordings_have_almost_no_defects(full_data: Path) -> None:
    waves = torch.from_numpy(SpokenDigits().split("train").values)
    assert len(waves) == 2_700
    assert float(has_clicks(waves).double().mean()) < 0.01
    assert not is_clipped(waves).any()


def test_pictures_have_no_defects_of_sound() -> None:
    part = Observed(torch.randn(COUNT, 4), raw=torch.zeros((COUNT, 1, 8, 8), dtype=torch.uint8))
    given = Evidence(part, part, part)
    assert not SoundDefects().applies(given)
    with pytest.raises(BadData, match=r"in 16-bit waves; these are none\.$"):
        SoundDefects().measure(given, Streams(0))


def test_a_moved_copy_is_at_no_distance() -> None:
    training = Audio(SPEC).to_samples(sounds(2))
    for shift in (-8, -3, 0, 8):
        moved = training.roll(shift, 2)
        assert float(aligned_distances(moved, training).max()) < 1e-3
    assert float(aligned_distances(training.roll(13, 2), training).median()) > 0.02


def test_the_distance_is_its_definition() -> None:
    ours, theirs = torch.randn(3, 5, 12), torch.randn(4, 5, 12)
    written_out = [
        min(
            float((one[:, max(s, 0) : 12 + min(s, 0)] - two[:, max(-s, 0) : 12 - max(s, 0)])
                  .square().mean().sqrt())
            for two in theirs for s in range(-3, 4)
        )
        for one in ours
    ]  # fmt: skip
    assert aligned_distances(ours, theirs).tolist() == pytest.approx(written_out, rel=1e-4)


def test_more_copies_score_higher_though_they_begin_later() -> None:
    fresh, training = sounds(0), sounds(2, 400)
    values = []
    for count in (0, 20, 100):
        copies = training[:count].roll(3 * 64, 1)  # three frames later
        given = evidence(torch.cat([copies, fresh[count:]]))
        values.append(AlignedCopies().measure(given, Streams(0))["aligned_copies"].value)
    assert values == sorted(values)
    assert values[1] == pytest.approx(0.1, abs=0.05)
    assert values[2] == pytest.approx(0.5, abs=0.05)


def test_long_sounds_are_compared_in_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert aligned_copies.block_for(64, 80) == aligned_copies.BLOCK
    for frames in (80, 7_500, 10**9):
        block = aligned_copies.block_for(64, frames)
        assert block == 1 or 4 * 64 * frames * block <= aligned_copies.BYTES
    ours, theirs = (Audio(SPEC).to_samples(sounds(seed, 30)) for seed in (0, 2))
    whole = aligned_distances(ours, theirs)
    monkeypatch.setattr(aligned_copies, "BYTES", 4 * ours[0].numel() * 7)
    assert torch.allclose(aligned_distances(ours, theirs), whole, atol=1e-5)


def test_copies_moved_in_time_are_of_spectrograms_alone() -> None:
    waves = observed(sounds(0))
    waves = Observed(waves.features, samples=waves.raw)
    given = Evidence(waves, waves, waves)
    assert not AlignedCopies().applies(given)
    with pytest.raises(BadData, match=r"in spectrograms of one size alone\.$"):
        AlignedCopies().measure(given, Streams(0))


def score(*chances: Tensor) -> float:
    sets = {str(i): each.log() for i, each in enumerate(chances)}
    part = Observed(torch.randn(len(chances[0]), 4), sets)
    return InceptionScore().measure(Evidence(part, part, part), Streams(0))["inception_score"].value


def sure_by(mix: float, classes: int = 5, count: int = 500) -> Tensor:
    """Verdicts on each class in turn, with some doubt."""
    return (1 - mix) * torch.eye(classes).repeat(count // classes, 1) + mix / classes


def test_the_score_goes_from_one_to_the_number_of_classes() -> None:
    assert score(sure_by(0.0)) == pytest.approx(5)
    assert score(sure_by(1.0)) == pytest.approx(1)
    assert score(sure_by(0.0)[torch.arange(500) % 5 < 3]) == pytest.approx(3)
    doubts = [score(sure_by(mix)) for mix in (0.0, 0.1, 0.3, 0.6)]
    assert doubts == sorted(doubts, reverse=True)


def test_scores_of_several_label_sets_are_multiplied() -> None:
    both = score(sure_by(0.1), sure_by(0.2, 2))
    assert both == pytest.approx(score(sure_by(0.1)) * score(sure_by(0.2, 2)))


def test_information_is_its_definition() -> None:
    chances = torch.rand((50, 4), generator=torch.Generator().manual_seed(0)).double()
    chances /= chances.sum(1, keepdim=True)
    written_out = (chances * (chances / chances.mean(0)).log()).sum(1).mean()
    found = information_in(chances, chances.new_ones(1, 50))
    assert float(found) == pytest.approx(float(written_out))


def test_a_bootstrap_is_about_as_wide_as_fresh_draws_scatter() -> None:
    def figure(seed: int) -> tuple[float, float]:
        rng = torch.Generator().manual_seed(seed)
        logits = 2 * torch.randn((400, 5), generator=rng) * torch.rand((400, 1), generator=rng)
        part = Observed(torch.randn(400, 4), {"kind": logits.log_softmax(1)})
        found = InceptionScore().measure(Evidence(part, part, part), Streams(seed))
        only = found["inception_score"]
        return only.value, only.high - only.low

    values, widths = torch.tensor([figure(seed) for seed in range(24)]).T
    assert 0.6 < float(widths.mean() / (2 * 1.96 * values.std())) < 1.6
