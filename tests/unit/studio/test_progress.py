"""How a run is doing is read from its folder."""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path

import pytest

from sparring.core.errors import BadData
from sparring.studio.progress import LAMPS, NEEDS, POINTS, progress, runs_in
from sparring.studio.run_view import why
from sparring.studio.words import LANGUAGES, WORDS, Say
from sparring.training import detectors
from sparring.training.advice import DETECTORS
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
        "It makes 3 samples over and over. (seen after 700 samples)",
    ]
    assert why(found, "pinned", Say(LANGUAGES["en"])) == []
    assert why(progress(trained.folder), "collapsed", Say(LANGUAGES["en"])) == []
    assert {f"{part}_{name}" for name in LAMPS for part in ("lamp", "why")} <= set(WORDS)


def test_a_lamp_without_numbers_is_not_said_to_be_well(trained: Run, tmp_path: Path) -> None:
    folder = tmp_path / "unjudged"
    shutil.copytree(trained.folder, folder)
    row = {"samples": 10, "d_real": 0.5, "d_fake": 0.5, "slope_generator": 0.1, "waiting": 0.0}
    (folder / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    assert progress(folder).measured == {"pinned", "vanishing", "starved", "not_finite"}
    judged = {**row, "score": 1.0, "classes": 1.0, "diversity": 1.0, "label_accuracy_real": 0.9}
    (folder / "metrics.jsonl").write_text(json.dumps(judged) + "\n")
    seen = progress(folder).measured
    assert {"lost_classes", "collapsed", "diverging", "missing_classes"} <= seen
    assert not seen & {"blind", "memorising", "ignored_labels"}
    (folder / "metrics.jsonl").write_text("")
    assert progress(folder).measured == set()


def test_needs_are_what_detectors_ask_for() -> None:
    for detector in DETECTORS:
        source = inspect.getsource(detector.sees) + inspect.getsource(detectors.stuck)
        for need in NEEDS[detector.name]:
            assert need in source or need in ("told_apart_held_out", "label_accuracy_real"), need


def test_nothing_is_left_of_a_training_that_went_a_little_beyond(
    trained: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "beyond"
    shutil.copytree(trained.folder, folder)
    rows = [{"samples": n, "seconds": n / 100} for n in (300, 680)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = progress(folder)
    assert found.speed > 0 and found.seconds_left == 0 and found.share == 1.0


def test_runs_are_found_and_others_refused(trained: Run, tmp_path: Path) -> None:
    assert trained.folder in runs_in(trained.folder.parent)
    assert runs_in(tmp_path / "nowhere") == []
    with pytest.raises(BadData, match="not a run"):
        progress(tmp_path)
