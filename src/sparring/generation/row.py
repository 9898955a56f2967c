"""Samples of given words in a row: a number spoken digit by digit, or written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparring.core.errors import UserError
from sparring.generation.asking import (
    LabelSets,
    Wanted,
    conditions,
    parse_labels,
    require_makeable,
    require_one_file,
)
from sparring.generation.generated import Generated
from sparring.generation.sampler import Sampler


def spell(
    sampler: Sampler,
    text: str,
    *,
    seed: int = 0,
    labels: Wanted = "",
    truncation: float = 1.0,
) -> Generated:
    """One sample for each word of `text`, all of the same other labels.

    Args:
        sampler: what makes them.
        text: classes of one label set, with blanks between: "4 0 7 1". Where classes have blanks
            in their names, the longest one that fits is taken.
        seed: of the first; number i has seed + i.
        labels: classes of the other sets, as in `Sampler.generate`; those left out are what the
            first seed says, for all of them.
        truncation: as in `Sampler.generate`.

    Raises:
        UserError: no words, or words that are no classes of one label set that is left.
    """
    if not text.strip():
        raise UserError("There is nothing to say: give classes with blanks between, e.g. '4 0 7'.")
    chosen = parse_labels(labels, sampler.labels)
    open_sets = {n: c for n, c in sampler.labels.items() if n not in chosen}
    spoken, words = _read(text.split(), open_sets)
    require_makeable(len(words), (seed, seed + len(words) - 1), truncation)
    require_one_file(len(words), sampler.modality.most_in_a_row)
    first = conditions(sampler.spec, [seed], chosen).labels
    fixed = {name: classes[int(first[name])] for name, classes in sampler.spec.labels.items()}
    named = [{**fixed, spoken: word} for word in words]
    seeds = range(seed, seed + len(words))
    return sampler.each(seeds, named, truncation)


def save_row(spelled: Generated, text: str, folder: Path, form: str = "") -> Path:
    """Write all samples as one file, in time or side by side, that is named by what was said.

    Raises:
        OutOfResources: the disk is full.
        UserError: there is no such form, or the folder cannot be written.
    """
    words = "-".join(text.split())[:60]
    plain = "".join(c if c.isalnum() or c == "-" else "_" for c in words)
    modality = spelled.modality
    path = folder / f"said-{spelled.seeds[0]:06d}-{plain}.{modality.form(form)}"
    (written,) = spelled.write({path: spelled.row(form)})
    return written


def _read(words: Sequence[str], sets: LabelSets) -> tuple[str, list[str]]:
    """The first label set that all the words are of, and its classes that they name."""
    foreign = set(words)
    for name, classes in sets.items():
        named, unknown = _classes_in(words, classes)
        if not unknown:
            return name, named
        foreign &= unknown
    known = "; ".join(f"{name}: {', '.join(classes)}" for name, classes in sets.items())
    told = [word for word in dict.fromkeys(words) if word in foreign] or dict.fromkeys(words)
    raise UserError(
        f"{', '.join(told)} cannot be said: all words must be classes of one label set, of "
        f"which no label is given ({known or 'there is none'})."
    )


def _classes_in(words: Sequence[str], classes: Sequence[str]) -> tuple[list[str], set[str]]:
    """The classes that words name, of which one may take several, and words that are of none."""
    by_length = sorted(classes, key=lambda each: -len(each.split()))
    named: list[str] = []
    unknown: set[str] = set()
    start = 0
    while start < len(words):
        for each in by_length:
            parts = each.split()
            if parts and list(words[start : start + len(parts)]) == parts:
                named.append(each)
                start += len(parts)
                break
        else:
            unknown.add(words[start])
            start += 1
    return named, unknown
