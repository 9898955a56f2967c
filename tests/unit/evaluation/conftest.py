"""A few real digits and models that hardly learned anything from them, to be judged in no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sparring
from sparring.core import files
from sparring.core.recipe import Recipe


@pytest.fixture(scope="session")
def small() -> Recipe:
    """A few steps on digits that a package carries; the shipped extractors know such."""
    tables: dict[str, dict[str, Any]] = {
        "data": {"name": "mnist_5k", "batch": 16},
        "objective": {"name": "relativistic"},
        "training": {
            "precision": "float32", "threads": 1, "preview_count": 4, "log_every": 64,
            "preview_every": 640, "checkpoint_every": 640,
        },
    }  # fmt: skip
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [32]},
        "discriminator": {"name": "mlp", "widths": [32]},
    }
    return Recipe.from_json({"name": "small", "samples": 640, "networks": networks, **tables})


@pytest.fixture(scope="session")
def runs(small: Recipe, tmp_path_factory: pytest.TempPathFactory) -> list[sparring.Run]:
    """Two runs of one recipe with two seeds; look, do not touch."""
    root = tmp_path_factory.mktemp("judged")
    return [
        sparring.train(small.replace(seed=seed), out=root / f"small-{seed}", quiet=True)
        for seed in (0, 1)
    ]


@pytest.fixture(scope="session")
def report(runs: list[sparring.Run]) -> sparring.Report:
    """The first one, judged."""
    return sparring.evaluate(runs[0].folder, count=200, quick=True, device="cpu")


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 150 real training digits, in sub-folders by class."""
    from sparring.evaluation.reference import reference

    real = reference({"name": "mnist_5k"})
    folder = tmp_path_factory.mktemp("digits")
    samples = real.modality.to_samples(real.learned_from(150, seed=3)[0])
    labels = real.learned_from(150, seed=3)[1]["digit"]
    for number, (sample, label) in enumerate(zip(samples, labels.tolist(), strict=True)):
        files.atomic_write(folder / str(label) / f"{number}.png", real.modality.encode(sample))
    (folder / "sheet.png").write_bytes(b"no sample")
    (folder / "notes.txt").write_text("no sample either")
    return folder
