"""How likely texts are by a language model that is the same for all, and what they teach one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch

from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import left_out, ratio
from sparring.metrics._ngrams import NgramModel
from sparring.metrics._require import require
from sparring.metrics._texts import Rows, are_texts, require_texts, rows_of

ORDER = 5
"""Of the models. It reads real texts best: held-out captions take 3.98, 3.95 and 3.95 nats a
symbol, and held-out quatrains 5.36, 5.32 and 5.32, after orders 3, 4 and 5."""
GROUPS = 5  # of the texts that a model learns from, each of which is left out once


class LanguageScores(Metric):
    """Nats per symbol: of generated texts by a model of real ones, and the other way round.

    The models count runs of up to five symbols (Kneser-Ney). The first learned from held-out real
    texts alone, which no generator was trained on. Texts that it finds too easy are no better than
    those that it finds too hard; it does not notice at all if there is but one text, or what makes
    no sense beyond five symbols. The second learned from the generated texts, and reads the
    held-out ones: it does well only if generated texts are right and as varied as real ones. Ends
    count as symbols, and what the vocabulary lacks does not.
    """

    title = "Language model scores"
    source = (
        "Caccia et al. 2020, Language GANs falling short, section 5, and Zhao et al. 2018, "
        "Adversarially regularized autoencoders, section 6, with the model of Chen and Goodman 1999"
    )
    better: ClassVar[Mapping[str, Better]] = {"forward_nats": "real", "reverse_nats": "lower"}
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are texts."""
        return are_texts(evidence)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`forward_nats` and `reverse_nats`, from 0 up.

        The intervals are over the texts that are read and, as a jackknife over five groups, over
        those that the model learned from.
        """
        require(evidence, self.fewest)
        base = require_texts(evidence)
        return scores(rows_of(evidence.generated), rows_of(evidence.real), base, rng)


def scores(ours: Rows, real: Rows, base: int, rng: Streams) -> Mapping[str, Figure]:
    """The figures of generated texts and held-out real ones, with a vocabulary of that size."""
    return {
        "forward_nats": _read(real, ours, base, rng, "language.real"),
        "reverse_nats": _read(ours, real, base, rng, "language.generated"),
    }


def _read(learned: Rows, read: Rows, base: int, rng: Streams, name: str) -> Figure:
    order = rng.permutation(name, len(learned)).numpy()
    without = [
        _mean(nats(np.delete(learned, group, axis=0), read, base))
        for group in np.array_split(order, GROUPS)
    ]
    variance = left_out(torch.tensor(without, dtype=torch.float64))
    return ratio(*nats(learned, read, base), other=variance, low=0.0)


def nats(learned: Rows, read: Rows, base: int) -> tuple[torch.Tensor, torch.Tensor]:
    """For each text that is read, its nats by a model of others, and how many symbols it has."""
    logs, scored = NgramModel.fit(learned, base, ORDER).log_probabilities(read)
    return torch.from_numpy(-logs.sum(1)), torch.from_numpy(scored.sum(1)).double()


def _mean(parts: tuple[torch.Tensor, torch.Tensor]) -> float:
    total, symbols = parts
    return float(total.sum() / symbols.sum())
