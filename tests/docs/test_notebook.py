"""The notebooks run from top to bottom, without a network."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from reading import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
CHINESE = [path for path in NOTEBOOKS if path.stem.endswith(".zh")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs(path: Path) -> None:
    assert path.stat().st_size < 300_000
    cells = nbformat.read(path, as_version=4).cells
    assert not any(cell.outputs for cell in cells if cell.cell_type == "code")


def shape_of(path: Path) -> list[str]:
    """Cell by cell: levels of headings and lists of prose, and code without words for people."""
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            starts = [line.split(" ")[0] for line in cell.source.splitlines() if line]
            found.append(" ".join(s for s in starts if s == "-" or set(s) == {"#"}))
            continue
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
                del node.body[0]
        found.append(ast.dump(tree))
    return found


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.stem)
def test_a_chinese_one_has_the_cells_of_the_english_one(path: Path) -> None:
    # The code is the same, so that running the English one is enough.
    english = path.with_name(path.name.replace(".zh.", "."))
    assert shape_of(path) == shape_of(english)
    prose = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    assert all(any("\u4e00" <= character <= "\u9fff" for character in text) for text in prose)


def shown_by(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[NotebookNode]:
    """All that a notebook shows when it is run in `folder`."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait do not burn the cores
    monkeypatch.delenv("SPARRING_DATA", raising=False)
    notebook = nbformat.read(ROOT / "docs" / "notebooks" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute()
    shown = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in shown if o.output_type == "error"]
    return shown


def test_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_by("digits", tmp_path, monkeypatch)
    pictures = [o for o in shown if "image/png" in o.get("data", {})]
    assert len(pictures) >= 10
    assert any("the same to the bit: True" in o.get("text", "") for o in shown)


def test_first_sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_by("first_sounds", tmp_path, monkeypatch)
    players = [o for o in shown if "<audio" in o.get("data", {}).get("text/html", "")]
    assert len(players) == 7
    assert (tmp_path / "samples" / "sheet.html").is_file()
    assert any("rising: band" in o.get("text", "") for o in shown)


def test_first_poems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_by("first_poems", tmp_path, monkeypatch)
    assert len([o for o in shown if "image/png" in o.get("data", {})]) >= 4
    assert (tmp_path / "samples" / "samples.jsonl").is_file()
    told = "".join(o.get("text", "") for o in shown)
    assert "白日依山" in told
    assert "keep the rule" in told
