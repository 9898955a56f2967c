"""Metrics of texts: right where one can count by hand, and moved by what spoils texts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.metrics import Evidence, Figure, Observed, _texts
from sparring.metrics._texts import NONE, STRANGE, lengths_of, rows_of, words_of
from sparring.metrics.distinct import Distinct
from sparring.metrics.exact_copies import ExactCopies
from sparring.metrics.language_scores import LanguageScores
from sparring.metrics.two_sample import TwoSample
from sparring.metrics.verse import Verse
from sparring.modalities._tokens import END, MADE_FROM, PAD, UNKNOWN, Tokeniser
from sparring.modalities.text import Text

SYMBOLS, LENGTH = 40, 16
SPEC = Spec("text", (LENGTH,), symbols=SYMBOLS)


def observed(samples: Tensor) -> Observed:
    chance = torch.Generator().manual_seed(0)
    return Observed(torch.rand((len(samples), 3), generator=chance), samples=samples)


def texts(count: int, seed: int) -> Tensor:
    """Walks in which each symbol tells which few may follow."""
    chance = torch.Generator().manual_seed(seed)
    steps = torch.randint(3, (count, LENGTH), generator=chance)
    rows = torch.zeros((count, LENGTH), dtype=torch.int64)
    rows[:, 0] = torch.randint(SYMBOLS - MADE_FROM, (count,), generator=chance)
    for place in range(1, LENGTH):
        rows[:, place] = (3 * rows[:, place - 1] + steps[:, place]) % (SYMBOLS - MADE_FROM)
    ends = torch.randint(LENGTH // 2, LENGTH + 1, (count, 1), generator=chance)
    places = torch.arange(LENGTH)
    return torch.where(places < ends, rows + MADE_FROM, torch.where(places == ends, END, PAD))


def evidence(change: Callable[[Tensor, Tensor], Tensor] = lambda fresh, train: fresh) -> Evidence:
    fresh, real, train = texts(500, 1), texts(500, 2), texts(1_000, 3)
    parts = (change(fresh, train), real, train)
    return Evidence(*map(observed, parts), SPEC)


def shuffled(fresh: Tensor, train: Tensor) -> Tensor:
    changed = fresh.clone()
    for row in changed:
        inside = (row >= MADE_FROM).nonzero().flatten()
        row[inside] = row[inside[torch.randperm(len(inside))]]
    return changed


def repeated(fresh: Tensor, train: Tensor) -> Tensor:
    return fresh[torch.arange(len(fresh)) % 20]


def copied(fresh: Tensor, train: Tensor) -> Tensor:
    return torch.cat([train[:250], fresh[250:]])


DAMAGES = {"none": lambda fresh, train: fresh, "shuffled": shuffled, "repeated": repeated,
           "copied": copied}  # fmt: skip
METRICS = ("bleu", "distinct", "exact_copies", "language_scores", "two_sample")


@functools.cache
def after(damage: str) -> Mapping[str, Figure]:
    torch.manual_seed(0)
    given = evidence(DAMAGES[damage])
    return {
        name: figure
        for metric in METRICS
        for name, figure in components.build(
            components.METRIC, {"name": metric}, where="metric"
        ).measure(given, Streams(0)).items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "moves"),
    [
        ("shuffled", {"forward_nats": 1, "reverse_nats": 1, "told_apart": 1, "distinct_4": 1,
                      "bleu_5": -1, "copied_runs": -1}),
        ("repeated", {"reverse_nats": 1, "told_apart": 1, "distinct_2": -1, "self_bleu_5": 1}),
        ("copied", {"copied_texts": 1, "copied_runs": 1}),
    ],
)  # fmt: skip
def test_damage_is_noticed_beyond_chance(damage: str, moves: Mapping[str, int]) -> None:
    for figure, direction in moves.items():
        worse, none = after(damage)[figure], after("none")[figure]
        apart = worse.low > none.high if direction > 0 else worse.high < none.low
        assert apart, (figure, worse, none)


def test_good_texts_cannot_be_told_apart_and_copies_neither() -> None:
    for damage in ("none", "copied"):
        figure = after(damage)["told_apart"]
        assert figure.low < 0.5 < figure.high
    assert after("repeated")["forward_nats"].low < after("none")["forward_nats"].high


def test_rows_end_alike_whatever_follows() -> None:
    rows = torch.tensor([[5, END, 7, PAD], [5, PAD, 7, 8], [5, 6, 7, 8], [END, 5, 5, 5]])
    ended = [[5, END, NONE, NONE]] * 2 + [[5, 6, 7, 8], [END, NONE, NONE, NONE]]
    assert rows_of(observed(rows)).tolist() == ended
    strange = words_of(observed(torch.tensor([[5, UNKNOWN, 6, END]])))
    assert strange.tolist() == [[5, STRANGE, 6, NONE]]
    assert lengths_of(strange).tolist() == [3]


def test_of_very_many_texts_evenly_spread_ones_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_texts, "MOST", 100)
    rows = torch.arange(60)[:, None].expand(60, 5) % 30 + MADE_FROM
    assert rows_of(observed(rows))[:, 0].tolist() == [3 + n % 30 for n in range(0, 60, 3)]
    given = Evidence(*(observed(rows) for _ in range(3)), Spec("text", (5,), symbols=40))
    assert ExactCopies().searched(given) == 20


def test_distinct_counts_different_runs() -> None:
    rows = torch.tensor([[3, 4, 3, 4], [3, 4, 5, END]]).repeat(60, 1)
    given = replace(evidence(), generated=observed(rows))
    given = Evidence(*(observed(rows) for _ in range(3)), Spec("text", (4,), symbols=9))
    figures = Distinct().measure(given, Streams(0))
    expected = {"distinct_1": 3 / 420, "distinct_2": 3 / 300, "distinct_3": 3 / 180,
                "distinct_4": 1 / 60}  # fmt: skip
    assert {name: figure.value for name, figure in figures.items()} == pytest.approx(expected)


def test_copies_are_counted_against_the_training_part_alone() -> None:
    given = evidence()
    train = given.train.samples
    assert train is not None
    half = given.generated.samples
    assert half is not None
    mixed = torch.cat([train[:100], half[:400]])
    figures = ExactCopies().measure(replace(given, generated=observed(mixed)), Streams(0))
    assert figures["copied_texts"].value == pytest.approx(0.2)
    floor = ExactCopies().floor(replace(given, generated=observed(mixed)), Streams(0))
    assert floor["copied_texts"].value == 0
    assert floor["copied_runs"].value < figures["copied_runs"].value


def test_texts_too_short_to_be_copied_are_said_so() -> None:
    short = texts(200, 0)[:, :7]
    given = Evidence(*(observed(short) for _ in range(3)), Spec("text", (7,), symbols=SYMBOLS))
    with pytest.raises(BadData, match="8 known symbols in a row"):
        ExactCopies().measure(given, Streams(0))


def test_unknown_symbols_give_no_real_text_away() -> None:
    given = evidence()
    real = texts(500, 2)
    real[::2, 3] = UNKNOWN
    figure = TwoSample(steps=60).measure(replace(given, real=observed(real)), Streams(0))
    assert figure["told_apart"].low < 0.5 < figure["told_apart"].high
    real[::, 3] = UNKNOWN
    with pytest.raises(BadData, match="Only 0 texts of one kind consist of known symbols"):
        TwoSample().measure(replace(given, real=observed(real)), Streams(0))


def test_the_judge_of_generated_texts_has_not_read_them() -> None:
    given = evidence()
    copies = replace(given, generated=given.train)
    floor = LanguageScores().floor(given, Streams(0))["forward_nats"]
    ours = LanguageScores().measure(copies, Streams(0))["forward_nats"]
    assert floor.low < ours.value < floor.high


POEMS = (
    "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
    "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
)


def test_verse_counts_poems_by_the_rules() -> None:
    pytest.importorskip("pypinyin")
    short, unrhymed = POEMS[0].replace("入", ""), POEMS[0].replace("流", "尽")
    bad = (short, unrhymed)
    tokeniser = Tokeniser.learn([*POEMS, *bad], "characters")
    spec = Spec("text", (24,), symbols=tokeniser.symbols, tokeniser=tokeniser.stored)
    text = Text(spec)

    def rows(*poems: str) -> Observed:
        raw = np.stack([text.row(poem) for poem in poems])
        return observed(torch.from_numpy(raw).long().repeat(100 // len(poems), 1))

    real = rows(*POEMS)
    figures = Verse().measure(Evidence(rows(*POEMS, *bad), real, real, spec), Streams(0))
    found = {name: figure.value for name, figure in figures.items()}
    # The second one, of Li Bai, is famous and keeps no pattern of tones.
    assert found == {"poem_form": 0.75, "poem_rhyme": 0.75, "poem_tones": 0.25}
    assert Verse().applies(Evidence(rows(*bad), real, real, spec))
    assert not Verse().applies(Evidence(real, rows(short), real, spec))


def test_the_page_has_a_row_for_every_figure_of_texts() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = page.partition("### Of texts")[2]
    for name in (*METRICS, "verse"):
        for figure, better in components.find(components.METRIC, name).better.items():
            assert f"\n| `{figure}` | {better} |" in rows
