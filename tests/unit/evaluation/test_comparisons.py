"""When a difference is real, and what is said about it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import sparring
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.evaluation.differences import Row, overall, rows
from sparring.evaluation.differences import row as row_of
from sparring.evaluation.judge import Verdict
from sparring.evaluation.scores import Reading, Score, difference, label, shown
from sparring.evaluation.session import Terms, compared
from sparring.evaluation.subjects import Drawn, subject
from sparring.metrics import Better, Evidence, Figure, Observed


def score(
    *figures: Figure,
    better: Better = "lower",
    name: str = "frechet",
    metric: str = "",
    floor: Figure | None = None,
) -> Score:
    readings = tuple(Reading(f"look {i}", f, floor) for i, f in enumerate(figures))
    title = label("Fréchet distance", name, name == "frechet")
    return Score(metric or "frechet", title, name, better, "", readings)


def row(first: Score, second: Score) -> Row:
    return row_of([first, second], [reading.extractor for reading in first.readings])


NEAR, FAR = Figure(3.1, 2.9, 3.3), Figure(5.0, 4.8, 5.2)


def test_intervals_of_differences_are_those_of_zou_and_donner() -> None:
    gap = difference(Figure(5.0, 4.0, 7.0), Figure(3.0, 0.0, 3.5))
    assert gap.value == -2
    assert gap.low == pytest.approx(-2 - (3**2 + 2**2) ** 0.5)
    assert gap.high == pytest.approx(-2 + (0.5**2 + 1**2) ** 0.5)


def test_a_real_difference_needs_both_looks() -> None:
    assert row(score(FAR, FAR), score(NEAR, NEAR)).winner(1) == 1
    assert row(score(NEAR, NEAR), score(FAR, FAR)).winner(1) == -1
    assert row(score(FAR, FAR), score(NEAR, FAR)).winner(1) == 0
    assert row(score(FAR, NEAR), score(NEAR, FAR)).winner(1) == 0
    assert row(score(NEAR, better="higher"), score(FAR, better="higher")).winner(1) == 1


def near(value: float, reach: float = 0.02) -> Figure:
    return Figure(value, value - reach, value + reach)


@pytest.mark.parametrize(
    ("better", "first", "second", "winner"),
    [
        # Real samples score 0.7.
        ("real", 0.5, 0.6, 1),
        ("real", 0.6, 0.5, -1),
        ("real", 0.7, 0.9, -1),  # too typical
        ("real", 0.9, 0.8, 1),
        ("real", 0.5, 0.9, 0),  # as far on the other side
        ("real", 0.4, 0.8, 1),
        ("real", 0.95, 0.6, 1),
        ("real", 0.69, 0.75, 0),  # the floor has an error too
        ("higher", 0.5, 0.6, 1),
        ("higher", 0.7, 0.9, 0),
        ("higher", 0.9, 0.75, 0),
        ("higher", 0.5, 0.9, 1),
        ("lower", 0.9, 0.8, 1),
        ("lower", 0.7, 0.5, 0),
        ("lower", 0.5, 0.9, -1),
    ],
)
def test_nothing_is_better_than_real(
    better: Better, first: float, second: float, winner: int
) -> None:
    floor = near(0.7)
    pair = [score(near(x), better=better, name="x", floor=floor) for x in (first, second)]
    assert row(*pair).winner(1) == winner
    assert row(*reversed(pair)).winner(1) == -winner


def test_what_is_best_at_its_floor_tells_nothing_without_one() -> None:
    pair = [score(near(x), better="real", name="x") for x in (0.5, 0.6)]
    assert row(*pair).winner(1) == 0
    assert row(*pair).sentence(["A", "B"], 1) == (
        "No claim: X 0.6000 against 0.5000 differ, but there is no floor, so that neither is "
        "surely nearer."
    )


def test_what_only_one_extractor_sees_is_no_claim() -> None:
    pair = [score(near(0.5), near(each), better="real") for each in (0.5, 0.6)]
    found = row(*pair)
    assert (found.winner(1), found.differs(1)) == (0, True)
    assert found.sentence(["A", "B"], 1).endswith("and the extractors do not say the same.")


def test_sentences() -> None:
    names = ["A", "B"]
    better, same = row(score(FAR, FAR), score(NEAR, NEAR)), row(score(FAR, FAR), score(FAR, FAR))
    assert better.sentence(names, 1) == (
        "B is better: Fréchet distance 3.1 against 5, a difference of 1.9 ± 0.2828, "
        "and both extractors agree."
    )
    assert same.sentence(names, 1).startswith("No real difference: Fréchet distance 5 against 5")
    torn = row(score(FAR, FAR), score(NEAR, FAR)).sentence(names, 1)
    assert torn.endswith("the extractors do not say the same.")
    coverage = row(*(score(FAR, FAR, name="coverage", metric="density_coverage") for _ in names))
    assert overall([coverage, better], names, 1) == (
        "B is nearer to real than A: Fréchet distance 3.1 against 5, a difference of 1.9 ± 0.2828, "
        "and both extractors agree. Other figures: 0 of 1 say the same, 0 the opposite."
    )
    worse = row(score(NEAR, NEAR), score(FAR, FAR))
    assert overall([worse], names, 1).startswith(
        "A is nearer to real than B: Fréchet distance 3.1 against 5,"
    )


def verdict(*sets: str, scores: tuple[Score, ...] = ()) -> Verdict:
    """Of something that was asked for labels of these sets."""
    seen = Observed(torch.rand(4, 2), labels={name: torch.zeros(4).long() for name in sets})
    names = {"frechet": "", "label_accuracy": "", "cas": "train_on_synthetic"}
    scores = scores or tuple(score(FAR, name=n, metric=names[n] or n) for n in names)
    return Verdict({}, "", Drawn(torch.rand(4, 2)), Evidence(seen, seen, seen), scores)


def test_labels_of_different_sets_are_not_compared() -> None:
    same = rows([verdict("digit", "speaker"), verdict("speaker", "digit")])
    assert [each.scores[0].name for each in same] == ["frechet", "label_accuracy", "cas"]
    other = rows([verdict("digit"), verdict("digit"), verdict("digit", "speaker")])
    assert [each.scores[0].name for each in other] == ["frechet"]


def test_what_is_left_out_of_a_comparison_is_told(
    runs: list[sparring.Run], digits: Path, tmp_path: Path
) -> None:
    for number, file in enumerate(digits.glob("*/*.png")):
        shutil.copy(file, tmp_path / f"{number}.png")
    found = sparring.compare(runs[0].folder, tmp_path, data="mnist_5k", count=150, quick=True)
    assert "label_accuracy" in found.reports[0].scores
    assert "label_accuracy" not in {row.scores[0].name for row in found.rows}
    assert found.limits[-1].startswith("Whether all labels are right is left out")
    same = sparring.compare(runs[0].folder, digits, data="mnist_5k", count=150, quick=True)
    assert not any("left out" in limit for limit in same.limits)


ALONE = ", a difference of 1.9 ± 0.2828, by one extractor; no second one confirms it."


@pytest.mark.parametrize("first", [(FAR,), (FAR, FAR)])
def test_what_one_extractor_says_alone_is_not_confirmed(first: tuple[Figure, ...]) -> None:
    (found,) = rows([verdict(scores=(score(*first),)), verdict(scores=(score(NEAR),))])
    assert found.sentence(["A", "B"], 1) == f"B is better: Fréchet distance 3.1 against 5{ALONE}"
    assert overall([found], ["A", "B"], 1) == (
        f"B is nearer to real than A: Fréchet distance 3.1 against 5{ALONE}"
    )


def test_what_is_measured_on_samples_needs_no_second_extractor() -> None:
    first, second = (
        verdict(scores=(score(figure, name="reverse_nats", metric="language_scores"),))
        for figure in (FAR, NEAR)
    )
    (found,) = rows([first, second])
    assert found.sentence(["A", "B"], 1).endswith("3.1 against 5, a difference of 1.9 ± 0.2828.")


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ("BBA", " Of the other figures, B is better on 2 and A on 1."),
        ("A", " Of the other figures, A is better on 1."),
        ("BB=", " Of the other figures, B is better on 2."),
        ("=", ""),
    ],
)
def test_other_figures_are_counted_where_the_leading_one_says_nothing(
    others: str, sentence: str
) -> None:
    pairs = {"A": (NEAR, FAR), "B": (FAR, NEAR), "=": (FAR, FAR)}
    same = row(score(FAR, FAR), score(FAR, FAR))
    rest = [
        row(*(score(each, each, name=f"figure_{i}") for each in pairs[side]))
        for i, side in enumerate(others)
    ]
    said = overall([same, *rest], ["A", "B"], 1)
    assert said == same.sentence(["A", "B"], 1) + sentence


def test_two_runs_before_the_same_judge(runs: list[sparring.Run], tmp_path: Path) -> None:
    first, second = runs
    found = sparring.compare(first.folder, second.folder, count=150, quick=True, device="cpu")
    assert found.names == ["small-0", "small-1"]
    assert found.reports[0].basis == found.reports[1].basis
    page = found.save(tmp_path)
    facts = json.loads(page.with_suffix(".json").read_text())
    assert [len(each["differences"]) for each in facts["differences"]] == [1] * len(found.rows)
    text = page.with_suffix(".md").read_text(encoding="utf-8")
    assert "|  | small-0 | small-1 | floor |" in text
    assert text.startswith("# small-0 against small-1\n\n**")


def test_a_model_does_not_differ_from_itself(runs: list[sparring.Run]) -> None:
    folder = runs[0].folder
    found = sparring.compare(folder, folder, count=150, quick=True, device="cpu")
    assert found.names == ["small-0", "small-0 (2)"]
    assert found.sentences[0].startswith(
        "small-0 and small-0 (2) are the same model. No real difference"
    )
    assert all(each.winner(1) == 0 for each in found.rows)


@pytest.fixture(scope="module")
def fewer(small: Recipe, tmp_path_factory: pytest.TempPathFactory) -> sparring.Run:
    """A run on forty of each digit alone."""
    recipe = small.replace({"data.per_digit": 40}, samples=32)
    return sparring.train(recipe, out=tmp_path_factory.mktemp("other") / "fewer", quiet=True)


def test_data_that_are_named_are_the_same_for_all(
    runs: list[sparring.Run], fewer: sparring.Run
) -> None:
    with pytest.raises(UserError, match="or with other settings; name the data: --data NAME"):
        sparring.compare(runs[0].folder, fewer.folder, count=150, quick=True, device="cpu")
    for models in ((runs[0].folder, fewer.folder), (fewer.folder, runs[0].folder)):
        found = sparring.compare(*models, data="mnist_5k", count=150, quick=True, device="cpu")
        assert {report.basis["data"]["train"] for report in found.reports} == {4_500}
        told = [each for each in found.limits if "learned from" in each]
        limit, of_extractors = sorted(told, key=len)
        assert of_extractors.startswith("The extractors learned from the training part of mnist")
        assert limit.startswith("fewer learned from mnist_5k, but with other settings")


def test_defaults_that_are_left_out_are_no_difference(runs: list[sparring.Run]) -> None:
    first, second = (subject(run.folder, "cpu") for run in runs)
    assert first.data["per_digit"] == 450
    second.data = {"name": "mnist_5k"}
    assert compared([first, second], Terms(count=150, quick=True, device="cpu")).rows
    found = sparring.evaluate(runs[0].folder, "mnist_5k", count=150, quick=True, device="cpu")
    assert not any("small-0" in limit for limit in found.limits)


def test_all_are_judged_by_as_many_samples(runs: list[sparring.Run], digits: Path) -> None:
    found = sparring.compare(runs[0].folder, digits, count=200, quick=True, device="cpu")
    assert [report.basis["counts"]["generated"] for report in found.reports] == [150, 150]
    assert found.note == (
        f"Each is judged by 150 samples, as {digits.name} has no more and figures change with the "
        "number of samples."
    )
    text = found.paper().markdown.decode()
    assert "Each is judged by 150 samples" in text
    assert "and from what it learned, is not known: it may have seen in training" in text


def test_a_model_and_what_it_made_are_no_rivals(runs: list[sparring.Run], tmp_path: Path) -> None:
    model = runs[0].sampler().save(tmp_path / "model")
    runs[0].sampler().generate(150).save(tmp_path / "made")
    found = sparring.compare(
        runs[0].folder, model, runs[1].folder, tmp_path / "made", tmp_path / "made",
        count=150, quick=True, device="cpu",
    )  # fmt: skip
    same = [text.partition(". ")[0] for text in found.sentences if " same model" in text]
    assert same == ["small-0 and model are the same model"]
    found = sparring.compare(
        tmp_path / "made", tmp_path / "made", data="mnist_5k", count=150, quick=True, device="cpu"
    )
    assert found.sentences[0].startswith("made and made (2) are the same samples. No real")


def test_what_cannot_be_compared_is_said_before_anything_is_judged(
    runs: list[sparring.Run], trained: sparring.Run
) -> None:
    heard: list[str] = []
    with pytest.raises(BadData, match="makes image samples of shape"):
        sparring.compare(
            runs[0].folder, trained.folder,
            data="mnist_5k", count=150, quick=True, device="cpu", hear=heard.append,
        )  # fmt: skip
    assert not heard


def test_a_folder_with_too_few_is_the_one_that_is_named(
    runs: list[sparring.Run], tmp_path: Path
) -> None:
    runs[0].sampler().generate(3).save(tmp_path / "few")
    heard: list[str] = []
    with pytest.raises(BadData, match="There are only 3 samples of few; every metric needs"):
        sparring.compare(
            runs[0].folder, tmp_path / "few",
            data="mnist_5k", count=150, quick=True, device="cpu", hear=heard.append,
        )  # fmt: skip
    assert not heard


def test_one_model_is_no_comparison(runs: list[sparring.Run]) -> None:
    with pytest.raises(UserError, match="two models or more"):
        sparring.compare(runs[0].folder)


@pytest.mark.parametrize(
    ("value", "text"),
    [(12_345.6, "12,346"), (99.47, "99.47"), (0.99, "0.9900"), (0.0, "0"), (float("nan"), "-"),
     (0.05, "0.0500"), (-0.0017, "-0.0017"), (0.001, "0.0010"), (0.0009, "0.000900"),
     (-4e-5, "-4.00e-05"), (1e-7, "1.00e-07")],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert shown(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_not_0_is_not_shown_as_0(value: float) -> None:
    told = float(shown(value).replace(",", ""))
    assert told == pytest.approx(value, rel=0.06)  # 0.0010 is the shortest of all
    assert (told == 0) == (value == 0)


def test_small_differences_can_be_read() -> None:
    found = row(score(near(9e-5, 1e-5)), score(near(2e-5, 1e-5)))
    assert found.sentence(["A", "B"], 1).startswith(
        "B is better: Fréchet distance 2.00e-05 against 9.00e-05, a difference of 7.00e-05 ± 1.41e-"
    )
