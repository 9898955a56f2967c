"""Models by name: found, loaded once, and anew where they have changed; and files on the shelf."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from sparring.core.errors import BadData, UserError
from sparring.serve.limits import LOOK_AGAIN
from sparring.serve.registry import Registry, UnknownModel, public_names
from sparring.serve.shelf import Shelf, UnknownFile
from sparring.training.run import Run


def test_models_have_public_names(trained: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(trained.folder / "model", other)
    found = public_names(["digits", str(other), f"mine={trained.folder}"])
    assert found == {"digits": Path("digits"), "other": other, "mine": trained.folder}
    of_run = public_names([str(trained.folder / "model")])
    assert list(of_run) == [trained.folder.name]
    assert {"digits", "quatrains"} <= set(public_names([]))
    with pytest.raises(UserError, match="give one another name"):
        public_names(["digits", f"digits={other}"])
    with pytest.raises(BadData):
        public_names(["nothing-of-that-name"])


def test_a_model_is_loaded_once_and_anew_where_it_has_changed(trained: Run, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained.folder / "model", folder)
    registry = Registry({"it": folder})
    assert registry.ready("it") is None
    first = registry.sampler("it")
    assert registry.sampler("it") is first
    assert registry.ready("it") is first
    described = registry.describe("it")
    assert described.spec == first.spec
    assert registry.describe("it") is described
    file = folder / "model.safetensors"
    os.utime(file, (time.time() + 5, time.time() + 5))
    assert registry.sampler("it") is not first
    time.sleep(LOOK_AGAIN)
    assert registry.ready("it") is None
    assert registry.describe("it").created > described.created


def test_runs_are_served_once_they_have_a_model(trained: Run, tmp_path: Path) -> None:
    registry = Registry({"digits": "digits"}, runs=tmp_path)
    assert registry.names() == ["digits"]
    (tmp_path / "new").mkdir()
    assert registry.names() == ["digits"]
    shutil.copytree(trained.folder, tmp_path / "later")
    shutil.copytree(trained.folder, tmp_path / "digits")
    assert registry.names() == ["digits", "later"]
    assert registry.describe("digits").recipe == "digits_best"  # what was named comes first
    with pytest.raises(UnknownModel, match="Did you mean 'later'"):
        registry.sampler("latter")


def test_the_shelf_keeps_files_for_a_while(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, lifetime=100.0, largest=10)
    first = shelf.put(b"123456", ".png")
    assert shelf.get(first) == b"123456"
    second = shelf.put(b"7890", ".wav")
    assert shelf.get(first) == b"123456"
    third = shelf.put(b"x", ".png")  # for which the oldest makes room
    with pytest.raises(UnknownFile):
        shelf.get(first)
    assert shelf.get(second) + shelf.get(third) == b"7890x"
    os.utime(tmp_path / second, (time.time() - 101,) * 2)
    with pytest.raises(UnknownFile):
        shelf.get(second)
    with pytest.raises(UserError, match="too large"):
        shelf.put(b"x" * 11, ".png")
    (tmp_path / "secret").write_text("x")
    for name in ("secret", "../secret", f"../{tmp_path.name}/{third}", ""):
        with pytest.raises(UnknownFile):
            shelf.get(name)
