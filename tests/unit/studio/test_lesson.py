"""A lesson is the training itself: the same bits, only that it waits; and its scenes keep word."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core import weights
from sparring.core.errors import TrainingFailed, UserError
from sparring.core.recipe import Recipe, parse_override
from sparring.core.spec import Condition
from sparring.studio.lesson import LONGEST, Lesson
from sparring.studio.plane import NEAR, Watcher, pieces_of
from sparring.studio.scenes import LOSSES, SCENES, command_of, recipe_of
from sparring.training.loop import Reached

BATCH = 32
SMALL = {"data.batch": BATCH, "training.preview_count": 32}


def lesson(**settings: object) -> Lesson:
    return Lesson(recipe_of({**SMALL, **settings}))


def bits(of: Lesson) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in of.match.state.networks.state_dict().items()}


@pytest.mark.parametrize("loss", ["relativistic", "wasserstein_gp"])
def test_a_lesson_has_the_weights_of_a_training_bit_for_bit(loss: str, tmp_path: Path) -> None:
    steps = 7
    recipe = recipe_of({**SMALL, "objective.name": loss}).replace(samples=steps * BATCH)
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    one, watched = Lesson(recipe), Lesson(recipe)
    one.step(steps)
    watcher = Watcher(watched)
    while watched.steps < steps:  # turn by turn, and looked at after each
        watched.turn()
        watcher.look()
        watched.preview()
        watched.row()
    stored, _ = weights.read(run.checkpoints[0] / "weights.safetensors")
    for each in (one, watched):
        for name, tensor in bits(each).items():
            assert torch.equal(tensor, stored[name]), name


def test_the_same_seed_gives_the_same_lesson_and_another_one_does_not() -> None:
    first, again, other = lesson(), lesson(), lesson(seed=1)
    for each in (first, again, other):
        each.step(3)
    assert all(torch.equal(v, bits(again)[k]) for k, v in bits(first).items())
    assert not all(torch.equal(v, bits(other)[k]) for k, v in bits(first).items())


def test_turns_alternate_and_make_steps() -> None:
    each = lesson()
    assert (each.turn(), each.moved, each.steps) == (Reached.TURN, "discriminator", 0)
    assert (each.turn(), each.moved, each.steps) == (Reached.STEP, "generator", 1)
    each.turn()
    each.step()
    assert each.steps == 2
    assert each.run(0.0) == 1
    assert each.samples == 3 * BATCH


def test_another_loss_goes_on_with_the_same_networks() -> None:
    each = lesson(**{"objective.name": "minimax"})
    each.step(2)
    before = bits(each)
    each.change(recipe_of({**SMALL, "objective.name": "non_saturating"}))
    assert all(torch.equal(v, bits(each)[k]) for k, v in before.items())
    each.step()
    assert each.steps == 3


@pytest.mark.parametrize("loss", LOSSES)
def test_arrows_point_downhill_on_the_loss_that_is_played(loss: str) -> None:
    each = lesson(**{"objective.name": loss})
    each.step(20)
    view = Watcher(each).look()
    discriminator = each.match.state.networks.discriminator
    with torch.no_grad():
        here = discriminator(view.pushed, Condition()).mean()
        way = view.pushes / view.pushes.norm(dim=1, keepdim=True).clamp(min=1e-9)
        there = discriminator(view.pushed + 0.02 * way, Condition()).mean()
    assert view.push > 0
    if loss != "least_squares":  # which may find a sample too real
        assert there > here


def test_a_view_tells_pieces_and_what_was_found() -> None:
    each = lesson(**{"data.shape": "eight_gaussians"})
    watcher = Watcher(each)
    view = watcher.look()
    assert view.pieces == 8
    assert view.found < 8
    assert view.surface.shape[0] == view.surface.shape[1]
    assert 0 <= view.surface.min() <= view.surface.max() <= 1
    each.latents = torch.zeros_like(each.latents)
    assert watcher.look().found <= 1


def test_pieces_are_what_hangs_together() -> None:
    line = torch.linspace(-1, 1, 101)[:, None] * torch.tensor([1.0, 0.0])
    heap = torch.full((50, 2), 0.9)
    stray = torch.tensor([[0.0, -0.9]])
    piece = pieces_of(torch.cat([line, heap, stray]))
    assert set(piece[:101].tolist()) == {0}
    assert set(piece[101:-1].tolist()) == {1}
    assert piece[-1] == -1
    assert NEAR > 2 / 100


def test_rows_are_kept_but_not_without_end() -> None:
    each = lesson()
    assert each.row() is None
    each.step()
    row = each.row()
    assert row is not None
    assert {"loss_generator", "loss_discriminator", "d_real", "d_fake"} <= row.values.keys()
    assert each.row() is None
    for _ in range(LONGEST):
        each.rows.append(row)
    each.step()
    each.row()
    assert len(each.rows) <= LONGEST


def test_a_lesson_that_diverges_says_so() -> None:
    each = lesson()
    with torch.no_grad():
        next(each.match.state.networks.discriminator.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingFailed, match="start again"):
        each.step(2)


def test_augmentation_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="leave \\[augment\\] out"):
        Lesson(Recipe.read("ring", {"augment.name": "jitter"}))


def test_the_command_of_a_scene_trains_the_same() -> None:
    for scene in SCENES:
        words = shlex.split(command_of(scene.settings))
        assert words[:3] == ["sparring", "train", "ring"]
        read = Recipe.read("ring", dict(parse_override(word) for word in words[3:]))
        assert read.hash == Recipe.read("ring", dict(scene.settings)).hash


def played(name: str, steps: int, loss: str = "") -> Watcher:
    scene = next(each for each in SCENES if each.name == name)
    changed = {"objective.name": loss} if loss else {}
    each = Lesson(recipe_of({**scene.settings, **changed}))
    each.step(steps)
    return Watcher(each)


def test_gradients_vanish_and_come_back_on_the_same_networks() -> None:
    watcher = played("vanishing", 200)
    before = watcher.look()
    assert before.push < 0.1
    assert before.on_target == 0
    scene = next(each for each in SCENES if each.name == "vanishing")
    watcher.lesson.change(recipe_of({**scene.settings, "objective.name": scene.cure}))
    assert watcher.look().push > 100 * before.push
    watcher.lesson.step(250)
    assert watcher.look().on_target > 0.8


@pytest.mark.slow
def test_modes_collapse_and_are_all_found() -> None:
    assert played("collapse", 800).look().found <= 3
    assert played("all_heaps", 200).look().found == 8
