"""What labels cost: the time to label a file beside the time to save it without labels.

    python benchmarks/stamping.py

Saving without labels is `Generated.save` with labels turned off: encode, write, fsync, rename.
Medians over many files, in one process, in turns, so that a busy disk burdens all of them alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

import sparring
from sparring.core import files
from sparring.generation.generated import Generated
from sparring.provenance import credentials
from sparring.provenance.labelling import Labelling

PLAIN = Labelling(implicit=False, signed=False)
WAYS = {"labels": replace(PLAIN, implicit=True)}
if credentials.is_installed():
    WAYS["labels and credentials"] = replace(PLAIN, implicit=True, signed=True)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(made: Generated, form: str, rounds: int, folder: Path) -> dict[str, float]:
    """Median milliseconds of encoding, of saving without labels and of every way to label."""
    taken: dict[str, list[float]] = {}
    bare = replace(made, labelling=PLAIN)
    for number in range(rounds):
        path, sample = folder / f"{number}.{form}", made.samples[0]
        content = bare.encoded(0, form)
        work: dict[str, Callable[[], object]] = {
            "encode": lambda s=sample: made.modality.encode(s, form=form),
            "write": lambda p=path, c=content: files.atomic_write(p, c),
        }
        for name, labelling in WAYS.items():
            labelled = replace(made, labelling=labelling)
            work[name] = lambda of=labelled, c=content: of.label(c, form)
        for name, each in work.items():
            taken.setdefault(name, []).append(1_000 * seconds(each))
    return {name: statistics.median(times) for name, times in taken.items()}


def pictures(size: int) -> Generated:
    """One picture of noise in colour, with the facts of a shipped model."""
    made = sparring.load("digits").generate(1)
    spec = replace(made.modality.spec, shape=(3, size, size))
    samples = torch.rand(1, 3, size, size) * 2 - 1
    return replace(made, samples=samples, modality=type(made.modality)(spec))


def main() -> None:
    """Print a row of a Markdown table for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    subjects = [
        ("digit 28 x 28", sparring.load("digits").generate(1), ("png", "jpeg")),
        ("picture 256 x 256", pictures(256), ("png", "jpeg")),
        ("spoken digit", sparring.load("spoken-digits").generate(1), ("wav", "flac", "ogg")),
        ("poem", sparring.load("quatrains").generate(1), ("txt", "md", "json")),
    ]
    columns = " | ".join(f"{way}, ms (share)" for way in WAYS)
    print(f"| what | form | save without labels, ms | {columns} |")
    print("|---|---|---|" + "---|" * len(WAYS))
    with tempfile.TemporaryDirectory() as folder:
        for name, made, forms in subjects:
            for form in forms:
                took = measure(made, form, rounds, Path(folder))
                save = took["encode"] + took["write"]
                costs = [f"{took[way]:.2f} ({took[way] / save:.0%})" for way in WAYS]
                print(f"| {name} | {form} | {save:.2f} | {' | '.join(costs)} |", flush=True)


if __name__ == "__main__":
    main()
