"""What goes wrong in adversarial training, each told from recent signs by a pure function.

A threshold is a named constant; docs/health.md has what healthy and failing trainings showed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sparring.training.signs import Signs

LONGEST = 12  # rows and looks that are kept to look back on

YOUNG = 15_000  # samples shown before which bad samples mean nothing yet
UNPRACTISED = 500  # steps before which they do not either; large batches leave few of these
APART = 0.97  # chance of telling samples apart above which a discriminator has won
STUCK = 0.95  # a score above this share of that of two looks ago does not get better
SETTLING = 0.5  # of the highest recent learning rate; below it samples are meant to come to rest
PINNED = 0.98  # mean probability of "real" for real samples, and 1 - that for generated ones
FLAT = 1e-5  # a generator's gradient below this share of its weights moves nothing
FAINT = 0.01  # the same where a discriminator is sure; healthy ones leave more or are not sure
SCATTERED = 0.25  # generated samples that scatter less than this share of real ones are one sample
TWINS = 0.7  # share of generated samples with a near twin; 5 % of real ones have one
COVERED = 0.85  # share of classes below which some are lost
WORSE = 1.5  # times the best score; healthy ones have had 1.34 in three looks
TOLD = 0.02  # mean probability that real samples have before generated ones; less is a guess
FAR = 0.4  # score as a share of the variance of real features; an untrained generator has about 1
NEAR = 0.1  # the same, where samples are good enough
BY_HEART = 0.5  # where held-out samples look as generated as they look real
GAP = 0.65  # chance of telling samples apart below which that share means nothing
COPIED = 0.3  # share nearer to training samples than 95 % of held-out ones are; 5 % by chance
SWING = 1.4  # factor between scores that counts as a swing
MATCHED = 0.25  # of the agreement of real samples; a generator that heeds labels exceeds it
MISLABELLED = 0.6  # accuracy of an extractor on real labels below which it is they that are wrong
WAITING = 0.3  # share of the time spent waiting for data


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong, as a person is told.

    Attributes:
        name: of the detector.
        word: for a line of progress.
        samples: samples shown when it began to show.
        sentence: what is seen, what it usually means, what to change.
        acts: whether the policy for trouble acts on it.
    """

    name: str
    word: str
    samples: int
    sentence: str
    acts: bool


@dataclass(frozen=True)
class Detector:
    """One thing that can go wrong, how it is seen, and what to say of it.

    Attributes:
        name: stands in rows, manifests and recipes.
        word: for a line of progress.
        looks: whether it reads looks at generated samples, or else rows of metrics.
        sees: recent signs to a sentence with a number; "" where nothing is wrong.
        means: what that usually means.
        change: what to change.
        acts: whether the policy acts on it; not where clocks decide, which differ between runs.
    """

    name: str
    word: str
    looks: bool
    sees: Callable[[Sequence[Signs]], str]
    means: str
    change: str
    acts: bool = True

    def finding(self, samples: int, seen: str) -> Finding:
        """What to say after so many samples."""
        sentence = f"{seen} {self.means} {self.change}"
        return Finding(self.name, self.word, samples, sentence, self.acts)


def last(signs: Sequence[Signs], name: str, count: int) -> list[float]:
    """The newest `count` values of a sign, oldest first; empty where there are not as many yet."""
    values = [each[name] for each in signs if name in each][-count:]
    return values if len(values) == count else []


def young(signs: Sequence[Signs]) -> bool:
    """Whether it is too early to judge; slow learners make one grey blob for a while."""
    if not signs:
        return False
    newest = signs[-1]
    return newest.get("samples", YOUNG) < YOUNG or newest.get("step", UNPRACTISED) < UNPRACTISED


def settling(looks: Sequence[Signs]) -> bool:
    """Whether the learning rate was lowered so far that samples can hardly change any more."""
    rates = [look["learning_rate"] for look in looks if "learning_rate" in look]
    return bool(rates) and rates[-1] < SETTLING * max(rates)


def stuck(looks: Sequence[Signs]) -> bool:
    """Whether samples did not get better over three looks; bad ones that do are only young.

    Where they are meant to come to rest, whether they got worse.
    """
    if young(looks):
        return False
    score, scatter = last(looks, "score", 3), last(looks, "diversity", 3)
    share = 1 / STUCK if settling(looks) else STUCK
    if score:
        return score[-1] > share * score[0]
    return bool(scatter) and share * scatter[-1] < scatter[0]


def pinned(rows: Sequence[Signs]) -> str:
    """The discriminator's mean verdicts stay at their ends, where little can be learned from them.

    Critics without bounds are there too, but their slope is not.
    """
    real, fake = last(rows, "d_real", 3), last(rows, "d_fake", 3)
    slopes = last(rows, "slope_generator", 3)
    if not slopes or max(slopes) > FAINT:
        return ""
    if not real or not fake or min(real) < PINNED or max(fake) > 1.0 - PINNED or young(rows):
        return ""
    return f"The discriminator gives real samples {real[-1]:.3f} and generated ones {fake[-1]:.3f}."


def saturated(looks: Sequence[Signs]) -> str:
    """Everything is told apart, and samples do not get better, as only a score can tell."""
    apart, far = last(looks, "told_apart", 3), last(looks, "score_relative", 3)
    if not apart or not far or min(apart) < APART or far[-1] < NEAR or not stuck(looks):
        return ""
    return f"The discriminator tells real from generated in {apart[-1]:.1%} of all pairs."


def vanishing(rows: Sequence[Signs]) -> str:
    """The generator's gradient is next to nothing."""
    slopes = last(rows, "slope_generator", 3)
    if not slopes or max(slopes) > FLAT:
        return ""
    return f"The generator's gradient is {slopes[-1]:.1e} of its weights."


def collapsed(looks: Sequence[Signs]) -> str:
    """Generated samples are all alike."""
    scatter, twins = last(looks, "diversity", 3), last(looks, "duplicates", 3)
    if not stuck(looks):
        return ""
    if scatter and max(scatter) < SCATTERED:
        return f"Generated samples scatter {scatter[-1]:.0%} as far as real ones."
    if twins and min(twins) > TWINS:
        return f"{twins[-1]:.0%} of generated samples have a near twin, of real ones 5 %."
    return ""


def lost_classes(looks: Sequence[Signs]) -> str:
    """Classes that real samples have are hardly made."""
    covered = last(looks, "classes", 3)
    if not covered or max(covered) > COVERED or not stuck(looks):
        return ""
    return f"{1 - covered[-1]:.0%} of the classes are hardly made."


def diverging(looks: Sequence[Signs]) -> str:
    """The score stays well above the best one."""
    score, best = last(looks, "score", 3), last(looks, "best_score", 3)
    if not score or not best or min(score) < WORSE * best[-1]:
        return ""
    return f"The score was {best[-1]:.3g} and is {score[-1]:.3g}, far off for the third time."


def blind(looks: Sequence[Signs]) -> str:
    """Nothing is told apart although samples are bad."""
    real, fake = last(looks, "d_real", 3), last(looks, "d_fake", 3)
    far = last(looks, "score_relative", 3)
    if not real or not fake or not far or min(far) < FAR or young(looks):
        return ""
    lead = [r - f for r, f in zip(real, fake, strict=True)]
    if max(map(abs, lead)) > TOLD:
        return ""
    return (
        f"The discriminator gives real samples {real[-1]:.3f} and generated ones {fake[-1]:.3f}, "
        "though these are bad."
    )


def overfitting(looks: Sequence[Signs]) -> str:
    """Held-out samples look generated to the discriminator."""
    known, apart = last(looks, "known_by_heart", 3), last(looks, "told_apart", 3)
    if not known or not apart or min(known) < BY_HEART or min(apart) < GAP:
        return ""
    return (
        f"Real samples that it was not trained on look {known[-1]:.0%} generated to the "
        "discriminator."
    )


def memorising(looks: Sequence[Signs]) -> str:
    """Generated samples are nearer to training samples than new real ones are."""
    copies = last(looks, "copies", 2)
    if not copies or min(copies) < COPIED:
        return ""
    return f"{copies[-1]:.0%} of generated samples lie as near to a training sample as a copy."


def oscillating(looks: Sequence[Signs]) -> str:
    """The score swings to and fro."""
    score = last(looks, "score", 6)
    ratios = [later / earlier for earlier, later in itertools.pairwise(score)]
    swings = [r > 1 for r in ratios if r > SWING or r < 1 / SWING]
    turns = sum(a != b for a, b in itertools.pairwise(swings))
    return f"The score turned {turns} times in six looks." if turns >= 3 else ""


def ignored_labels(looks: Sequence[Signs]) -> str:
    """Generated samples do not agree with the labels asked for."""
    heeded = last(looks, "labels_heeded", 3)
    if not heeded or max(heeded) > MATCHED or not stuck(looks):
        return ""
    return (
        f"The labels asked for are heeded to {max(heeded[-1], 0.0):.0%}, where 0 % is chance and "
        "100 % is as in real samples."
    )


def wrong_labels(looks: Sequence[Signs]) -> str:
    """Real samples do not agree with their labels."""
    right = last(looks, "label_accuracy_foreign", 1)
    if not right or right[-1] > MISLABELLED:
        return ""
    return f"An extractor that knows these classes agrees with {right[-1]:.0%} of the labels."


def starved(rows: Sequence[Signs]) -> str:
    """Time is spent waiting for data."""
    waiting = last(rows, "waiting", 3)
    if not waiting or min(waiting) < WAITING:
        return ""
    return f"{waiting[-1]:.0%} of the time goes by waiting for data."


def absent_classes(counts: Mapping[str, Sequence[int]]) -> str:
    """Label sets with classes that no training sample belongs to; samples by class in each set."""
    for name, numbers in counts.items():
        absent = sum(number == 0 for number in numbers)
        if absent:
            return f"{absent} of the {len(numbers)} classes of {name!r} have no training sample."
    return ""
