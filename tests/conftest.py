"""Every test runs without a network, with a cache of its own and on one thread."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from sparring.core.recipe import Recipe
from sparring.training.run import Run
from sparring.training.session import train

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
"""A folder of data sets beside the checkout."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small spend their time waiting for a second thread, not with it."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A fresh cache, and the full data sets of SPARRING_DATA or beside the checkout, if any."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        if not os.environ.get("SPARRING_DATA") and BESIDE.is_dir():
            patch.setenv("SPARRING_DATA", str(BESIDE))
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "the cache"
    monkeypatch.setenv("SPARRING_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections to anything but this machine fail at once."""
    connect = socket.socket.connect
    connect_ex = socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def is_local(address: Any) -> bool:
        return not isinstance(address, tuple) or address[0] in LOOPBACK

    def guarded_names(host: Any, *rest: Any, **options: Any) -> Any:
        if host not in (*LOOPBACK, socket.gethostname(), None, ""):
            raise socket.gaierror(f"tests may not look up {host}")
        return getaddrinfo(host, *rest, **options)

    def guarded(self: socket.socket, address: Any) -> None:
        if not is_local(address):
            raise ConnectionRefusedError(f"tests may not connect to {address}")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not is_local(address):
            raise ConnectionRefusedError(f"tests may not connect to {address}")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        patch.setattr(socket, "getaddrinfo", guarded_names)
        yield


@pytest.fixture(scope="session")
def full_data(surroundings: None) -> Path:
    """The folder of the full data sets; the test is skipped where there is none."""
    root = os.environ.get("SPARRING_DATA", "")
    if not root or not Path(root).is_dir():
        pytest.skip("the full data sets are not here; set SPARRING_DATA to their folder")
    return Path(root)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of forty small gray pictures in two classes, "dark" and "light"."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = np.random.default_rng(0)
    for label, low in (("dark", 0), ("light", 128)):
        (folder / label).mkdir()
        for number in range(20):
            pixels = chance.integers(low, low + 128, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of forty short noises in two classes, "fading" and "steady"."""
    folder = tmp_path_factory.mktemp("recordings")
    chance = np.random.default_rng(0)
    for label, decay in (("fading", 0.03), ("steady", 1.0)):
        (folder / label).mkdir()
        for number in range(20):
            wave = 0.1 * chance.standard_normal(800) * np.exp(-np.arange(800) / 8_000 / decay)
            soundfile.write(folder / label / f"{number}.wav", wave, 8_000)
    return folder


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of thirty-six short lines, each of three words."""
    path = tmp_path_factory.mktemp("lines") / "lines.txt"
    words = (["we", "you", "they"], ["walk", "rest", "wait"], ["here", "there", "now", "soon"])
    path.write_text("\n".join(" ".join(each) for each in itertools.product(*words)) + "\n")
    return path


@pytest.fixture(scope="session")
def writing(lines: Path, surroundings: None) -> Recipe:
    """A real training of texts that goes through every phase: 64, 32 and 64 samples long."""
    rhythm = {"log_every": 16, "preview_every": 160, "checkpoint_every": 16, "keep": 20}
    return Recipe.from_json(
        {
            "name": "writing",
            "samples": 160,
            "data": {"name": "text_file", "path": str(lines), "length": 16, "batch": 16},
            "networks": {
                "generator": {"name": "recurrent", "width": 16, "meaning": 8},
                "discriminator": {"name": "recurrent", "width": 16, "meaning": 8},
            },
            "objective": {"name": "reinforce", "warm_up": 64, "head_start": 32},
            "optimiser": {"learning_rate": 0.01},
            "training": {"precision": "float32", "threads": 1, "preview_count": 4, **rhythm},
        }
    )


@pytest.fixture(scope="session")
def wrote(writing: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `writing`; look, do not touch."""
    return train(writing, out=tmp_path_factory.mktemp("wrote") / "run", quiet=True)


@pytest.fixture(scope="session")
def tiny(pictures: Path, surroundings: None) -> Recipe:
    """A real training of a few dozen small steps."""
    tables: dict[str, dict[str, Any]] = {
        "data": {"name": "image_folder", "path": str(pictures), "size": 8, "batch": 16},
        "objective": {"name": "relativistic"},
        "augment": {"name": "gentle", "start": 0.2},
        "training": {
            "precision": "float32", "threads": 1, "preview_count": 4,
            "log_every": 32, "preview_every": 128, "checkpoint_every": 64,
        },
    }  # fmt: skip
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [16, 16]},
        "discriminator": {"name": "mlp", "widths": [16, 16]},
    }
    return Recipe.from_json({"name": "tiny", "samples": 640, "networks": networks, **tables})


@pytest.fixture(scope="session")
def trained(tiny: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `tiny`; look, do not touch."""
    return train(tiny, out=tmp_path_factory.mktemp("trained") / "run", quiet=True)
