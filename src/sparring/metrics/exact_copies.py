"""Texts, and long parts of texts, that stand in the training part word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import bounded, ratio, share
from sparring.metrics._require import require
from sparring.metrics._texts import Rows, Runs, are_texts, require_texts, rows_of, thinned, words_of

LONG = 8  # symbols of a run that counts as copied


class ExactCopies(Metric):
    """Shares of texts, and of runs of eight symbols, that are in the training part verbatim.

    People write some sentences twice, and quote each other, so that held-out real texts have such
    shares too: these are the floor. A generator far above it recites; one far below it writes like
    nobody. Symbols that the vocabulary lacks are in no run. Of each kind of texts only as many are
    looked at as have two million symbols together.
    """

    title = "Exact copies"
    source = (
        "McCoy et al. 2023, How much do language models copy from their training data?, section 4, "
        "with runs of eight symbols"
    )
    better: ClassVar[Mapping[str, Better]] = {"copied_texts": "real", "copied_runs": "real"}
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are texts."""
        return are_texts(evidence)

    def searched(self, evidence: Evidence) -> int:
        """The training texts that are looked at."""
        assert evidence.train.samples is not None, "are_texts() has looked"
        return len(thinned(evidence.train.samples))

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`copied_texts` and `copied_runs`, in [0, 1].

        The first has Wilson's interval, the second the wider one of that and one over texts.

        Raises:
            BadData: as for every metric, and where no text is eight symbols long.
        """
        require(evidence, self.fewest, train=True)
        base = require_texts(evidence)
        texts = are_among(rows_of(evidence.generated), rows_of(evidence.train))
        runs, _ = Runs.of(words_of(evidence.train), LONG, base)
        words = words_of(evidence.generated)
        own, numbers = Runs.of(words, LONG, base)
        if not len(own.known[-1]):
            raise BadData(f"No generated text has {LONG} known symbols in a row to be copied.")
        copied = torch.from_numpy((runs.ending(words)[-1] >= 0).sum(1)).double()
        there = torch.from_numpy((numbers[-1] >= 0).sum(1)).double()
        scattered = ratio(copied, there, low=0.0, high=1.0)
        counted = share(scattered.value, len(texts))
        return {
            "copied_texts": share(float(texts.mean()), len(texts)),
            "copied_runs": bounded(
                scattered.value, min(scattered.low, counted.low), max(scattered.high, counted.high)
            ),
        }

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """The same for held-out real texts; every training text is its own copy."""
        return self.measure(replace(evidence, generated=evidence.real), rng)


def are_among(texts: Rows, others: Rows) -> Bool[np.ndarray, " _"]:
    """Which of the texts are among the others, symbol for symbol."""
    known = {row.tobytes() for row in others}
    return np.array([row.tobytes() in known for row in texts])
