"""Square matrix products and nothing else: what the machine can do at best.

python products.py float32 --steps 20
"""

from __future__ import annotations

import argparse

import torch
import turns

from sparring.core import device as devices

SIDE = 2048
FLOPS = 2 * SIDE**3


def main() -> None:
    """Multiply as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("precision", choices=("float32", "bfloat16"))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--turns", action="store_true", help="multiply when told to on stdin")
    chosen = parser.parse_args()
    left, right = (torch.randn(SIDE, SIDE).to(getattr(torch, chosen.precision)) for _ in "lr")
    result = torch.empty_like(left)

    def advance(steps: int) -> None:
        for _ in range(steps):
            torch.mm(left, right, out=result)

    with devices.threads(0):
        if chosen.turns:
            turns.answer(advance, batch=1, flops=FLOPS, warm_up=2.0)
        else:
            turns.alone(advance, chosen.steps, 1, every=1)


if __name__ == "__main__":
    main()
