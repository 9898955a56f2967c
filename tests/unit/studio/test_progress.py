"""How a run is doing is read from its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sparring.core.errors import BadData
from sparring.studio.progress import LAMPS, POINTS, progress, runs_in
from sparring.studio.run_view import why
from sparring.studio.words import LANGUAGES, WORDS, Say
from sparring.training.run import Run


def test_a_finished_run(trained: Run) -> None:
    found = progress(trained.folder)
    assert found.share == 1.0 and found.samples == 640
    assert found.speed > 0 and found.seconds_left == 0
    curve = found.curve("d_real")
    assert len(curve.points) == 20 and curve.points[-1][0] == 640
    assert {c.name for c in found.losses()} == {"loss_generator", "loss_discriminator"}
    assert [samples for samples, _ in found.previews][-1] == 640
    assert not found.lit


def test_long_curves_are_thinned_but_end_at_the_end(trained: Run, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    shutil.copytree(trained.folder, folder)
    rows = [{"samples": 10 * i, "d_real": 0.5, "seconds": i} for i in range(1, 5_000)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = progress(folder)
    points = found.curve("d_real").points
    assert len(points) < 2 * POINTS and points[-1] == (49_990, 0.5)
    assert found.speed == pytest.approx(10.0)


def test_lamps_are_lit_by_findings_and_all_have_words(trained: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ill"
    shutil.copytree(trained.folder, folder)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"samples": 700, "findings": ["collapsed"]}) + "\n")
    assert progress(folder).lit == {"collapsed": 700}
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["health"] = [{"name": "collapsed", "sentence": "It makes 3 samples over and over."}]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    found = progress(folder)
    assert why(found, "collapsed", Say(LANGUAGES["en"])) == [
        f"{WORDS['why_collapsed'][0]} (seen after 700 samples)",
        "It makes 3 samples over and over.",
    ]
    assert why(found, "pinned", Say(LANGUAGES["en"])) == []
    assert {f"{part}_{name}" for name in LAMPS for part in ("lamp", "why")} <= set(WORDS)


def test_runs_are_found_and_others_refused(trained: Run, tmp_path: Path) -> None:
    assert trained.folder in runs_in(trained.folder.parent)
    assert runs_in(tmp_path / "nowhere") == []
    with pytest.raises(BadData, match="not a run"):
        progress(tmp_path)
