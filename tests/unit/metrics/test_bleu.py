"""BLEU as the library computes it that published tables rest on, and what it rests on."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from sparring.metrics._texts import NONE, STRANGE, Rows
from sparring.metrics.bleu import LONGEST, SCORES, bleu, self_bleu

nltk = pytest.importorskip("nltk.translate.bleu_score")
WORDS, LENGTH = 9, 12


def texts(count: int, seed: int, least: int = 1) -> Rows:
    chance = np.random.default_rng(seed)
    rows = chance.geometric(0.3, (count, LENGTH)).clip(max=WORDS - 1)
    ends = chance.integers(least, LENGTH + 1, count)
    return np.where(np.arange(LENGTH) < ends[:, None], rows, NONE)


def words(row: Sequence[int], strange: str) -> list[str]:
    return [strange if symbol == STRANGE else str(symbol) for symbol in row if symbol != NONE]


def expected(text: Sequence[int], others: Sequence[Sequence[int]]) -> list[float]:
    references = [words(other, "theirs") for other in others]
    smooth = nltk.SmoothingFunction().method1
    return [
        nltk.sentence_bleu(references, words(text, "ours"), [1 / n] * n, smooth) for n in SCORES
    ]


@pytest.mark.parametrize("references", [1, 3, 60])
def test_bleu_is_that_of_the_library(references: int) -> None:
    ours, theirs = texts(80, 0), texts(references, 1, least=LONGEST)
    ours[::7, 2] = np.where(ours[::7, 2] == NONE, NONE, STRANGE)
    theirs[::2, 1] = STRANGE
    found = bleu(ours, theirs, WORDS)
    for row, scores in zip(ours.tolist(), found, strict=True):
        assert scores == pytest.approx(expected(row, theirs.tolist()), abs=1e-12)


@pytest.mark.parametrize("count", [2, 5, 60])
def test_self_bleu_is_that_of_the_library_without_the_text_itself(count: int) -> None:
    rows = texts(count, 2)
    rows[-1] = rows[0]
    found = self_bleu(rows, WORDS)
    for place, scores in enumerate(found):
        others = np.delete(rows, place, axis=0).tolist()
        assert scores == pytest.approx(expected(rows[place].tolist(), others), abs=1e-12)


def test_a_text_without_words_scores_nothing() -> None:
    empty = np.full((2, LENGTH), NONE)
    assert not bleu(empty, texts(4, 0), WORDS).any()
    assert not self_bleu(empty, WORDS).any()


def test_published_figures_of_real_captions_come_out(full_data: Path) -> None:
    """Zhu et al. 2018, Texygen, docs/evaluation.md, the column of the training set."""
    lines = []
    for name in ("image_coco.txt.gz", "test_coco.txt.gz"):
        file = full_data / "coco-captions" / name
        if not file.is_file():
            pytest.skip(f"{file} is not here")
        lines.append(gzip.decompress(file.read_bytes()).decode().splitlines())
    split = [[re.findall(r"\w+|[^\w\s]", line) for line in part] for part in lines]
    numbers = {word: i for i, word in enumerate(dict.fromkeys(chain(*chain(*split))))}
    train, test = (
        np.array([[*map(numbers.get, line), *[NONE] * (80 - len(line))] for line in part])
        for part in split
    )
    base = len(numbers)
    assert bleu(train, test, base).mean(0) == pytest.approx([0.740, 0.520, 0.337, 0.218], abs=0.002)
    assert self_bleu(train, base).mean(0) == pytest.approx([0.892, 0.747, 0.573, 0.415], abs=0.003)
