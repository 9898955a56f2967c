"""Every metric: sourced, deterministic, at its floor for equals, and silent where it knows nothing.

The evidence is made up: clouds of features around the centres of classes, with small pictures,
sounds or poems; each metric gets the first of them that it looks at.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.metrics import Evidence, Figure, Metric, Observed
from sparring.modalities._tokens import Tokeniser

NAMES = components.names("metrics")
CLASSES, FEATURES = 5, 16
SETTINGS: dict[str, dict[str, object]] = {
    "train_on_synthetic": {"steps": 40}, "two_sample": {"steps": 40}
}  # fmt: skip
LABELS = {"kind": tuple("abcde")}
CHARACTERS = "山风明月花春云水人天秋江日夜雨长年中声无时归寒空白来生心门高清落雪上城"
POEMS = Tokeniser.learn([f"{CHARACTERS}，。"], "characters")
FORMS = {
    "pictures": Spec("image", (1, 12, 12), labels=LABELS),
    "waves": Spec("audio", (1_280,), labels=LABELS, rate=8_000),
    "spectrograms": Spec("audio", (16, 20), labels=LABELS, rate=8_000),
    "poems": Spec("text", (26,), POEMS.symbols, LABELS, tokeniser=POEMS.stored),
}
each = pytest.mark.parametrize("name", NAMES)


def build(name: str) -> Metric:
    table = {"name": name, **SETTINGS.get(name, {})}
    return components.build(components.METRIC, table, where="metric")


def cloud(count: int, seed: int, form: str) -> Observed:
    rng = torch.Generator().manual_seed(seed)
    centres = 3 * torch.randn((CLASSES, FEATURES), generator=torch.Generator().manual_seed(0))
    labels = torch.randint(CLASSES, (count,), generator=rng)
    features = centres[labels] + torch.randn((count, FEATURES), generator=rng)
    verdicts = (-torch.cdist(features, centres).square() / 2).log_softmax(1)
    samples, raw = drawn_from(features, form)
    return Observed(features, {"kind": verdicts}, {"kind": labels}, samples, raw)


def drawn_from(features: Tensor, form: str) -> tuple[Tensor, Tensor]:
    """Small pictures, chords of sixteen tones, or poems, as different as the features are."""
    spec = FORMS[form]
    modality = components.find(components.MODALITY, spec.modality)(spec)
    if form == "pictures":
        pictures = features.tanh().reshape(len(features), 1, 4, 4)
        samples = pictures.repeat_interleave(3, 2).repeat_interleave(3, 3)
        return samples, modality.to_raw(samples)
    if form == "poems":
        raw = torch.stack([torch.from_numpy(modality.row(text)) for text in written(features)])
        return modality.to_samples(raw), raw
    times = torch.arange(1_280) / 8_000
    tones = (2 * torch.pi * 220 * torch.arange(1, 17)[:, None] * times).sin()
    raw = (features @ tones * 500).round().clamp(-32_768, 32_767).short()
    return modality.to_samples(raw), raw


def written(features: Tensor) -> list[str]:
    """Four lines of five characters, each of which some of the features choose."""
    places = (3 * torch.cat([features, features[:, :4] + features[:, 4:8]], 1)).round().long()
    lines = [
        "".join(CHARACTERS[place % len(CHARACTERS)] for place in row) for row in places.tolist()
    ]
    return [f"{x[:5]}，{x[5:10]}。{x[10:15]}，{x[15:]}。" for x in lines]


@functools.cache
def evidence(count: int = 600, form: str = "pictures", seed: int = 0) -> Evidence:
    counts = {1: count, 2: count, 3: 2 * count}
    parts = (cloud(counts[part], 10 * seed + part, form) for part in counts)
    return Evidence(*parts, FORMS[form])


@functools.cache
def fitting(name: str) -> str:
    """The first form of samples that a metric looks at."""
    return next(form for form in FORMS if build(name).applies(evidence(20, form)))


def evidence_for(name: str) -> Evidence:
    return evidence(form=fitting(name))


def measured(name: str, given: Evidence, seed: int = 0) -> Mapping[str, Figure]:
    return build(name).measure(given, Streams(seed))


def damaged(given: Observed, change: Tensor) -> Observed:
    return replace(given, features=change)


def test_they_are_there() -> None:
    expected = {
        "aligned_copies", "bleu", "class_balance", "density_coverage", "distinct", "diversity",
        "exact_copies", "frechet", "inception_score", "kernel", "label_accuracy",
        "language_scores", "memorisation", "mode_coverage", "precision_recall", "sound_defects",
        "train_on_synthetic", "two_sample", "verse",
    }  # fmt: skip
    assert expected <= set(NAMES)


@each
def test_has_papers(name: str) -> None:
    metric = build(name)
    assert metric.title and metric.better
    assert any(word.strip(",;").isdecimal() and len(word.strip(",;")) == 4
               for word in metric.source.split()), "no year"  # fmt: skip
    assert set(metric.better.values()) <= {"lower", "higher", "real"}


@each
def test_measures_what_it_says_within_bounds(name: str) -> None:
    metric, given = build(name), evidence_for(name)
    assert metric.applies(given)
    for figures in (metric.measure(given, Streams(0)), metric.floor(given, Streams(0))):
        assert set(figures) == set(metric.better)
        for figure in figures.values():
            assert all(map(math.isfinite, (figure.low, figure.value, figure.high)))
            assert figure.low <= figure.value <= figure.high


@each
def test_same_seed_same_numbers(name: str) -> None:
    assert measured(name, evidence_for(name)) == measured(name, evidence_for(name))


@each
def test_does_not_change_the_evidence(name: str) -> None:
    given = evidence_for(name)
    copies = [part.features.clone() for part in (given.generated, given.real, given.train)]
    measured(name, given)
    parts = (given.generated, given.real, given.train)
    assert all(torch.equal(part.features, copy) for part, copy in zip(parts, copies, strict=True))


@each
@pytest.mark.parametrize("seed", range(3))
def test_equals_sit_at_the_floor(name: str, seed: int) -> None:
    given = evidence(900, fitting(name), 1 + seed)
    metric = build(name)
    figures, floors = metric.measure(given, Streams(seed)), metric.floor(given, Streams(seed))
    for key, figure in figures.items():
        floor = floors[key]
        assert figure.low <= floor.high and floor.low <= figure.high, (key, figure, floor)


@each
@pytest.mark.parametrize("kind", ["generated", "real"])
def test_too_few_samples_are_refused(name: str, kind: str) -> None:
    given, metric = evidence_for(name), build(name)
    few = getattr(given, kind).take(torch.arange(metric.fewest - 1))
    with pytest.raises(BadData, match=rf"{metric.fewest - 1} {kind} samples; .* {metric.fewest}"):
        metric.measure(replace(given, **{kind: few}), Streams(0))


@pytest.mark.parametrize("kind", ["generated", "real"])
def test_a_frechet_distance_needs_more_samples_than_features(kind: str) -> None:
    given = Evidence(*(Observed(torch.randn(300, 150)) for _ in range(3)))
    assert "frechet" in measured("frechet", given)
    few = getattr(given, kind).take(torch.arange(150))
    with pytest.raises(BadData, match=rf"150 {kind} samples; .* more than the 150 features"):
        measured("frechet", replace(given, **{kind: few}))


@each
@pytest.mark.parametrize("kind", ["generated", "real"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_are_no_numbers_are_refused(name: str, kind: str, value: float) -> None:
    given = evidence_for(name)
    part = getattr(given, kind)
    broken = part.features.clone()
    broken[7, 3] = value
    with pytest.raises(BadData, match=f"features of 1 of 600 {kind} samples are no numbers"):
        measured(name, replace(given, **{kind: damaged(part, broken)}))


@each
@pytest.mark.parametrize("kind", ["generated", "real"])
def test_constant_features_are_refused(name: str, kind: str) -> None:
    given = evidence_for(name)
    part = getattr(given, kind)
    same = part.features[:1].expand_as(part.features) * (1 + 1e-8)
    with pytest.raises(BadData, match=f"All 600 {kind} samples look the same"):
        measured(name, replace(given, **{kind: damaged(part, same)}))


@each
def test_verdicts_that_are_no_numbers_are_refused(name: str) -> None:
    given = evidence_for(name)
    logs = given.generated.verdicts["kind"].clone()
    logs[0, 0] = math.nan
    broken = replace(given, generated=replace(given.generated, verdicts={"kind": logs}))
    with pytest.raises(BadData, match="verdicts about 'kind' of 1 of 600 generated"):
        measured(name, broken)


@each
def test_features_of_another_extractor_are_refused(name: str) -> None:
    given = evidence_for(name)
    other = damaged(given.real, given.real.features[:, :-1])
    with pytest.raises(BadData, match="same extractor"):
        measured(name, replace(given, real=other))


@each
def test_needs_no_labels_unless_it_says_so(name: str) -> None:
    given, metric = evidence_for(name), build(name)
    bare = Evidence(
        *(Observed(part.features) for part in (given.generated, given.real, given.train))
    )
    assert metric.applies(bare) == (name in FEATURES_ALONE)
    if name in FEATURES_ALONE:
        assert set(metric.measure(bare, Streams(0))) == set(metric.better)


@each
@pytest.mark.parametrize("form", FORMS)
def test_samples_of_any_form_are_measured_or_refused_with_a_reason(name: str, form: str) -> None:
    metric, given = build(name), evidence(form=form)
    if name in FEATURES_ALONE:
        other = evidence(form="pictures" if form == "waves" else "waves")
        assert metric.measure(given, Streams(0)) == metric.measure(other, Streams(0))
    try:
        figures = metric.measure(given, Streams(0))
    except BadData as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert metric.applies(given)
        assert set(figures) == set(metric.better)


@each
def test_a_metric_of_samples_needs_no_more_of_the_extractor(name: str) -> None:
    metric, given = build(name), evidence_for(name)
    if metric.by_samples:
        changed = [
            replace(part, features=part.features.flip(1), verdicts={})
            for part in (given.generated, given.real, given.train)
        ]
        other = Evidence(*changed, given.spec)
        assert metric.measure(given, Streams(0)) == metric.measure(other, Streams(0))


FEATURES_ALONE = {
    "density_coverage", "diversity", "frechet", "kernel", "memorisation", "precision_recall",
}  # fmt: skip
