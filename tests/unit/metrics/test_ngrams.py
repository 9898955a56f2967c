"""The language model of counts: a probability, as the equations say, and a judge of order."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from sparring.metrics._ngrams import NgramModel, _discounts
from sparring.metrics._texts import NONE, Rows, Runs
from sparring.modalities._tokens import END, MADE_FROM, UNKNOWN

SYMBOLS, LENGTH = 12, 9
BEGIN = SYMBOLS


def texts(count: int, seed: int = 0) -> Rows:
    """A walk in which one symbol tells much of the next; some symbols are unknown."""
    chance = np.random.default_rng(seed)
    rows = np.full((count, LENGTH), NONE)
    for row in rows:
        symbol = MADE_FROM
        for place in range(LENGTH):
            step = int(chance.geometric(0.5))
            symbol = MADE_FROM + (symbol * 2 + step) % (SYMBOLS - MADE_FROM)
            row[place] = UNKNOWN if chance.random() < 0.05 else symbol
            if chance.random() < 0.12:
                row[place] = END
                break
    return rows


class Slow:
    """The same model, by dictionaries and one symbol at a time."""

    def __init__(self, rows: Rows, order: int) -> None:
        raw: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(order + 1)]
        before: list[defaultdict[tuple[int, ...], set[int]]] = [
            defaultdict(set) for _ in range(order + 1)
        ]
        for row in rows:
            line = [BEGIN, *row[row >= 0].tolist()]
            for end in range(1, len(line)):
                if line[end] == UNKNOWN:
                    continue
                for length in range(1, min(order, end + 1) + 1):
                    run = tuple(line[end - length + 1 : end + 1])
                    raw[length][run] += 1
                    if length <= end:
                        before[length][run].add(line[end - length])
        self.order = order
        self.counts = [
            {run: n if length == order or run[0] == BEGIN else len(before[length][run])
             for run, n in raw[length].items()}
            for length in range(order + 1)
        ]  # fmt: skip
        self.discounts = [
            (0.0, *_discounts(np.array([*counts.values()], np.int64))) for counts in self.counts
        ]

    def probability(self, symbol: int, context: tuple[int, ...]) -> float:
        context = context[len(context) - min(len(context), self.order - 1) :]
        shorter = self.probability(symbol, context[1:]) if context else 1 / (SYMBOLS - 2)
        length = len(context) + 1
        after = {r: n for r, n in self.counts[length].items() if r[:-1] == context}
        total = sum(after.values())
        if not total:
            return shorter if context else 1 / (SYMBOLS - 2)
        lost = self.discounts[length]
        spare = sum(lost[min(n, 3)] for n in after.values()) / total
        if not context:
            shorter = 1 / (SYMBOLS - 2)
        own = after.get((*context, symbol), 0)
        return (own - lost[min(own, 3)]) / total + spare * shorter


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [3, 200])
def test_it_is_what_the_equations_say(order: int, count: int) -> None:
    fitted, slow = NgramModel.fit(texts(count), SYMBOLS, order), Slow(texts(count), order)
    judged = texts(12, seed=1)
    logs, scored = fitted.log_probabilities(judged)
    assert np.array_equal(scored, (judged >= 0) & (judged != UNKNOWN))
    for row, log, here in zip(judged, logs, scored, strict=True):
        line = (BEGIN, *row.tolist())
        for place in np.flatnonzero(here):
            expected = slow.probability(line[place + 1], line[: place + 1])
            assert log[place] == pytest.approx(math.log(expected), abs=1e-9)
    assert not logs[~scored].any()


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 4, 300])
def test_probabilities_sum_to_one_after_any_context(order: int, count: int) -> None:
    fitted = NgramModel.fit(texts(count), SYMBOLS, order)
    written = np.array([END, *range(MADE_FROM, SYMBOLS)])
    contexts = [[], [3], [5, 4], [UNKNOWN], [4, UNKNOWN, 6], *texts(5, 2)[:, :4].clip(1).tolist()]
    for context in contexts:
        rows = np.full((len(written), LENGTH), NONE)
        rows[:, : len(context)] = context
        rows[:, len(context)] = written
        logs, _ = fitted.log_probabilities(rows)
        assert np.exp(logs[:, len(context)]).sum() == pytest.approx(1.0)


def test_texts_in_another_order_are_less_likely() -> None:
    fitted, judged = NgramModel.fit(texts(2_000), SYMBOLS, 3), texts(300, 1)
    shuffled = judged.copy()
    chance = np.random.default_rng(0)
    for row in shuffled:
        inside = np.flatnonzero((row >= 0) & (row != END))
        row[inside] = chance.permutation(row[inside])

    def nats(rows: Rows) -> float:
        logs, scored = fitted.log_probabilities(rows)
        return -float(logs.sum() / scored.sum())

    assert nats(judged) + 0.2 < nats(shuffled)
    assert nats(texts(2_000)) < nats(judged)


def test_runs_are_numbered_alike_in_all_texts() -> None:
    rows = np.array([[3, 4, 3, 4, NONE], [4, 3, NONE, NONE, NONE]])
    runs, numbers = Runs.of(rows, 3, SYMBOLS)
    assert [len(known) for known in runs.known] == [2, 2, 2]
    assert all(map(np.array_equal, numbers, runs.ending(rows)))
    one, two, three = numbers
    assert one.tolist() == [[0, 1, 0, 1, -1], [1, 0, -1, -1, -1]]
    assert two.tolist() == [[-1, 0, 1, 0, -1], [-1, 1, -1, -1, -1]]
    assert three.tolist() == [[-1, -1, 0, 1, -1], [-1, -1, -1, -1, -1]]
    other = runs.ending(np.array([[5, 3, 4, 4, 3]]))
    assert [found.tolist() for found in other] == [
        [[-1, 0, 1, 1, 0]], [[-1, -1, 0, -1, 1]], [[-1, -1, -1, -1, -1]]
    ]  # fmt: skip


def test_texts_without_a_run_of_that_length_have_none() -> None:
    rows = np.array([[3, NONE], [NONE, NONE]])
    assert [len(known) for known in Runs.of(rows, 4, SYMBOLS)[0].known] == [1, 0, 0, 0]
    logs, scored = NgramModel.fit(rows, SYMBOLS, 4).log_probabilities(rows)
    assert scored.sum() == 1
    assert np.isfinite(logs).all()
