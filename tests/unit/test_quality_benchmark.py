"""The tables of benchmarks/quality.md: from what was measured, and from nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import measured
import plan
import quality
import sparring
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.metrics import Evidence, Figure
from sparring.metrics.memorisation import Memorisation


def result(seed: int, value: float, **facts: Any) -> quality.Result:
    figures = {"frechet": [[value, 1.0], [value / 10, 0.1]], "cas": [[0.9, 0.99]]}
    return {"seed": seed, "shown": 10, "seconds": 60.0, "figures": figures, **facts}


def test_rows_tell_seeds_floors_places_and_findings() -> None:
    entry = plan.Entry("digits", "digits")
    kept = {
        "digits": [
            result(0, 2.0, findings=[["collapsed", 9], ["collapsed", 12]]),
            result(1, 4.0, findings=[["collapsed", 7]]),
        ]
    }
    first = quality.table([entry], kept, quality.PICTURES, 0).splitlines()[-1]
    assert first.startswith("| `digits` | 10 | 0 1 | 1.0 | 3 ± 1.4 (1) | 3.0 | - |")
    assert first.endswith("| collapsed at 9 (seed 0), 7 (seed 1) |")
    second = quality.table([entry], kept, quality.CONFIRMED, 1).splitlines()[-1]
    assert second.startswith("| `digits` | 10 | 0 1 | 1.0 | 0.3 ± 0.14 (0.1) | 3.0 |")
    away = {"digits": [result(0, 2.0, device="NVIDIA H200")]}
    assert "| 1.0 (NVIDIA H200) |" in quality.table([entry], away, quality.PICTURES, 0)
    assert "| not kept (seed 0) |" in quality.table([entry], away, quality.PICTURES, 0)
    both = {"digits": [result(0, 2.0, device="NVIDIA H200"), result(1, 2.0)]}
    assert "| 1.0, 1.0 (NVIDIA H200) |" in quality.table([entry], both, quality.PICTURES, 0)


def test_what_another_recipe_came_to_is_not_drawn() -> None:
    entry = plan.Entry("digits", "digits", ("samples=1_000",))
    now = quality.hash_of(Recipe.read("digits", {"samples": 1_000, "training.threads": 1}))
    assert quality.is_current(entry, result(0, 2.0, recipe=now))
    assert quality.is_current(entry, result(0, 2.0)), "the oldest do not tell"
    assert not quality.is_current(entry, result(0, 2.0, recipe="f" * 64))
    other = {quality.key(entry): [result(0, 2.0, recipe="f" * 64)]}
    assert len(quality.table([entry], other, quality.PICTURES, 0).splitlines()) == 2


def test_the_worst_class_is_that_whose_share_is_farthest_off() -> None:
    shares = [(0.1, 0.1), (0.12, 0.1), (0.05, 0.1), (0.2, 0.0)]
    rows = [{"share": share, "real_share": real} for share, real in shares]
    assert measured.farthest(rows) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sparring.Run:
    """A few steps on forty digits of each kind."""
    player = {"name": "mlp", "widths": [32]}
    recipe = Recipe.from_json(
        {
            "name": "few", "samples": 64,
            "data": {"name": "mnist_5k", "batch": 16, "per_digit": 40},
            "networks": {"generator": player, "discriminator": player},
            "objective": {"name": "relativistic"},
            "training": {"precision": "float32", "threads": 1},
        }
    )  # fmt: skip
    return sparring.train(recipe, out=tmp_path_factory.mktemp("few") / "run", quiet=True)


def test_a_quick_report_is_no_figure_of_a_table(run: sparring.Run) -> None:
    entry = plan.Entry("few", "few")
    sparring.evaluate(run.folder, count=100, quick=True).save(run.folder / "report")
    took = measured.judged(run.folder, entry, 0, threads=1)
    assert took["counts"] == {"generated": 400, "real": 400, "train": 400}
    assert [len(sha256) for sha256 in took["extractors"]] == [12, 12]
    assert {"near_copies", "cas", "worst_class"} <= set(took["figures"])


def test_copies_are_looked_for_among_the_samples_that_a_model_saw(
    run: sparring.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    measure = Memorisation.measure

    def noted(self: Memorisation, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        seen.append(len(evidence.train))
        return measure(self, evidence, rng)

    monkeypatch.setattr(Memorisation, "measure", noted)
    scores = measured.of_own_copies(run.folder, "mnist_5k")
    assert set(seen) == {400}, "of 4,500"
    assert [(score.name, len(score.readings)) for score in scores] == [
        ("near_copies", 2),
        ("memorisation", 2),
    ]


def test_pairs_are_told_at_a_glance_by_both_looks() -> None:
    good, failed, mixed, *_ = (quality.key(entry) for entry in plan.pairs(4_000, ()))
    wrong = {"seed": 0, "failed": "why"}
    kept = {good: [result(0, 2.0)], failed: [wrong], mixed: [wrong, result(1, 4.0)]}
    head, _, *lines = quality.glance(4_000, kept).splitlines()
    assert [each.strip(" `") for each in head.split("|")[2:-1]] == [*plan.NETWORKS]
    cells = [line.split("|")[2].strip() for line in lines]
    assert cells == ["2.0 / 2.0", "failed", "4.0 / 4.0", "", "", ""]


def test_the_length_that_most_pairs_were_trained_is_drawn() -> None:
    def names(length: int) -> list[str]:
        return [quality.key(entry) for entry in plan.pairs(length, ())]

    kept = {name: [result(0, 2.0)] for name in [*names(4_000), *names(9_000)[1:]]}
    kept |= {"digits_quick-of-60000": [result(0, 2.0)]}
    assert quality.longest(kept) == 4_000
    assert quality.longest(kept | {names(9_000)[0]: [{"seed": 0, "failed": "why"}]}) == 4_000
    assert quality.longest(kept | {names(9_000)[0]: [result(0, 2.0)]}) == 9_000
    assert quality.longest({names(2_000)[0]: [result(0, 2.0)]}) == 2_000
    assert quality.longest({}) == 0
    of_other_settings = {name: [result(0, 2.0, recipe="f" * 64)] for name in names(9_000)}
    assert quality.longest(kept | of_other_settings) == 4_000


def test_a_readme_keeps_its_heads_and_what_was_not_measured(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    lines = ("| recipe |", "|---|", "| `digits` | old |", "| `fashion` | old |")
    page.write_text("\n".join(["before", "<!-- quality -->", *lines, "<!-- /quality -->", "after"]))
    quality.retell(page, {"digits": [result(0, 2.0)]})
    told = page.read_text().splitlines()
    assert told[:4] == ["before", "<!-- quality -->", "| recipe |", "|---|"]
    assert told[4].startswith("| `digits` | 600,000 | 0 | 1.0 | 2 (1) | 0.2 (0.1) |")
    assert told[5:] == ["| `fashion` | old |", "<!-- /quality -->", "after"]
