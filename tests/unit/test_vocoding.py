"""Trainings whose generators are given something: what they are fed, lose, resume and refuse."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sparring
from sparring.core import components
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Batch, Condition, Moment, Spec
from sparring.data import Samples
from sparring.data.sound_folder import SoundFolder
from sparring.data.spoken_digits import SpokenDigits
from sparring.modalities.audio import Audio
from sparring.modalities.image import Image
from sparring.networks import Networks
from sparring.networks.mlp import MLPDiscriminator, MLPGenerator
from sparring.networks.vocoder import VocoderDiscriminator, VocoderGenerator
from sparring.objectives.vocoding import Vocoding, distances
from sparring.training.feed import Feed
from sparring.training.run import Run

VOICED = Spec("audio", (1024,), rate=8000, given=(16, 16))


def waves(count: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(2)
    return torch.rand((count, *VOICED.shape), generator=rng) - 0.5


def players() -> Networks:
    torch.manual_seed(0)
    return Networks(
        {
            "generator": VocoderGenerator(VOICED, width=8, depth=1),
            "discriminator": VocoderDiscriminator(VOICED, folded=4, framed=8),
        }
    )


def batch() -> Batch:
    real = waves(3)
    return Batch(real, Condition(given=Audio(VOICED).given(real)))


def moment(progress: float) -> Moment:
    return Moment(samples=0, progress=progress, step=0, rng=Streams(0))


def test_specs_with_what_is_given_survive_json_and_older_ones_have_none() -> None:
    assert Spec.from_json(VOICED.to_json()) == VOICED
    older = Spec("audio", (64, 80), rate=8000)
    stored = {key: value for key, value in older.to_json().items() if key != "given"}
    assert Spec.from_json(stored) == older


def test_data_sets_say_what_waves_are_made_from(tmp_path: Path) -> None:
    assert SpokenDigits(form="voiced").spec.given == (64, 80)
    assert SpokenDigits(form="voiced").spec.shape == (5120,)
    assert SpokenDigits(form="wave").spec.given == ()
    assert SoundFolder(path=str(tmp_path), form="voiced", seconds=0.64).form == "voiced"


def test_what_is_given_must_fit() -> None:
    for given in ((16, 15), (16,)):
        with pytest.raises(ValueError, match="mel spectrograms"):
            Audio(Spec("audio", (1024,), rate=8000, given=given))
    with pytest.raises(ValueError, match="nothing of shape"):
        Image(Spec("image", (1, 8, 8), given=(1, 4, 4))).given(torch.zeros(1, 1, 8, 8))


def feed() -> Feed:
    raw = (waves(10) * 32767).to(torch.int16).numpy()
    return Feed(
        Samples(raw, {"kind": np.arange(10) % 2}), Audio(VOICED), seed=0, batch=4, rank=0, world=1,
        device=torch.device("cpu"),
    )  # fmt: skip


def test_a_batch_holds_what_its_samples_are_made_from() -> None:
    fed = feed().batch(4)
    assert fed.condition.given is not None
    assert torch.equal(fed.condition.given, Audio(VOICED).given(fed.real))
    assert fed.condition.labels.keys() == {"kind"}
    (first, second) = fed.pieces(2)
    assert first.condition.given is not None
    assert torch.equal(first.condition.given, fed.condition.given[:2])
    assert len(second) == 2


def test_a_preview_asks_for_the_first_samples() -> None:
    asked = feed().asked(12)
    assert asked.given is not None
    assert asked.given.shape == (12, 16, 16)
    assert torch.equal(asked.given[0], asked.given[10])


def test_no_distance_from_itself() -> None:
    real = waves(2)
    near, spectra = distances(real, real, Audio(VOICED).given(real))
    assert near < 1e-5
    assert spectra == 0
    _, other = distances(real.flip(0), real, Audio(VOICED).given(real))
    assert other > 0.1


def test_the_adversarial_part_begins_when_said() -> None:
    step = {"start": 0.0, "end": 1.0, "begin": 0.5, "finish": 0.5}
    table = {"name": "vocoding", "adversarial": step}
    built = components.build(components.OBJECTIVE, table, where="objective")
    discriminates, generates = (phase.loss for phase in built.phases())
    networks = players()
    resting = discriminates(networks, batch(), moment(0.4))
    resting.total.backward()
    grads = [p.grad for p in networks.discriminator.parameters()]
    assert all(grad is not None and not grad.any() for grad in grads)
    assert resting.total == 0
    early, late = (generates(networks, batch(), moment(at)) for at in (0.4, 0.6))
    assert "features" not in early.logs
    assert "features" in late.logs
    assert discriminates(networks, batch(), moment(0.6)).total > 0


def test_it_needs_judges_of_every_place() -> None:
    spec = Spec("image", (1, 8, 8))
    networks = Networks({"generator": MLPGenerator(spec), "discriminator": MLPDiscriminator(spec)})
    given = Batch(torch.zeros(2, 1, 8, 8), Condition())
    for phase, needed in zip(Vocoding().phases(), ("judges every place", "data.form"), strict=True):
        with pytest.raises(UserError, match=needed):
            phase.loss(networks, given, moment(0.5))


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"networks.discriminator": {"name": "wavegan"}}, "needs a discriminator that judges"),
        (
            {"data.form": "wave", "networks.generator": {"name": "wavegan"}},
            r"needs data that give mel spectrograms: data\.form",
        ),
    ],
)
def test_other_players_are_refused_before_there_is_a_folder(
    voiced: Run, changes: dict[str, Any], needed: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=needed):
        sparring.train(voiced.recipe, changes, out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    spec = Spec("audio", (1024,), rate=8000)
    for number, wave in enumerate(waves(8)):
        (folder / f"{number}.wav").write_bytes(Audio(spec).encode(wave))
    return folder


@pytest.fixture(scope="module")
def voiced(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    tables: dict[str, dict[str, Any]] = {
        "data": {
            "name": "sound_folder", "path": str(recordings), "form": "voiced", "seconds": 0.128,
            "bins": 16, "batch": 2,
        },
        "networks": {
            "generator": {"name": "vocoder", "width": 8, "depth": 1},
            "discriminator": {"name": "vocoder", "folded": 4, "framed": 8},
        },
        "objective": {
            "name": "vocoding",
            "adversarial": {"start": 0.0, "end": 1.0, "begin": 0.5, "finish": 0.5},
        },
        "training": {
            "precision": "float32", "threads": 1, "preview_count": 4,
            "log_every": 4, "preview_every": 8, "checkpoint_every": 8,
        },
        "judge": {"every": 0},
    }  # fmt: skip
    recipe = Recipe.from_json({"name": "voiced", "samples": 16, **tables})
    return sparring.train(recipe, out=tmp_path_factory.mktemp("voiced") / "run", quiet=True)


def test_a_training_with_what_is_given_resumes_bit_for_bit(voiced: Run) -> None:
    end = voiced.checkpoints[0]
    assert end.name == "000000016"
    parts = {p.name: p.read_bytes() for p in end.glob("*.safetensors")}
    previews = [p.read_bytes() for p in voiced.previews]
    shutil.rmtree(end)
    sparring.resume(voiced.folder, quiet=True)
    assert {p.name: p.read_bytes() for p in end.glob("*.safetensors")} == parts
    assert [p.read_bytes() for p in voiced.previews] == previews


def test_it_is_not_judged_and_says_so(
    voiced: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = sparring.train(voiced.recipe, {"judge.every": 8}, out=tmp_path / "run")
    assert "Not judged on the way: samples are made from something" in capsys.readouterr().err
    assert run.best is None


def test_its_sampler_makes_nothing_by_itself_and_what_is_given_with_it(voiced: Run) -> None:
    sampler = voiced.sampler()
    with pytest.raises(UserError, match="nothing by itself"):
        sampler.generate(2)
    given = Audio(VOICED).given(waves(3))
    made = sampler(sampler.latents(range(3)), Condition(given=given))
    assert made.shape == (3, 1024)
    assert torch.equal(made[:2], sampler(sampler.latents([7, 8]), Condition(given=given[:2])))
    card = (voiced.folder / "model" / "README.md").read_text()
    assert "16x16" in card
    assert "makes nothing by itself" in card
