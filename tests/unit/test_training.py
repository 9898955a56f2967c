"""The parts of a training: its feed, average, randomness, rows, events and profile."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import sparring
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Batch, Condition, Spec
from sparring.data import Samples
from sparring.modalities.image import Image as Pictures
from sparring.networks.mlp import MLPGenerator
from sparring.networks.painter import PainterGenerator
from sparring.provenance import manifest
from sparring.training import rehearsal, session
from sparring.training.distributed import Team
from sparring.training.ema import Average
from sparring.training.feed import Feed
from sparring.training.health import Health, Verdict
from sparring.training.log import Tally, read_rows
from sparring.training.run import create


def feed(count: int, batch: int, *, rank: int = 0, world: int = 1) -> Feed:
    values = np.arange(count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    samples = Samples(values, {"number": np.arange(count, dtype=np.int64)})
    modality, device = Pictures(Spec("image", (1, 1, 1))), torch.device("cpu")
    return Feed(samples, modality, seed=3, batch=batch, rank=rank, world=world, device=device)


def test_every_pass_shows_every_sample_once_in_another_order() -> None:
    source, passes = feed(20, 8), []
    shown = [source.batch(at).condition.labels["number"] for at in range(0, 40, 8)]
    passes = torch.cat(shown).view(2, 20)
    assert all(sorted(row.tolist()) == list(range(20)) for row in passes)
    assert passes[0].tolist() != passes[1].tolist()


def test_a_batch_depends_on_where_the_run_is_and_nothing_else() -> None:
    straight = feed(20, 8)
    for at in range(0, 64, 8):
        assert torch.equal(straight.batch(at).real, feed(20, 8).batch(at).real)


def test_processes_share_the_batch_of_one() -> None:
    whole = feed(20, 8).batch(16).real
    shares = [feed(20, 8, rank=rank, world=2).batch(16).real for rank in range(2)]
    assert torch.equal(torch.cat(shares), whole)


def test_streams_do_not_disturb_each_other_and_share_like_batches() -> None:
    one, other = Streams(5), Streams(5)
    other.normal("augment", (3, 2))
    assert torch.equal(one.normal("latents", (4, 2)), other.normal("latents", (4, 2)))
    shares = [Streams(5, rank=r, world=2).normal("latents", (2, 2)) for r in range(2)]
    assert torch.equal(torch.cat(shares), Streams(5).normal("latents", (4, 2)))
    state, expected = one.state(), one.normal("latents", (4, 2))
    one.restore(state)
    assert torch.equal(one.normal("latents", (4, 2)), expected)


def test_the_average_forgets_half_after_its_half_life() -> None:
    spec = Spec("image", (1, 2, 2))
    moving = MLPGenerator(spec, latent=2, widths=(4,))
    average = Average(moving, half_life=100.0, ramp=1e9)
    for weight in (*moving.parameters(), *average.generator.parameters()):
        torch.nn.init.zeros_(weight)
    for weight in moving.parameters():
        torch.nn.init.ones_(weight)
    for step in range(1, 11):
        average.update(moving, samples=10 * step, batch=10)
    for weight in average.generator.parameters():
        torch.testing.assert_close(weight, torch.full_like(weight, 0.5))


def test_statistics_of_normalisation_are_averaged_with_the_weights_they_belong_to() -> None:
    moving = PainterGenerator(Spec("image", (1, 8, 8)), width=4)
    average = Average(moving, half_life=100.0, ramp=1e9)
    moving.middle_norm.running_mean.fill_(1.0)
    moving.middle_norm.num_batches_tracked.fill_(7)
    average.update(moving, samples=100, batch=100)
    norm = average.generator.middle_norm
    torch.testing.assert_close(norm.running_mean, torch.full((2,), 0.5))
    assert norm.num_batches_tracked == 7


def test_without_a_half_life_the_average_is_a_copy() -> None:
    moving = MLPGenerator(Spec("image", (1, 2, 2)), latent=2, widths=(4,))
    average = Average(moving, half_life=0.0, ramp=0.05)
    torch.nn.init.ones_(next(moving.parameters()))
    average.update(moving, samples=10, batch=10)
    pairs = zip(moving.parameters(), average.generator.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_batches_are_cut_in_order() -> None:
    batch = Batch(torch.arange(6.0), Condition({"digit": torch.arange(6)}))
    pieces = batch.pieces(3)
    assert [piece.real.tolist() for piece in pieces] == [[0, 1], [2, 3], [4, 5]]
    assert [p.condition.labels["digit"].tolist() for p in pieces] == [[0, 1], [2, 3], [4, 5]]


def test_accumulating_gives_the_losses_of_whole_batches(tiny: Recipe, tmp_path: Path) -> None:
    recipe = tiny.replace({"samples": 64, "augment": {}})
    whole = sparring.train(recipe, out=tmp_path / "whole", quiet=True)
    pieces = sparring.train(recipe, {"training.accumulate": 2}, out=tmp_path / "pieces", quiet=True)
    for ours, theirs in zip(whole.metrics, pieces.metrics, strict=True):
        for name in ("loss_discriminator", "loss_generator"):
            assert ours[name] == pytest.approx(theirs[name], abs=1e-5)


def test_a_bad_step_is_forgotten_after_enough_good_ones() -> None:
    health = Health()
    assert health.judge(float("inf")) is Verdict.SKIP
    for _ in range(Health.PATIENCE):
        assert health.judge(1.0) is Verdict.FINE
    assert health.judge(float("nan")) is Verdict.SKIP
    assert health.judge(float("nan")) is Verdict.ROLL_BACK


def test_a_tally_survives_being_stored() -> None:
    tally, again = Tally(), Tally()
    tally.add({"loss": torch.tensor(1.0)})
    again.restore(tally.state())
    for each in (tally, again):
        each.add({"loss": torch.tensor(4.0), "rare": torch.tensor(7.0)})
        assert {k: v.item() for k, v in each.take().items()} == {"loss": 2.5, "rare": 7.0}
        assert not each.take()


def test_rows_cut_off_by_a_crash_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"samples": 1}\n{"samples": 2}\n{"sam')
    assert read_rows(tmp_path / "metrics.jsonl") == [{"samples": 1}, {"samples": 2}]


def test_tensorboard_sees_scalars_images_and_histograms(trained: sparring.Run) -> None:
    events = EventAccumulator(str(trained.folder)).Reload()
    tags = events.Tags()
    assert "loss_generator" in tags["scalars"]
    assert "preview" in tags["images"]
    assert any(name.startswith("discriminator") for name in tags["histograms"])
    assert [e.step for e in events.Scalars("d_real")] == [r["samples"] for r in trained.metrics]


def test_convolutions_on_a_gpu_repeat_themselves_while_training(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[bool] = []
    plain = session.play

    def watched(*given: Any) -> None:
        chosen.append(torch.backends.cudnn.deterministic)
        plain(*given)

    monkeypatch.setattr(session, "play", watched)
    run = sparring.train(tiny, {"samples": 64}, out=tmp_path / "r", quiet=True)
    shutil.rmtree(run.checkpoints[0])
    sparring.resume(run.folder, quiet=True)
    assert chosen == [True, True]
    assert not torch.backends.cudnn.deterministic, "as it was before"


def test_energy_reckons_with_a_gpu() -> None:
    on_cpu, on_gpu = (manifest.energy(3_600.0, device) for device in ("cpu", "cuda"))
    assert on_cpu["kilowatt_hours"] == 0.065
    assert on_gpu["kilowatt_hours"] == 0.465
    assert "465 W" in on_gpu["basis"]


def test_a_profile_lists_the_costliest_operations(tiny: Recipe, tmp_path: Path) -> None:
    run = sparring.train(tiny, {"profile": True, "samples": 48}, out=tmp_path / "r", quiet=True)
    assert "aten::" in (run.folder / "costs.txt").read_text()
    assert json.loads((run.folder / "trace.json").read_text())["traceEvents"]


def test_a_run_explains_itself(trained: sparring.Run) -> None:
    assert {"torch", "threads", "device", "seed", "data", "energy"} <= trained.manifest.keys()
    assert len(trained.manifest["data"]["sha256"]) == 64
    assert "estimate" in trained.manifest["energy"]["basis"]
    assert trained.manifest["device_name"].startswith("cpu (")
    assert [p.stem for p in trained.previews][:2] == ["000000000", "000000128"]
    with Image.open(trained.previews[0]) as preview:
        assert preview.info["Description"] == "AI-generated"
    assert trained._repr_png_() == trained.previews[-1].read_bytes()
    card = (trained.folder / "model" / "README.md").read_text()
    assert "AI-generated" in card
    assert trained.recipe.hash in card


def test_runs_get_folders_of_their_own(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("runs/tiny", "runs/tiny-2", "runs/tiny-3"):
        assert create("", tiny, {}).folder == Path(expected)
    Path("mine").mkdir()
    assert create("mine", tiny, {}).folder == Path("mine")
    with pytest.raises(UserError, match="something in mine already"):
        create("mine", tiny, {})
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "mine"}


@pytest.mark.parametrize(("seconds", "steps"), [(0.01, 10), (0.5, 10), (3.0, 4), (60.0, 2)])
def test_a_rehearsal_of_slow_steps_is_short(
    seconds: float, steps: int, tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Team(0, 1, torch.device("cpu"))
    dataset, samples = session.read_data(tiny, alone)
    match = session.prepare(tiny, dataset.spec, samples, alone)
    clock = itertools.count(0.0, seconds)  # looked at before and after each step
    monkeypatch.setattr(rehearsal.time, "perf_counter", lambda: next(clock))
    assert rehearsal.rehearse(match, "float32") == pytest.approx(seconds)
    assert next(clock) == pytest.approx(2 * steps * seconds)


def test_a_plan_measures_each_precision_once(tiny: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []

    def rehearse(_match: object, precision: str) -> float:
        measured.append(precision)
        return {"float32": 2.0, "bfloat16": 1.0}[precision]

    monkeypatch.setattr(rehearsal, "rehearse", rehearse)
    monkeypatch.setattr(rehearsal.devices, "has_fast_bfloat16", lambda _device: True)
    long = {"samples": 100_000, "training.precision": "auto"}
    estimate = session.plan(tiny.replace(long), device="cpu")
    assert sorted(measured) == ["bfloat16", "float32"]
    assert estimate.precision == "bfloat16"
    assert estimate.seconds == round(100_000 / tiny.batch, 1)
