"""Samples that have several labels at once: each counts, where it was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.evaluation.scores import label
from sparring.metrics import Evidence, Observed, train_on_synthetic
from sparring.metrics.label_accuracy import LabelAccuracy
from sparring.metrics.train_on_synthetic import TrainOnSynthetic


def certain(index: Tensor, classes: int) -> Tensor:
    return torch.nn.functional.one_hot(index, classes).float().mul(20).log_softmax(1)


def test_each_set_has_a_figure_and_all_must_be_right() -> None:
    digit, speaker = torch.arange(200) % 10, torch.arange(200) % 6
    heard = torch.where(torch.arange(200) < 50, (digit + 1) % 10, digit)
    observed = Observed(
        torch.rand(200, 4),
        {"digit": certain(heard, 10), "speaker": certain((speaker + (speaker == 0)) % 6, 6)},
        {"digit": digit, "speaker": speaker},
    )
    figures = LabelAccuracy().measure(Evidence(observed, observed, observed), Streams(0))
    assert figures["label_accuracy of digit"].value == 0.75
    assert round(figures["label_accuracy of speaker"].value, 2) == 0.83
    assert figures["label_accuracy"].value < 0.75
    assert label("Label accuracy", "label_accuracy of digit", True) == "Label accuracy of digit"


def half_heeded() -> Evidence:
    """Nine of ten digits and speakers are recognised; only digits were asked for."""
    place = torch.arange(200)
    digit, speaker = place % 10, place % 6
    heard = {
        "digit": certain(torch.where(place % 10 == 3, (digit + 1) % 10, digit), 10),
        "speaker": certain(torch.where(place % 10 == 7, (speaker + 1) % 6, speaker), 6),
    }
    both = {"digit": digit, "speaker": speaker}
    real = Observed(torch.rand(200, 4), heard, both, torch.rand(200, 1, 2, 2))
    made = Observed(torch.rand(200, 4), heard, {"digit": digit}, torch.rand(200, 1, 2, 2))
    labels = {name: tuple(map(str, range(n))) for name, n in (("digit", 10), ("speaker", 6))}
    return Evidence(made, real, real, Spec("image", (1, 2, 2), labels=labels))


def test_the_floor_of_label_accuracy_is_of_the_sets_that_were_asked_for() -> None:
    figures = LabelAccuracy().floor(half_heeded(), Streams(0))
    assert {name: figure.value for name, figure in figures.items()} == {"label_accuracy": 0.9}


def test_the_ceiling_of_a_classifier_learns_the_sets_that_were_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned: list[set[str]] = []

    def learn(evidence: Evidence, _steps: int, _seed: int) -> Tensor:
        learned.append(set(evidence.generated.labels))
        return torch.ones(200)

    monkeypatch.setattr(train_on_synthetic, "recognised_after", learn)
    for measured in (TrainOnSynthetic().measure, TrainOnSynthetic().floor):
        assert measured(half_heeded(), Streams(0))["cas"].value == 1
    assert learned == [{"digit"}, {"digit"}]
