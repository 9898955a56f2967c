"""What keeps the figures of a report from being sure, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from sparring.core.errors import quoted
from sparring.evaluation.judge import Judge, Verdict

FEW = 10  # samples for each feature, below which which ones they are shows in the distance


def limits_of(judge: Judge, verdict: Verdict) -> list[str]:
    """What a verdict lacks because of how much there was to judge by."""
    told = (_floorless, _unsearched, _few, _untold)
    return [sentence for tell in told for sentence in tell(judge, verdict)]


def _floorless(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """Which metrics have no floor and why; each once, also where no extractor has one."""
    told: set[str] = set()
    reasons = {(each.extractor, each.reason): None for each in verdict.floorless}
    for extractor, reason in reasons:
        missing = [
            each.title
            for each in verdict.floorless
            if (each.extractor, each.reason) == (extractor, reason) and each.title not in told
        ]
        if missing:
            told.update(missing)
            by = f" by {extractor}" if extractor != judge.looks[0].name else ""
            yield f"There is no floor of {', '.join(missing)}{by}. {reason}"


def _unsearched(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """Copies of training samples that nobody looked at are not found."""
    searched, there = len(verdict.evidence.train), len(judge.reference.train)
    if searched < there and any(judge.metrics[each.metric].searches for each in verdict.scores):
        yield (
            f"Copies were looked for among {searched:,} of {there:,} training samples: there may "
            "be more than these figures say."
        )


def _few(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """The covariance of few samples is far from that of many."""
    count, width = verdict.evidence.real.features.shape
    if count < FEW * width and any(each.metric == "frechet" for each in verdict.scores):
        yield (
            f"Only {count:,} {judge.real_kind} samples for {width:,} features: near the floor the "
            "Fréchet distance owes more to which samples these are than to the model."
        )


def _untold(judge: Judge, verdict: Verdict) -> Iterator[str]:
    """Folders that are not named as classes are do not say what their samples should be."""
    if verdict.subject["kind"] != "folder" or not any("/" in name for name in verdict.drawn.names):
        return
    for name, classes in judge.reference.spec.labels.items():
        if name not in verdict.drawn.labels:
            yield (
                f"The folders in {verdict.subject['name']} do not tell the {name} of every sample, "
                f"so that whether it is right is not measured: name them as classes are, such as "
                f"{quoted(classes[0])}."
            )
