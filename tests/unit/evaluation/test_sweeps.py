"""Quality against diversity: what is measured, what is said about it, and where it is shown."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.evaluation import _sweep_paper
from sparring.evaluation.comparison import Comparison
from sparring.evaluation.judge import Judge
from sparring.evaluation.reference import Reference, reference
from sparring.evaluation.session import silent
from sparring.evaluation.subjects import Folder, Model, Wanted, subject
from sparring.evaluation.sweep import DRAWN, LIKELIEST, Curve, Floor, Point, floor, sentence
from sparring.extractors._choosing import fresh
from sparring.extractors._trained import Card, Trained
from sparring.metrics import Figure
from sparring.metrics.language_scores import LanguageScores
from sparring.modalities._tokens import MADE_FROM

JUDGED = "best of 4 by the discriminator"


def figure(value: float, reach: float = 0.1) -> Figure:
    return Figure(value, value - reach, value + reach)


def curve(model: str, way: str, values: list[tuple[float, float]], *, sparred: bool) -> Curve:
    points = tuple(
        Point(0.7 + 0.15 * number, figure(forward), figure(reverse))
        for number, (forward, reverse) in enumerate(values)
    )
    return Curve(model, way, 1 if way == DRAWN else 4, points, sparred)


TWIN = curve("twin", DRAWN, [(4.0, 6.0), (5.0, 5.0)], sparred=False)
BETTER = curve("ours", DRAWN, [(4.5, 5.0), (5.5, 4.5)], sparred=True)
WORSE = curve("ours", DRAWN, [(4.5, 5.9)], sparred=True)
CHOSEN = curve("ours", JUDGED, [(4.5, 5.45)], sparred=True)
LIKELY = curve("ours", LIKELIEST, [(4.5, 4.0)], sparred=True)
FLOOR = Floor(200, figure(4.6), figure(4.4))


def test_the_twin_without_a_discriminator_is_the_baseline() -> None:
    assert sentence([TWIN, BETTER]) == (
        "Sparring helps here surely: ours, as drawn teaches a language model 0.500 nats a symbol "
        "more than twin, as drawn with a temperature at equal quality, at temperature 0.7; at no "
        "extra cost."
    )
    unsure = sentence([TWIN, WORSE, CHOSEN])
    assert "perhaps, as the intervals overlap: ours, best of 4 by the disc" in unsure
    assert "each text costs 4 written ones" in unsure
    assert sentence([TWIN, WORSE]) == (
        "Sparring does not help here: the best sparred way, ours, as drawn at temperature 0.7, "
        "teaches a language model 0.400 nats a symbol less than twin, as drawn with a temperature "
        "at equal quality; at no extra cost."
    )
    far = curve("ours", DRAWN, [(9.0, 1.0)], sparred=True)
    assert sentence([far, TWIN]).startswith("No sparred way writes as tamely or boldly as twin")


def test_without_a_twin_each_model_is_held_against_itself() -> None:
    other = curve("other", DRAWN, [(4.0, 9.0), (5.0, 9.0)], sparred=True)
    own = curve("ours", DRAWN, [(4.0, 6.0), (5.0, 5.0)], sparred=True)
    told = sentence([other, own, CHOSEN])
    assert told.startswith("Choosing by the discriminator helps here ")
    assert "0.050 nats a symbol more than ours, as drawn" in told
    assert told.endswith("no twin by likelihood alone was judged beside it.")
    assert sentence([own]) == sentence([TWIN]) == sentence([]) == ""


def test_choosing_by_likelihood_is_no_sparring_but_what_to_beat() -> None:
    plain = replace(TWIN, model="ours", sparred=True)
    assert sentence([plain, LIKELY]) == ""
    twins = replace(LIKELY, model="twin", sparred=False, points=TWIN.points)
    assert "Choosing by likelihood" not in sentence([TWIN, CHOSEN, twins])
    better = [replace(point, reverse=figure(4.0)) for point in TWIN.points]
    told = sentence([TWIN, CHOSEN, replace(twins, points=tuple(better))])
    assert told.endswith("does as well at that cost: twin, best of 4 by likelihood.")


def test_reports_and_comparisons_show_the_curves(report: sparring.Report) -> None:
    def with_curves(name: str, *curves: Curve) -> sparring.Report:
        facts = {**report.verdict.subject, "name": name}
        verdict = replace(report.verdict, subject=facts, curves=curves, floor=FLOOR)
        return replace(report, verdict=verdict)

    assert "quality_diversity" not in report.to_json()
    assert "Quality against diversity" not in report.paper().markdown.decode()
    one = with_curves("ours", BETTER, CHOSEN)
    facts = json.loads(json.dumps(one.to_json(), allow_nan=False))["quality_diversity"]
    assert [each["way"] for each in facts["curves"]] == [DRAWN, JUDGED]
    assert facts["curves"][1]["points"][0]["reverse_nats"]["value"] == 5.45
    assert facts["real_texts"]["count"] == 200
    assert facts["verdict"] in one.paper().markdown.decode()
    both = Comparison((with_curves("twin", TWIN), one))
    text = both.paper().markdown.decode()
    assert text.count("## Quality against diversity") == 1
    assert f"**{sentence([TWIN, BETTER, CHOSEN])}**" in text
    assert "| real training texts | - | - | 4.6 \\[4.5, 4.7\\] |" in text
    assert both.to_json()["sparring_helps"] == sentence([TWIN, BETTER, CHOSEN])
    assert "sparring_helps" not in Comparison((report, report)).to_json()


def test_every_curve_is_drawn_with_its_temperatures() -> None:
    svg = _sweep_paper.drawing([TWIN, BETTER, CHOSEN], FLOOR)
    assert svg == _sweep_paper.drawing([TWIN, BETTER, CHOSEN], FLOOR)
    for words in ("twin, as drawn", "real training texts", "<!-- 0.85 -->"):
        assert words in svg.decode()


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    """Two models of a few steps on made-up sentences, the second with a discriminator."""
    root = tmp_path_factory.mktemp("writers")
    words = [("a", "the", "one", "my"), ("cat", "dog", "owl", "ox"), ("sees", "has", "eats"),
             ("fish", "corn", "hay", "us"), ("", " now", " here", " too")]  # fmt: skip
    lines = ["{} {} {} {}{}".format(*each) for each in itertools.product(*words)]
    (root / "lines.txt").write_text("\n".join(lines))
    tables = {
        "data": {"name": "text_file", "path": str(root / "lines.txt"), "length": 24, "batch": 16,
                 "test_share": 0.3},
        "training": {"precision": "float32", "threads": 1, "preview_count": 4, "log_every": 32,
                     "preview_every": 256, "checkpoint_every": 256},
    }  # fmt: skip
    network = {"name": "recurrent", "width": 24, "meaning": 12}
    matches = [
        ("likelihood", {"generator": network}),
        ("reinforce", {"generator": network, "discriminator": network}),
    ]
    found = []
    for name, networks in matches:
        facts = {"name": name, "samples": 256, "networks": networks, "objective": {"name": name}}
        run = sparring.train(Recipe.from_json({**facts, **tables}), out=root / name, quiet=True)
        model = subject(run.folder, "cpu")
        assert isinstance(model, Model)
        found.append(model)
    return found


def texts_of(model: Model) -> Reference:
    return reference({name: value for name, value in model.data.items() if name != "batch"})


def test_who_writes_texts_has_curves(writers: list[Model], digits: Path) -> None:
    real = texts_of(writers[0])
    held_out = real.modality.to_samples(real.real(100, 0)[0])
    heard: list[str] = []
    plain, judged = (
        model.curves(0, Wanted(20), held_out, real.spec, heard.append) for model in writers
    )
    assert [each.way for each in plain] == [DRAWN, LIKELIEST]
    assert [each.way for each in judged] == [DRAWN, JUDGED, LIKELIEST]
    assert [each.sparred for each in (*plain, *judged)] == [False] * 2 + [True] * 3
    assert len(heard) == 5
    assert plain == writers[0].curves(0, Wanted(20), held_out, real.spec, silent)
    tame, *_, bold = plain[0].points
    assert tame.forward.value < bold.forward.value
    other = replace(real.spec, tokeniser="another")
    assert writers[0].curves(0, Wanted(20), held_out, other, silent) == ()
    with pytest.raises(BadData, match="has another vocabulary than these data"):
        writers[0].draw(0, Wanted(20), other, real.modality, silent)
    assert Folder(digits).curves(0, Wanted(20), held_out, real.spec, silent) == ()


def test_the_judge_asks_for_curves_where_there_is_time(writers: list[Model]) -> None:
    real = texts_of(writers[1])
    card = Card("phrasal", "x", "", 0, {}, 0, {}, {}, "", "")
    network = fresh("phrasal", {"channels": 8}, real.spec, 0).eval().requires_grad_(False)
    for quick in (True, False):
        judge = Judge(
            real, [Trained(network, card)], count=100, seed=0, quick=quick, hear=silent
        )  # fmt: skip
        judge.metrics = {"language_scores": LanguageScores()}
        verdict = judge.examine(writers[1])
        assert len(verdict.curves) == (0 if quick else 3)
        assert (verdict.floor is None) == quick
    (here,) = (score.floor for score in verdict.scores if score.name == "reverse_nats")
    assert verdict.floor is not None and here is not None
    assert verdict.floor.count == 100
    assert verdict.floor.reverse.value == pytest.approx(here.value, rel=0.05)


def test_real_texts_lie_where_their_own_scores_are() -> None:
    rng = torch.Generator().manual_seed(0)
    train, real = (torch.randint(MADE_FROM, 9, (60, 8), generator=rng) for _ in range(2))
    here = floor(train, real, 9, count=40, seed=0)
    assert here == floor(train, real, 9, count=40, seed=0)
    assert here.count == 40
    assert here.forward.low < here.forward.value < here.forward.high
