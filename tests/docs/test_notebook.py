"""The notebook runs from top to bottom, without a network."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from reading import ROOT

NOTEBOOK = ROOT / "docs" / "notebooks" / "digits.ipynb"


def test_it_is_stored_without_outputs() -> None:
    assert NOTEBOOK.stat().st_size < 300_000
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert not any(cell.outputs for cell in cells if cell.cell_type == "code")


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait do not burn the cores
    monkeypatch.delenv("SPARRING_DATA", raising=False)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    shown = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in shown if o.output_type == "error"]
    pictures = [o for o in shown if "image/png" in o.get("data", {})]
    assert len(pictures) >= 10
    assert any("the same to the bit: True" in o.get("text", "") for o in shown)
