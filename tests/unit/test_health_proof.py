"""The proof of the detectors: what is run again, and what its page says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import health

NOWHERE = Path("elsewhere")


def row(name: str, seed: int, *findings: str, **other: Any) -> dict[str, Any]:
    recipe, full = health.prepared(name, seed, Path())
    return {
        "recipe": name, "hash": health.key_of(recipe), "seed": seed, "samples": recipe.samples,
        "full": full, "findings": dict.fromkeys(findings, 4_000), "worst": {},
        "best": {"score": 1.0}, "judging": {"share": 0.04, "scorings": 3}, **other,
    }  # fmt: skip


def test_a_training_is_known_by_all_that_decides_what_is_found() -> None:
    recipe, _ = health.prepared("folder", 1, NOWHERE)
    key = health.key_of(recipe)
    assert health.key_of(health.prepared("folder", 1, Path())[0]) == key  # wherever pictures lie
    for change in ({"judge.count": 499}, {"seed": 2}, {"training.log_every": 1_000}):
        assert health.key_of(recipe.replace(change)) != key
    words = {"summary": "Other words.", "source": "", "expected": {"frechet": 1.0}}
    assert health.key_of(recipe.replace(words)) == key


def test_what_makes_nothing_by_itself_is_not_looked_at() -> None:
    assert health.prepared("spoken_digits", 1, NOWHERE)[0].judge.every == 4_000
    assert health.prepared("vocoder_8k", 1, NOWHERE)[0].judge.every == 0


def test_a_shortened_training_still_has_all_its_parts() -> None:
    short, _ = health.prepared("quatrains", 1, NOWHERE)
    assert short.samples == 24_000
    assert (short.objective["warm_up"], short.objective["head_start"]) == (17_600, 2_400)
    assert (short.judge.start, short.judge.every) == (21_200, 500)


def test_a_folder_of_own_sounds_is_made(tmp_path: Path) -> None:
    recipe, _ = health.prepared("sounds", 1, tmp_path)
    health.fill(tmp_path, recipe)
    assert len(list(Path(recipe.data["path"]).glob("*/*.wav"))) == 1_600


def test_the_page_says_how_much_of_the_proof_is_there() -> None:
    rows = [row("saturating", 1, "collapsed"), row("digits", 1), row("digits_best", 2, "blind")]
    text = health.table([*rows, row("digits", 0, "blind")])
    assert text.startswith(f"Incomplete: 3 of {len(health.ORDER) * 3} trainings. Detected: 1 of 1 ")
    assert (
        "False alarms: 1 of 2 healthy ones, in their first 24,000 to 80,000 samples: "
        "`digits_best` with seed 2; 2 have a score. Looks took 4.0 % of the time in the "
        "median, 4.0 % at most. Seeds 1, 2; seed 0," in text
    )
    whole = [row(name, seed) for name in health.ORDER for seed in (1, 2, 3)]
    assert health.table(whole).startswith("Detected: 0 of ")


def test_what_was_run_with_other_settings_is_no_proof() -> None:
    old = row("digits", 1, "blind", hash="0" * 64)
    unseen = {"best": {}, "judging": {"share": 0.0, "scorings": 0}}
    text = health.table([old, row("digits", 2, **unseen)])
    assert text.startswith("Incomplete: 1 of ")
    alarms = "False alarms: 0 of 1 healthy ones, in their first 24,000 samples; 0 have a score."
    assert f"{alarms} Seeds 2;" in text


def test_the_recipe_says_what_must_be_found_whatever_a_row_says() -> None:
    told = row("saturating", 1, "collapsed", expected="blind", kind="healthy")
    text = health.table([told])
    assert "Detected: 1 of 1 failing trainings; missed: none." in text
    assert "| `saturating` | 40,000 | collapsed | 4,000 |" in text


@pytest.mark.parametrize("place", ["", "empty"])
def test_missing_pictures_are_noticed_before_anything_is_trained(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARRING_DATA", place and str(tmp_path / place))
    monkeypatch.setattr(health, "RESULTS", tmp_path / "health.json")
    monkeypatch.setattr(health, "measure", lambda *_: pytest.fail("a training began"))
    monkeypatch.setattr(sys, "argv", ["health.py", "--only", "saturating", "folder"])
    with pytest.raises(SystemExit) as end:
        health.main()
    assert end.value.code == 2
    assert "SPARRING_DATA" in capsys.readouterr().err


def test_results_are_kept_by_keys_alone() -> None:
    rows = json.loads(health.RESULTS.read_text())
    assert not any({"kind", "expected"} & row.keys() for row in rows)
    pairs = [(row["recipe"], row["seed"]) for row in rows]
    assert len(pairs) == len(set(pairs))
