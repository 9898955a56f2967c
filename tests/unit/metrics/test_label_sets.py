"""Label accuracy where samples have several labels at once."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.rng import Streams
from sparring.evaluation.scores import label
from sparring.metrics import Evidence, Observed
from sparring.metrics.label_accuracy import LabelAccuracy


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
