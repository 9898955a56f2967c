"""The detectors with what each finding means and what to change, in words for those who learn."""

from __future__ import annotations

from sparring.training import detectors as see
from sparring.training.detectors import Detector, Finding

WON = "It has won, so the generator learns little from it."
HOLD = (
    "Raise its penalty (objective.r1; gamma of relativistic, penalty of wasserstein_gp), or give "
    "it fewer weights than the generator."
)

DETECTORS = (
    Detector("pinned", "discriminator certain", False, see.pinned, WON, HOLD),
    Detector("saturated", "discriminator wins", True, see.saturated, WON, HOLD),
    Detector(
        "vanishing", "no gradient", False, see.vanishing,
        "The discriminator is so sure that its verdict no longer changes with the sample.",
        "Use an objective that does not saturate (non_saturating, relativistic), or a penalty.",
    ),
    Detector(
        "collapsed", "collapse", True, see.collapsed,
        "The generator makes a few samples over and over.",
        "Lower optimiser.learning_rate, use relativistic with its penalties, or batches of "
        "more samples.",
    ),
    Detector(
        "lost_classes", "lost classes", True, see.lost_classes,
        "The generator keeps to what is easy.",
        "Use relativistic, give it labels (networks.generator.conditional=true, and the same of "
        "the discriminator), or show more samples.",
    ),
    Detector(
        "diverging", "diverging", True, see.diverging,
        "Training goes the wrong way.",
        "Lower optimiser.learning_rate or raise the penalty; the best checkpoint is kept.",
    ),
    Detector(
        "blind", "discriminator blind", True, see.blind,
        "The discriminator is too weak to teach.",
        "Give it more weights or fewer penalties.",
    ),
    Detector(
        "overfitting", "overfitting", True, see.overfitting,
        "It knows the training samples by heart, which helps the generator no further.",
        "Add [augment] name = 'gentle', show fewer samples, or bring more data.",
    ),
    Detector(
        "memorising", "copies", True, see.memorising,
        "The generator repeats training samples.",
        "Add [augment] name = 'gentle', show fewer samples, or bring more data.",
    ),
    Detector(
        "oscillating", "oscillating", True, see.oscillating,
        "The players chase each other in circles.",
        "Lower optimiser.learning_rate, take betas = [0.0, 0.99], or raise the penalty.",
    ),
    Detector(
        "ignored_labels", "labels ignored", True, see.ignored_labels,
        "Conditioning was not learned.",
        "Let both players heed labels (networks.generator.conditional=true, and the same of the "
        "discriminator), and look the labels over.",
    ),
    Detector(
        "wrong_labels", "labels wrong", True, see.wrong_labels,
        "They do not belong to their samples.",
        "Look the data over: sparring data check.", acts=False,
    ),
    Detector(
        "starved", "waiting for data", False, see.starved,
        "The data come more slowly than they are learned from.",
        "Put them on a faster disk, or make their pictures smaller.", acts=False,
    ),
)  # fmt: skip

WORDS = {detector.name: detector.word for detector in DETECTORS}

ABSENT = (
    "missing_classes", "classes missing",
    "What is not there cannot be learned, but can be asked for.",
    "Bring samples of each class, or leave the empty ones out.",
)  # fmt: skip


def of_absent_classes(seen: str) -> Finding:
    """The finding at the start of a training whose data lack classes."""
    name, word, means, change = ABSENT
    return Finding(name, word, 0, f"{seen} {means} {change}", acts=False)


def of_bad_samples(samples: int) -> Finding:
    """The finding where a generator whose weights are numbers makes samples that are none."""
    sentence = (
        "Some generated samples are not numbers. Weights have grown too large. Lower "
        "optimiser.learning_rate or raise the penalty."
    )
    return Finding("not_finite", "not a number", samples, sentence, acts=False)


def of_a_bad_turn(samples: int, player: str, loss: float) -> Finding:
    """The finding where a loss is no number."""
    sentence = (
        f"The loss of the {player} is {loss}; its step is skipped. Its logits or weights have "
        "grown too large. Lower optimiser.learning_rate or raise the penalty."
    )
    return Finding("not_finite", "not a number", samples, sentence, acts=False)
