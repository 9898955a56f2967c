"""The signs that detectors read, measured on samples whose trouble is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.data import Samples
from sparring.generation.model_file import modality_of
from sparring.metrics import Observed
from sparring.networks.r3gan import R3GANGenerator
from sparring.training.judging import Eye, Judge, shrunk
from sparring.training.signs import _agreement, _covered, signs_of_samples

PICTURES = Spec("image", (1, 8, 8))
SMALL = Eye("small pictures", shrunk, scores=False, foreign=False)


def judge_of(recipe: Recipe, *, train: int, test: int, count: int) -> Judge:
    """A judge of evenly random pictures."""
    parts = [
        Samples(np.random.default_rng(n).integers(0, 256, (n, 1, 8, 8), dtype=np.uint8), {})
        for n in (train, test)
    ]
    recipe = recipe.replace({"judge.every": 64, "judge.count": count})
    return Judge(SMALL, recipe, modality_of(PICTURES), *parts, torch.device("cpu"))


def seen_of(verdicts: torch.Tensor, labels: torch.Tensor, classes: int) -> Observed:
    """What an extractor sees that is sure of `verdicts`."""
    logs = torch.nn.functional.one_hot(verdicts, classes).float().log_softmax(1)
    return Observed(torch.zeros(len(labels), 2), {"digit": logs}, {"digit": labels}, None)


def test_data_without_a_test_part_can_be_looked_at(tiny: Recipe) -> None:
    judge = judge_of(tiny, train=200, test=0, count=100)
    assert judge.held_out is None
    signs = signs_of_samples(judge, judge.real)
    assert "copies" not in signs
    assert signs["diversity"] == pytest.approx(1.0)


def test_samples_that_are_no_numbers_are_no_evidence(tiny: Recipe) -> None:
    generator = R3GANGenerator(PICTURES, latent=4, widths=(16,)).eval()
    judge = judge_of(tiny, train=200, test=50, count=100)
    assert judge.look(generator) is not None
    for weight in generator.parameters():
        torch.nn.init.constant_(weight, 1e30)  # a number, but its square is none
    assert judge.look(generator) is None


def test_as_many_neighbours_are_compared_on_both_sides(tiny: Recipe) -> None:
    judge = judge_of(tiny, train=1000, test=50, count=500)
    values = np.random.default_rng(7).integers(0, 256, (500, 1, 8, 8), dtype=np.uint8)
    features, _ = shrunk(judge.modality.to_samples(torch.from_numpy(values)))
    fresh = Observed(features, {}, {}, None)
    assert signs_of_samples(judge, fresh)["duplicates"] == pytest.approx(0.05, abs=0.03)


def test_symbols_are_counted_where_no_extractor_knows_them() -> None:
    texts = torch.tensor([[3, 4, 3, 4], [4, 3, 4, 3], [3, 3, 3, 3]])
    features, verdicts = shrunk(texts)
    assert features.shape == (3, 64)
    assert verdicts == {}
    assert features[0].tolist() == features[1].tolist() != features[2].tolist()
    assert features.sum(1).tolist() == [1.0, 1.0, 1.0]


def test_agreement_is_what_goes_beyond_chance() -> None:
    labels = torch.arange(10).repeat(100)
    assert _agreement(seen_of(labels, labels, 10), "digit") == pytest.approx(1.0)
    draws = torch.randperm(1000, generator=torch.Generator().manual_seed(0))
    assert abs(_agreement(seen_of(labels[draws], labels, 10), "digit")) < 0.05
    lone = torch.zeros(100, dtype=torch.int64)
    assert _agreement(seen_of(lone, lone, 1), "digit") == 0.0


def test_a_class_that_is_never_made_is_not_covered() -> None:
    real = torch.arange(10).repeat(200)
    made = torch.arange(8).repeat(250)
    assert _covered(made, real) == pytest.approx(0.8)
    assert _covered(real, real) == 1.0


def test_classes_too_rare_to_be_told_from_chance_do_not_count() -> None:
    draws = torch.Generator().manual_seed(0)
    real, made = (torch.randint(0, 1000, (2000,), generator=draws) for _ in range(2))
    assert len(made.unique()) < 900
    assert _covered(made, real) == 1.0
