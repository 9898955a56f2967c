"""How extractors learn: by the labels of real data, on a CPU, in minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.augment import Augment
from sparring.core import components
from sparring.core import device as devices
from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.data import Samples
from sparring.extractors import Extractor
from sparring.modalities import Modality

BLOCK = 250  # samples looked at in one go

Heard = Callable[[str], None]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fitting:
    """Everything that decides how an extractor is trained besides its architecture and data.

    AdamW (Loshchilov and Hutter 2019) under one cycle of the learning rate (Smith and Topin 2019).

    Attributes:
        passes: over the training part.
        batch: samples in a step.
        peak: highest learning rate.
        decay: of the weights.
        augment: probability of each gentle change (shift, turn, size, hole).
        mirror: whether left and right may change places; for pictures alone.
        seed: of weights, order and changes.
    """

    passes: int = 16
    batch: int = 128
    peak: float = 4e-3
    decay: float = 0.02
    augment: float = 0.5
    mirror: bool = False
    seed: int = 0


def fit(
    extractor: Extractor,
    samples: Samples,
    modality: Modality,
    fitting: Fitting,
    *,
    device: torch.device,
    hear: Heard = lambda line: None,
) -> None:
    """Train `extractor` in place on the labels of `samples`.

    Args:
        extractor: fresh, built under the seed of `fitting`.
        samples: raw real samples with their labels.
        modality: turns raw samples into what networks see.
        fitting: the recipe.
        device: where to train.
        hear: gets a line after each pass.

    Raises:
        BadData: fewer samples than a batch, or no labels.
    """
    if not samples.labels:
        raise BadData("An extractor that learns by labels needs samples that have some.")
    change = change_of(modality.changes, fitting)
    streams = Streams(fitting.seed)

    def loss_of(images: Tensor, chosen: Indices) -> Tensor:
        logits = extractor.verdicts(extractor.features(change(images, fitting.augment, streams)))
        truths = (_chosen(samples, name, chosen, device) for name in logits)
        losses = map(F.cross_entropy, (each.float() for each in logits.values()), truths)
        return torch.stack(list(losses)).sum()

    descend(extractor, samples, modality, fitting, loss_of, device=device, hear=hear)


def change_of(table: Mapping[str, Any], fitting: Fitting) -> Augment:
    """The augmentation of a modality's table, with mirroring where it is wanted.

    Raises:
        UserError: mirroring is wanted of what has no left and right.
    """
    mirrored = {"mirror": True} if fitting.mirror else {}
    return components.build(components.AUGMENT, {**table, **mirrored}, where="extractor")


def descend(
    network: nn.Module,
    samples: Samples,
    modality: Modality,
    fitting: Fitting,
    loss_of: Callable[[Tensor, Indices], Tensor],
    *,
    device: torch.device,
    hear: Heard,
) -> None:
    """Bring a loss of batches and their numbers down, in `fitting.passes` over the samples."""

    def images_of(chosen: Indices) -> Tensor:
        return modality.to_samples(torch.from_numpy(samples.values[chosen]).to(device))

    descend_on(network, len(samples), images_of, fitting, loss_of, device=device, hear=hear)


def descend_on(
    network: nn.Module,
    count: int,
    images_of: Callable[[Indices], Tensor],
    fitting: Fitting,
    loss_of: Callable[[Tensor, Indices], Tensor],
    *,
    device: torch.device,
    hear: Heard,
) -> None:
    """The same for `count` samples of which `images_of` gives some, as networks see them."""
    steps = count // fitting.batch
    if not steps:
        raise BadData(
            f"An extractor needs at least {fitting.batch} samples to learn from; there are {count}."
        )
    network.to(device, memory_format=torch.channels_last).train()  # pyrefly: ignore
    optimiser, cycle = _optimiser(network, fitting, steps)
    streams = Streams(fitting.seed)
    precision = "bfloat16" if devices.has_fast_bfloat16(device) else "float32"
    with torch.random.fork_rng():
        torch.manual_seed(fitting.seed)  # dropout draws from torch's own stream
        for number in range(fitting.passes):
            order = streams.permutation("order", count)[: steps * fitting.batch]
            total = 0.0
            for pick in order.split(fitting.batch):
                chosen = np.sort(pick.numpy())  # a memory-mapped array is read from front to back
                images = devices.laid_out(images_of(chosen))
                with devices.autocast(device, precision):
                    loss = loss_of(images, chosen)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                cycle.step()
                total += loss.item()
            hear(f"pass {number + 1} of {fitting.passes}: loss {total / steps:.4f}")
    network.eval().requires_grad_(False)


def _optimiser(
    network: nn.Module, fitting: Fitting, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=fitting.decay, fused=True)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, fitting.peak, total_steps=fitting.passes * steps, pct_start=0.2
    )
    return optimiser, cycle


@torch.inference_mode()
def accuracy(extractor: Extractor, samples: Samples, modality: Modality) -> dict[str, float]:
    """The share of samples whose class is recognised, by label set."""
    device = next(extractor.parameters()).device
    right = dict.fromkeys(samples.labels, 0)
    for start in range(0, len(samples), BLOCK):
        piece = np.arange(start, min(start + BLOCK, len(samples)))
        images = modality.to_samples(torch.from_numpy(samples.values[piece]).to(device))
        for name, logits in extractor.verdicts(extractor.features(images)).items():
            truth = _chosen(samples, name, piece, device)
            right[name] += int(logits.argmax(1).eq(truth).sum())
    return {name: count / len(samples) for name, count in right.items()}


def _chosen(samples: Samples, name: str, pick: Indices, device: torch.device) -> Tensor:
    return torch.from_numpy(samples.labels[name][pick]).to(device)
