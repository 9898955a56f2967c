"""kill -9 at random moments: the newest checkpoint loads, and the end is the same to the bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sparring.core.recipe import Recipe


def gauntlet(recipe: Recipe, folder: Path, kills: int) -> dict[str, int]:
    file = folder / "recipe.json"
    file.write_text(json.dumps(recipe.to_json()))
    program = Path(__file__).with_name("gauntlet.py")
    done = subprocess.run(
        [sys.executable, program, folder, file, str(kills), "1"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_twelve_kills(tiny: Recipe, tmp_path: Path) -> None:
    assert gauntlet(tiny, tmp_path, 12)["kills"] >= 12


@pytest.mark.slow
def test_two_hundred_kills(tiny: Recipe, tmp_path: Path) -> None:
    assert gauntlet(tiny, tmp_path, 200)["kills"] >= 200
