"""What keeps the figures of a report from being sure, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from sparring.evaluation.judge import Judge, Verdict

COPIES = ("aligned_copies", "exact_copies", "memorisation")  # search training samples for copies
FEW = 10  # held-out samples for each feature, below which which ones they are shows in the distance


def limits_of(judge: Judge, verdict: Verdict) -> list[str]:
    """What a verdict lacks because of how much there was to judge by."""
    drawn = verdict.drawn
    return [*judge.floorless(len(drawn.raw), drawn.labels), *_unsearched(judge, verdict),
            *_few_held_out(judge, verdict)]  # fmt: skip


def _unsearched(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """Copies of training samples that nobody looked at are not found."""
    searched, there = len(verdict.evidence.train), len(judge.reference.train)
    if searched < there and any(score.metric in COPIES for score in verdict.scores):
        yield (
            f"Copies were looked for among {searched:,} of {there:,} training samples: there may "
            "be more than these figures say."
        )


def _few_held_out(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """The covariance of few samples is far from that of many."""
    count, width = verdict.evidence.real.features.shape
    if count < FEW * width and any(score.metric == "frechet" for score in verdict.scores):
        yield (
            f"Only {count:,} held-out samples for {width:,} features: near the floor the Fréchet "
            "distance owes more to which samples these are than to the model. The kernel distance "
            "is free of that bias."
        )
