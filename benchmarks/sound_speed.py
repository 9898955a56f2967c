"""How much sound the shipped digits make in a second, by one thread and by two.

    python benchmarks/sound_speed.py [--model spoken-digits] [--count 64] [--rounds 9]

From latents to 16-bit waves, a batch at a time, the vocoder and its iterations included. One and
two threads take turns after a turn that does not count, and times are medians by the clock, as two
threads at once is what they are about; so nothing else should run. Writes a table into
benchmarks/sound.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence

import torch

import sparring
from sound_page import keep_table
from sparring.core import device
from sparring.generation.sampler import Sampler

THREADS = (1, 2)


def seconds(sampler: Sampler, count: int, rounds: int) -> dict[int, float]:
    """Median seconds for `count` sounds, by number of threads."""
    found: dict[int, list[float]] = {threads: [] for threads in THREADS}
    for number in range(rounds + 1):
        for threads, times in found.items():
            torch.set_num_threads(threads)
            begun = time.perf_counter()
            sampler.modality.to_raw(sampler.generate(count).samples)
            if number:
                times.append(time.perf_counter() - begun)
    return {threads: statistics.median(times) for threads, times in found.items()}


def rows(times: Mapping[int, float], length: float) -> list[Sequence[str]]:
    """Head and one row for each number of threads, from the seconds that `length` seconds took."""
    first = times[THREADS[0]]
    return [
        ["threads", "times real time", "of one thread"],
        *(
            [f"{threads}", f"{length / taken:,.1f}", f"{first / taken:.2f}"]
            for threads, taken in times.items()
        ),
    ]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", default="spoken-digits", help="a model that makes sounds")
    parser.add_argument("--count", type=int, default=64, help="sounds in a batch")
    parser.add_argument("--rounds", type=int, default=9, help="turns of every number of threads")
    parser.add_argument("--note", default="", help="about the machine, for the page")
    asked = parser.parse_args()
    sampler = sparring.load(asked.model, "cpu")
    if not sampler.spec.rate:
        raise SystemExit(f"{asked.model} makes no sounds.")
    length = sampler.modality.to_raw(sampler.generate(1).samples).shape[1] / sampler.spec.rate
    times = seconds(sampler, asked.count, asked.rounds)
    table = rows(times, asked.count * length)
    for row in table:
        print(" | ".join(row))
    processor = device.describe()["processor"]
    note = f"{asked.count} sounds of {length:g} s by {asked.model}, on: {processor}; torch "
    keep_table("generation", table, f"{note}{torch.__version__}. {asked.note}".strip())


if __name__ == "__main__":
    main()
