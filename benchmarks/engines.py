"""How fast the shipped models are on onnxruntime, as a multiple of torch, in one run.

    python benchmarks/engines.py [--threads 1] [--rounds 9]

Both engines make the same blocks of 16 samples in turn, after a turn that does not count; the
figure is the ratio of median seconds, and above 1 onnxruntime is faster. Only the generator is
timed, as `Sampler` asks it: no voice for sounds, no files. `--engine auto` asks the same question
when a service starts. Texts are not there: they are written by torch alone.
"""

from __future__ import annotations

import argparse

import onnxruntime
import torch

import sparring
from sparring.core.errors import UserError
from sparring.exporting._engine import onnx_engine, speedup
from sparring.generation.model_file import shipped_names


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=1, help="of both engines")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {asked.threads=}")
    print("| model | network | times as fast as torch |\n|---|---|---|")
    for name in shipped_names():
        sampler = sparring.load(name, "cpu")
        family = sampler.recipe.networks["generator"]["name"]
        try:
            ratio = f"{speedup(sampler, onnx_engine(sampler), asked.rounds):.2f}"
        except UserError as error:
            ratio = f"torch alone: {error}"
        print(f"| {name} | {family} | {ratio} |")


if __name__ == "__main__":
    main()
