"""What a report says, and that it can be read by people and programs."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import shutil
import sys
import types
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.core.errors import BadData, UserError
from sparring.core.rng import Streams
from sparring.evaluation import limits, seeds
from sparring.evaluation.judge import Judge
from sparring.evaluation.limits import limits_of
from sparring.evaluation.reference import reference
from sparring.evaluation.report import grid, labelled
from sparring.evaluation.session import Terms, judged, opened, silent
from sparring.evaluation.subjects import Model, subject
from sparring.extractors import inception
from sparring.extractors._choosing import looks_for
from sparring.metrics import Evidence, Figure
from sparring.metrics.frechet import Frechet
from sparring.provenance.verify import verify


class Outline(HTMLParser):
    """What stands open in a page, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag not in ("script", "link", "iframe")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Outline:
    outline = Outline()
    outline.feed(page)
    assert not outline.open
    return outline


def test_figures_have_floors_intervals_and_two_looks(report: sparring.Report) -> None:
    assert {"frechet", "kernel", "label_accuracy", "precision"} <= set(report.scores)
    for score in report.verdict.scores:
        assert len(score.readings) == 2
        for reading in score.readings:
            assert reading.figure.low <= reading.figure.value <= reading.figure.high
    assert report.scores["frechet"].value > report.floors["frechet"].value
    assert "By this figure, both extractors tell it from real data." in report.sentence


def test_what_the_first_look_cannot_measure_is_no_figure(
    digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, calls = Frechet.measure, itertools.count()

    def blind_at_first(self: Frechet, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        if not next(calls):
            raise BadData("Nothing to see.")
        return measure(self, evidence, rng)

    monkeypatch.setattr(Frechet, "measure", blind_at_first)
    report = sparring.evaluate(digits, "mnist_5k", count=150, quick=True, device="cpu")
    first = report.basis["extractors"][0]["name"]
    assert [(o.metric, o.extractor) for o in report.verdict.omitted] == [("frechet", first)]
    assert all(score.readings[0].extractor == first for score in report.verdict.scores)
    assert report.sentence.startswith("digits0: Kernel distance")


def test_json_says_what_the_numbers_rest_on(report: sparring.Report) -> None:
    facts = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert facts["counts"] == {"generated": 200, "real": 200, "train": 200}
    assert facts["data"]["name"] == "mnist_5k"
    assert len(facts["data"]["held_out_sha256"]) == 64
    assert [len(look["sha256"]) for look in facts["extractors"]] == [64, 64]
    assert facts["subject"]["follows_labels"] == ["digit"]
    assert (facts["seed"], facts["quick"]) == (0, True)
    assert "cpu" in facts["device"]
    assert len(facts["classes"]) == 10
    assert math.isclose(sum(row["share"] for row in facts["classes"]), 1, abs_tol=1e-6)


def test_what_a_verdict_cannot_know_stands_beside_it(
    report: sparring.Report, digits: Path, tmp_path: Path
) -> None:
    seen, few = report.limits
    assert few.startswith("Only 200 held-out samples for 128 features: near the floor")
    assert seen == (
        "The extractors learned from the training part of mnist, in which the held-out samples of "
        "mnist_5k lie: they may recognise these better than samples that they never saw."
    )
    other = sparring.evaluate(digits, "mnist_5k", count=150, quick=True, device="cpu")
    limit, again, _ = other.limits
    assert again == seen
    assert "it may have seen in training what is held out here" in limit
    page = other.save(tmp_path)
    for suffix in (".html", ".md", ".json"):
        assert limit.partition(":")[0] in page.with_suffix(suffix).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        ({"name": "mnist"}, {"name": "mnist_5k"}, "learned from mnist, not from mnist_5k: it may"),
        ({"name": "stacked_mnist"}, {"name": "mnist"}, "from stacked_mnist, not from mnist: it"),
        ({"name": "mnist_5k", "per_digit": 40}, {"name": "mnist_5k"}, "with other settings"),
        ({"name": "image_folder", "path": "own"}, {"name": "mnist"}, "from image_folder, not from"),
        ({"name": "mnist"}, {"name": "image_folder", "path": "own"}, "not from image_folder: it"),
        ({"name": "somebody_elses"}, {"name": "mnist"}, "from somebody_elses, not from mnist: it"),
        ({"name": "fashion_mnist"}, {"name": "mnist_5k"}, ""),
        ({"name": "mnist"}, {"name": "fashion_mnist"}, ""),
        ({"name": "mnist", "batch": 16}, {"name": "mnist"}, ""),
    ],
)
def test_only_what_may_share_samples_may_have_been_seen(
    own: dict[str, Any], other: dict[str, Any], said: str, runs: list[sparring.Run]
) -> None:
    model = Model("it", runs[0].sampler(), own)
    limit = model.limit(other)
    assert said in limit
    assert bool(limit) == bool(said)


def test_the_page_stands_alone(report: sparring.Report, tmp_path: Path) -> None:
    page = report.save(tmp_path / "deep" / "report")
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "report.html", "report.json", "report.md",
    ]  # fmt: skip
    loads = read(page.read_text(encoding="utf-8")).loads
    assert len(loads) >= 3  # samples and two drawings
    assert all(place.startswith("data:image/") for place in loads)
    assert "| Fréchet distance | ↓ |" in page.with_suffix(".md").read_text(encoding="utf-8")
    assert json.loads(page.with_suffix(".json").read_text())["verdict"] == report.sentence


def test_names_are_only_words(runs: list[sparring.Run], tmp_path: Path) -> None:
    folder = tmp_path / "<b>|*x*&"
    runs[0].sampler().save(folder)
    report = sparring.evaluate(folder, count=150, quick=True, device="cpu")
    page = report.save(tmp_path / "out")
    read(page.read_text())
    assert "<b>|" not in page.read_text()
    assert "&lt;b&gt;|*x*&amp;" in page.read_text()
    assert "&lt;b&gt;\\|\\*x\\*&" in page.with_suffix(".md").read_text()


def test_equal_seeds_give_equal_numbers(runs: list[sparring.Run], report: sparring.Report) -> None:
    again = sparring.evaluate(str(runs[0].folder), count=200, quick=True, device="cpu")
    assert again.scores == report.scores
    other = sparring.evaluate(runs[0].sampler(), count=200, seed=7, quick=True, device="cpu")
    assert other.scores["frechet"] != report.scores["frechet"]


def test_runs_that_differ_by_seed_are_summed_up(runs: list[sparring.Run], tmp_path: Path) -> None:
    terms = Terms(count=150, quick=True, device="cpu")
    reports = list(judged(opened([run.folder for run in runs], terms), terms))
    ((*group,),) = seeds.groups(reports)
    summed = seeds.summaries(group)
    found = {each.score.name: each for each in summed if each.measures}
    values = [each.scores["frechet"].value for each in reports]
    assert found["frechet"].values == tuple(values)
    assert found["frechet"].mean == pytest.approx(sum(values) / 2)
    reach = 12.7062 * abs(values[0] - values[1]) / 2  # Student's t of one degree of freedom
    assert found["frechet"].high - found["frechet"].mean == pytest.approx(reach, rel=1e-4)
    second = [each.verdict.scores[0].readings[1] for each in reports]
    (confirmed,) = (each for each in summed if each.first == second[0])
    assert confirmed.values == tuple(each.figure.value for each in second)
    assert f" by {second[0].extractor} " in confirmed.sentence()
    read(seeds.save(reports, tmp_path).read_text())
    (told,) = seeds.facts(reports)
    assert told["extractors"] == reports[0].basis["extractors"]
    looks = {each["architecture"] for each in told["extractors"]}
    assert {figure["extractor"].partition("/")[0] for figure in told["figures"]} == looks
    assert seeds.groups([reports[0], reports[0]]) == []


class Pixels(torch.nn.Module):
    """Stands in for Inception: its 2,048 features are pixels."""

    def __init__(self, *_settings: object, **_more: object) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor]:
        return (pixels.flatten(1)[:, :2048] * self.weight,)


def test_published_figures_compare_with_the_training_part(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    inception.weights_path().write_bytes(b"weights")
    whole = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(inception, "DIGEST", whole[:8])
    module = types.ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    monkeypatch.setattr(module, "FeatureExtractorInceptionV3", Pixels, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "torch_fidelity", types.ModuleType("torch_fidelity"))
    report = sparring.evaluate(digits, "mnist_5k", extractor="inception", device="cpu")
    assert report.basis["counts"] == {"generated": 150, "real": 4_500, "train": 500}
    assert [look["sha256"] for look in report.basis["extractors"]] == [whole]
    assert set(report.floors) == set(report.scores)
    assert "memorisation" not in report.scores
    text = report.paper().markdown.decode()
    assert "150 generated against 4,500 of the training part, as in published tables" in text


def test_more_samples_than_are_held_out_have_no_published_floor(
    runs: list[sparring.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reference({"name": "mnist_5k"})
    looks = looks_for(real.table, real.dataset, real.modality, device=torch.device("cpu"))
    judge = Judge(real, looks, count=600, seed=0, quick=True, hear=silent, published=True)
    verdict = judge.examine(subject(runs[0].folder, "cpu"))
    assert len(verdict.drawn.raw) == 600
    assert {score.floor for score in verdict.scores} == {None}
    (said,) = limits_of(judge, verdict)
    assert said.startswith("There is no floor of Fréchet distance, ")
    assert said.endswith("as many held-out samples as generated ones: 500 are fewer than 600.")
    monkeypatch.setattr(limits, "FEW", 100)
    few = limits_of(judge, verdict)[-1]
    assert few.startswith("Only 4,500 training samples for 128 features: near the floor")


def test_copies_that_were_looked_for_in_a_part_of_the_training_samples_are_said_to_be(
    runs: list[sparring.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.evaluation.reference.MOST_BYTES", 3_000 * 4 * 28 * 28)
    part = sparring.evaluate(runs[0].folder, "mnist_5k", count=200, device="cpu")
    assert "memorisation" in {score.metric for score in part.verdict.scores}
    assert any("among 3,000 of 4,500 training samples" in limit for limit in part.limits)


def test_nothing_is_said_of_where_copies_were_looked_for_where_nobody_looked(
    report: sparring.Report,
) -> None:
    assert report.basis["counts"]["train"] < report.basis["data"]["train"]
    assert "memorisation" not in report.scores
    assert not any("Copies were looked for" in limit for limit in report.limits)


def test_folders_that_are_not_named_as_classes_are_said_to_tell_no_labels(
    digits: Path, tmp_path: Path
) -> None:
    shutil.copytree(digits, tmp_path / "named")
    for folder in filter(Path.is_dir, (tmp_path / "named").iterdir()):
        folder.rename(folder.with_name(f"digit {folder.name}"))
    other = sparring.evaluate(tmp_path / "named", "mnist_5k", count=150, quick=True, device="cpu")
    told = "The folders in named do not tell the digit of every sample"
    assert "label_accuracy" not in other.scores
    assert other.limits[-1].startswith(told) and other.limits[-1].endswith("such as '0'.")
    right = sparring.evaluate(digits, "mnist_5k", count=150, quick=True, device="cpu")
    assert not any(limit.startswith(told) for limit in right.limits)
    stray = next((tmp_path / "named").glob("*/*.png"))
    stray.rename(tmp_path / "named" / stray.name)
    mixed = sparring.evaluate(tmp_path / "named", "mnist_5k", count=150, quick=True, device="cpu")
    assert not any(limit.startswith(told) for limit in mixed.limits)


def test_pictures_of_what_a_model_made_say_so(report: sparring.Report) -> None:
    png = grid(report.verdict, report.modality, report.modality.spec)
    assert {each.name: each.state for each in verify(png, "x.png").layers}["iptc"] == "valid"
    bare = report.modality.preview(report.modality.to_samples(report.verdict.drawn.raw[:4]))
    assert labelled(bare, {"kind": "folder"}) == bare


@pytest.mark.parametrize("count", [-1, 99, 1_000_001])
def test_a_count_that_no_metric_can_use_is_refused_at_once(count: int) -> None:
    with pytest.raises(UserError, match=rf"count = {count}: a number from 100 to 1,000,000 is"):
        Terms(count=count)
    assert Terms(count=100).count == 100
