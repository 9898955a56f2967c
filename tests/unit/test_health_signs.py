"""The signs that detectors read, measured on samples whose trouble is known."""

from __future__ import annotations

import pytest
import torch

from sparring.training.signs import _covered


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
