"""The losses of the first steps stay what they were: proof that a refactor is one.

On the machine that recorded them they are identical; other processors round differently, which
the tolerance allows for.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from record import PAIRS, TRACES, trace

STORED = json.loads(TRACES.read_text()) if TRACES.is_file() else {}


@pytest.mark.parametrize("name", PAIRS)
def test_losses_are_what_they_were(name: str, tmp_path: Path) -> None:
    now = trace(*PAIRS[name], tmp_path / "run")
    assert len(now) == len(STORED[name]) == 10
    for row, stored in zip(now, STORED[name], strict=True):
        assert row == pytest.approx(stored, rel=1e-3, abs=1e-5)
