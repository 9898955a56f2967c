"""Named, seeded random streams, so that one use of randomness never shifts another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def seed_for(seed: int, name: str) -> int:
    """A 63-bit seed that depends on `seed` and `name` alone (SHA-256, so nearby seeds differ)."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


class Streams:
    """Independent random streams by name ("latents", "augment", "penalty", "preview").

    Every process of a distributed run draws the whole batch and keeps its own share, so that the
    numbers do not depend on how many processes there are.

    Args:
        seed: the run's seed.
        rank: this process's place among `world` processes.
        world: how many processes share each batch.
    """

    def __init__(self, seed: int, *, rank: int = 0, world: int = 1) -> None:
        self.seed = seed
        self.rank = rank
        self.world = world
        self._streams: dict[str, torch.Generator] = {}

    def stream(self, name: str) -> torch.Generator:
        """The generator behind `name`, made on first use."""
        if name not in self._streams:
            self._streams[name] = torch.Generator().manual_seed(seed_for(self.seed, name))
        return self._streams[name]

    def _own(self, whole: Tensor) -> Tensor:
        return whole.chunk(self.world)[self.rank] if self.world > 1 else whole

    def normal(self, name: str, shape: Sequence[int]) -> Tensor:
        """Standard normal numbers of `shape`, whose first dimension is this process's batch."""
        whole = (shape[0] * self.world, *shape[1:])
        return self._own(torch.randn(whole, generator=self.stream(name)))

    def uniform(self, name: str, shape: Sequence[int]) -> Tensor:
        """Uniform numbers in [0, 1) of `shape`, whose first dimension is this process's batch."""
        whole = (shape[0] * self.world, *shape[1:])
        return self._own(torch.rand(whole, generator=self.stream(name)))

    def permutation(self, name: str, count: int) -> Tensor:
        """The numbers below `count` in random order, the same in every process."""
        return torch.randperm(count, generator=self.stream(name))

    def seed_of_turn(self, player: str, step: int) -> int:
        """A seed for what happens within one turn of one player in this process."""
        return seed_for(self.seed, f"{player} {step} {self.rank}")

    def reseed(self, seed: int) -> None:
        """Start every stream anew from another seed."""
        self.seed = seed
        self._streams.clear()

    def state(self) -> dict[str, Tensor]:
        """The state of every stream used so far, as byte tensors."""
        return {name: stream.get_state() for name, stream in sorted(self._streams.items())}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly where `state` was taken."""
        self._streams.clear()
        for name, value in state.items():
            self.stream(name).set_state(value.clone())
