"""Several processes that train as one, started by torchrun."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sparring.core import device as devices
from sparring.core.errors import Interrupted, UserError
from sparring.networks import Networks


class Shared(DistributedDataParallel):
    """A player whose gradients are averaged over all processes.

    Only `forward` averages, so a player's other methods are not offered here.
    """

    @property
    def latent(self) -> int:
        """A generator's number of latents."""
        return self.module.latent


class Team:
    """The processes of one training; a team of one is the usual case.

    Args:
        rank: this process's place; rank 0 alone writes and speaks.
        world: how many processes there are.
        device: where this process computes.
    """

    def __init__(self, rank: int, world: int, device: torch.device) -> None:
        self.rank = rank
        self.world = world
        self.device = device

    @property
    def leads(self) -> bool:
        """Whether this process writes the run."""
        return self.rank == 0

    def views(self, networks: Networks) -> dict[str, Networks]:
        """For each player the networks as it sees them: itself shared, the others plain."""
        if self.world == 1:
            return dict.fromkeys(networks, networks)
        index = [self.device.index or 0] if self.device.type == "cuda" else None
        shared: dict[str, nn.Module] = {
            player: Shared(network.requires_grad_(), device_ids=index)
            for player, network in networks.items()
        }
        return {player: Networks({**networks, player: shared[player]}) for player in networks}

    def mean(self, values: Tensor) -> Tensor:
        """The mean of `values` over all processes."""
        if self.world == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total / self.world

    def any(self, flag: bool) -> bool:
        """Whether `flag` holds in any process, so that all act alike."""
        if self.world == 1:
            return flag
        votes = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(votes, op=dist.ReduceOp.MAX)
        return bool(votes.item())

    def agree(self, text: str) -> str:
        """What the leader says, in every process."""
        if self.world == 1:
            return text
        said = [text]
        dist.broadcast_object_list(said)
        return said[0]

    @contextlib.contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader goes through the block before all others (to download and pack once)."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def wait(self) -> None:
        """Until all processes have come this far."""
        if self.world > 1:
            dist.barrier()


@contextlib.contextmanager
def team(device: str) -> Iterator[Team]:
    """The team that torchrun started, or a team of one.

    Raises:
        Interrupted: another process was lost; the run can be resumed from its last checkpoint.
    """
    if not dist.is_torchelastic_launched():
        yield Team(0, 1, devices.choose(device))
        return
    rank, world, local = (int(os.environ[k]) for k in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    chosen = devices.choose(device)
    if chosen.type == "cuda":
        chosen = torch.device("cuda", local)
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Team(rank, world, chosen)
    except RuntimeError as error:
        # Backends word the loss of a process differently, and all of them as this error.
        reason = str(error).strip().partition("\n")[0]
        raise Interrupted(
            f"Process {rank} of {world} stopped, as another one was probably lost ({reason}); "
            "the run can be resumed from its last checkpoint."
        ) from error
    finally:
        dist.destroy_process_group()


def check_share(batch: int, accumulate: int, world: int) -> None:
    """Raise UserError where a batch cannot be cut evenly over processes and micro-batches."""
    if batch % (world * accumulate):
        raise UserError(
            f"data.batch = {batch} cannot be shared evenly by {world} processes with "
            f"training.accumulate = {accumulate}; choose a multiple of {world * accumulate}."
        )
