"""Each detector on made-up signs: it speaks where something is wrong, and else is silent."""

from __future__ import annotations

import pytest

from sparring.core import bar
from sparring.training import detectors as see
from sparring.training.advice import DETECTORS, of_a_bad_turn, of_absent_classes
from sparring.training.detectors import Signs
from sparring.training.display import Display

WELL: Signs = {
    "d_real": 0.65, "d_fake": 0.35, "slope_generator": 0.03, "waiting": 0.01, "diversity": 0.9,
    "duplicates": 0.05, "copies": 0.05, "classes": 1.0, "labels_heeded": 0.97,
    "label_accuracy_foreign": 0.99, "score": 20.0, "best_score": 20.0, "score_relative": 0.02,
    "told_apart": 0.7, "known_by_heart": 0.1,
}  # fmt: skip
ILL: dict[str, list[Signs]] = {
    "pinned": [{"d_real": 0.999, "d_fake": 0.001, "slope_generator": 0.001}] * 3,
    "saturated": [{"told_apart": 1.0, "score": 300.0, "score_relative": 0.3}] * 3,
    "vanishing": [{"slope_generator": 1e-7}] * 3,
    "collapsed": [{"diversity": 0.1}] * 3,
    "lost_classes": [{"classes": 0.5}] * 3,
    "diverging": [{"score": score, "best_score": 20.0} for score in (30.0, 40.0, 50.0)],
    "blind": [{"d_real": 0.5, "d_fake": 0.5, "score_relative": 0.9}] * 3,
    "overfitting": [{"known_by_heart": 0.8, "told_apart": 0.9}] * 3,
    "memorising": [{"copies": 0.6}] * 2,
    "oscillating": [{"score": score} for score in (20.0, 60.0, 20.0, 60.0, 20.0, 60.0)],
    "ignored_labels": [{"labels_heeded": 0.02}] * 3,
    "wrong_labels": [{"label_accuracy_foreign": 0.1}],
    "starved": [{"waiting": 0.6}] * 3,
}
BY_NAME = {detector.name: detector for detector in DETECTORS}


def test_every_detector_is_tried() -> None:
    assert list(BY_NAME) == list(ILL)
    assert len(BY_NAME) == len(DETECTORS)


@pytest.mark.parametrize("name", ILL)
def test_it_speaks_with_a_number_where_something_is_wrong(name: str) -> None:
    seen = BY_NAME[name].sees([{**WELL, **signs} for signs in ILL[name]])
    assert any(letter.isdigit() for letter in seen), seen
    assert seen.endswith(".")


@pytest.mark.parametrize("name", ILL)
def test_it_is_silent_where_all_is_well(name: str) -> None:
    assert BY_NAME[name].sees([WELL] * see.LONGEST) == ""


@pytest.mark.parametrize("name", ILL)
def test_it_waits_for_signs_and_is_silent_without_them(name: str) -> None:
    assert BY_NAME[name].sees([]) == ""
    assert BY_NAME[name].sees([{}] * see.LONGEST) == ""


@pytest.mark.parametrize("name", sorted(ILL.keys() - {"wrong_labels"}))
def test_a_single_bad_look_is_not_enough(name: str) -> None:
    assert BY_NAME[name].sees([*[WELL] * 5, {**WELL, **ILL[name][-1]}]) == ""


def test_twins_are_a_collapse_too() -> None:
    assert "90%" in see.collapsed([{**WELL, "duplicates": 0.9}] * 3)


def test_good_samples_are_no_sign_of_a_discriminator_that_wins() -> None:
    assert see.saturated([{**WELL, "told_apart": 1.0}] * 3) == ""
    assert see.saturated([{"told_apart": 1.0, "diversity": 0.6}] * 3) == ""  # no score to go by
    better = [{**WELL, "told_apart": 1.0, "score": s, "score_relative": 0.3} for s in (9, 7.0, 5)]
    assert see.saturated([{k: float(v) for k, v in each.items()} for each in better]) == ""


@pytest.mark.parametrize("name", ["pinned", "saturated", "collapsed", "lost_classes", "blind"])
def test_the_first_samples_and_steps_are_not_judged(name: str) -> None:
    for samples, step, is_young in [
        (see.YOUNG - 1, see.UNPRACTISED, True),
        (see.YOUNG, see.UNPRACTISED - 1, True),
        (see.YOUNG, see.UNPRACTISED, False),
    ]:
        when = {"samples": float(samples), "step": float(step)}
        assert (
            BY_NAME[name].sees([{**WELL, **each, **when} for each in ILL[name]]) == ""
        ) is is_young


@pytest.mark.parametrize("name", ["saturated", "collapsed", "lost_classes", "ignored_labels"])
def test_samples_that_get_better_are_only_young(name: str) -> None:
    bad = {**WELL, "score_relative": 0.5, **ILL[name][-1]}
    assert BY_NAME[name].sees([bad] * 3)
    assert not BY_NAME[name].sees([{**bad, "score": score} for score in (900.0, 800.0, 700.0)])
    unscored = {key: value for key, value in bad.items() if not key.startswith("score")}
    assert not BY_NAME[name].sees([{**unscored, "diversity": d} for d in (0.1, 0.15, 0.2)])


@pytest.mark.parametrize("name", ["saturated", "collapsed", "lost_classes", "ignored_labels"])
def test_samples_that_are_meant_to_come_to_rest_may(name: str) -> None:
    bad = {**WELL, "score_relative": 0.5, **ILL[name][-1], "score": 300.0}
    lowered = [{**bad, "learning_rate": rate} for rate in (1e-3, 6e-4, 2e-4)]
    assert not BY_NAME[name].sees(lowered)
    assert BY_NAME[name].sees([{**bad, "learning_rate": 1e-3}] * 3)
    scores = (300.0, 320.0, 340.0)
    worse = [{**each, "score": score} for each, score in zip(lowered, scores, strict=True)]
    assert BY_NAME[name].sees(worse)


def test_a_score_that_sways_at_the_full_learning_rate_is_no_divergence() -> None:
    sways = [{**WELL, "score": s, "best_score": 8.6} for s in (11.62, 11.88, 11.5)]
    assert see.diverging(sways) == "", "digits_best, seed 2, ended at 1.65"
    assert see.diverging([{**look, "score": look["score"] + 1.5} for look in sways])


def test_absent_classes_are_counted() -> None:
    assert see.absent_classes({"digit": [5, 5]}) == ""
    assert "1 of the 2 classes of 'digit'" in see.absent_classes({"digit": [0, 5]})


def test_findings_say_what_is_seen_and_what_to_change() -> None:
    for finding in (
        BY_NAME["collapsed"].finding(7, "All are alike."),
        of_absent_classes("1 is absent."),
        of_a_bad_turn(7, "generator", float("nan")),
    ):
        assert len(finding.sentence.split(". ")) >= 3
        assert finding.word


def test_a_line_of_progress_needs_no_discriminator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Display(100, quiet=False) as display:
        display.numbers({"nats": 5.25, "score": 7.0}, [DETECTORS[0].name])
        display.advance(50)
    assert f"5.25 nats  score 7  ! {DETECTORS[0].word}" in capsys.readouterr().err


def test_a_line_of_progress_has_words_and_not_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with Display(100, quiet=False) as display:
        display.numbers({"d_real": 0.9, "d_fake": 0.1, "score": 7.0}, list(BY_NAME))
        display.advance(50)
    line = capsys.readouterr().err
    for detector in DETECTORS:
        assert f"! {detector.word}" in line
    assert "lost_classes" not in line
