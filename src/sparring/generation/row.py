"""Samples of given words in a row: a number spoken digit by digit, or written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sparring.core.errors import UserError
from sparring.generation.asking import LabelSets, conditions, parse_labels, require_makeable
from sparring.generation.sampler import Generated, Sampler


def spell(
    sampler: Sampler,
    text: str,
    *,
    seed: int = 0,
    labels: Mapping[str, str] | str = "",
    truncation: float = 1.0,
) -> Generated:
    """One sample for each word of `text`, all of the same other labels.

    Args:
        sampler: what makes them.
        text: classes of one label set, with blanks between: "4 0 7 1".
        seed: of the first; number i has seed + i.
        labels: classes of the other sets, as in `Sampler.generate`; those left out are what the
            first seed says, for all of them.
        truncation: as in `Sampler.generate`.

    Raises:
        UserError: no words, or words that are no classes of one label set that is left.
    """
    words = text.split()
    if not words:
        raise UserError("There is nothing to say: give classes with blanks between, e.g. '4 0 7'.")
    require_makeable(len(words), (seed, seed + len(words) - 1), truncation)
    chosen = parse_labels(labels, sampler.labels)
    spoken = _set_of(words, {n: c for n, c in sampler.labels.items() if n not in chosen})
    first = conditions(sampler.spec, [seed], chosen).labels
    fixed = {name: classes[int(first[name])] for name, classes in sampler.spec.labels.items()}
    named = [{**fixed, spoken: word} for word in words]
    seeds = range(seed, seed + len(words))
    # One by one, as each word has labels of its own.
    conditioned = conditions(sampler.spec, seeds, fixed)
    places = [sampler.spec.labels[spoken].index(word) for word in words]
    conditioned.labels[spoken].copy_(conditioned.labels[spoken].new_tensor(places))
    samples = sampler.finite(sampler.latents(seeds) * truncation, conditioned)
    return Generated(samples, seeds, named, sampler.modality, sampler.origin(truncation))


def save_row(spelled: Generated, folder: Path) -> Path:
    """Write all samples as one file, in time or side by side; it is named by their words.

    Raises:
        OutOfResources: the disk is full.
    """
    differing = [name for name in spelled.labels[0] if len({n[name] for n in spelled.labels}) > 1]
    name = differing[0] if differing else next(iter(spelled.labels[0]))
    words = "-".join(labels[name] for labels in spelled.labels)[:60]
    plain = "".join(c if c.isalnum() or c == "-" else "_" for c in words)
    path = folder / f"said-{spelled.seeds[0]:06d}-{plain}{spelled.modality.suffix}"
    spelled.modality.write_row(spelled.samples, path, spelled.stamp())
    return path


def _set_of(words: list[str], sets: LabelSets) -> str:
    """The first label set that has all the words among its classes."""
    for name, classes in sets.items():
        if all(word in classes for word in words):
            return name
    known = "; ".join(f"{name}: {', '.join(classes)}" for name, classes in sets.items())
    foreign = [w for w in words if not any(w in classes for classes in sets.values())] or words
    raise UserError(
        f"{', '.join(dict.fromkeys(foreign))} cannot be said: all words must be classes of one "
        f"label set that --label leaves open ({known or 'there is none'})."
    )
