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
    names = {score.metric for score in verdict.scores}
    searched = [judge.metrics[name].searched(verdict.evidence) for name in names]
    least, there = min(filter(None, searched), default=0), len(judge.reference.train)
    if 0 < least < there:
        yield (
            f"Copies were looked for among {least:,} of {there:,} training samples: there may "
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
    drawn, sets = verdict.drawn, judge.reference.spec.labels
    named = verdict.subject["kind"] == "folder" and all("/" in name for name in drawn.names)
    if drawn.labels or not named:
        return
    for name, classes in sets.items():
        others = {each for other in sets if other != name for each in sets[other]}
        own = [each for each in classes if each not in others]
        if len(own) > 1:
            yield (
                f"The folders in {verdict.subject['name']} do not tell the {name} of every sample, "
                f"so that whether it is right is not measured: name them as classes are, such as "
                f"{quoted(own[0])}."
            )
            return
