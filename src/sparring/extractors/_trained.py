"""A trained extractor with its papers, on disk as safetensors with a card beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core import components, files, weights
from sparring.core import device as devices
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._fitting import BLOCK

EXTRACTOR = components.Slot("extractors", "Extractor")


@dataclass(frozen=True)
class Card:
    """The papers of an extractor.

    Attributes:
        architecture: its name among the extractors.
        data: the data set whose training part it learned from.
        data_sha256: hash of that part.
        samples: how many real samples that were.
        accuracy: share of `test_samples` held-out real samples recognised, by label set.
        test_samples: how many those were.
        settings: of the architecture, where they are not its defaults.
        fitting: everything else that decided the training.
        licence: of the weights, and the terms of the data.
        origin: who made the data.
        sha256: of the weights file; every score names it.
    """

    architecture: str
    data: str
    data_sha256: str
    samples: int
    accuracy: Mapping[str, float]
    test_samples: int
    settings: Mapping[str, Any]
    fitting: Mapping[str, Any]
    licence: str
    origin: str
    sha256: str = ""


PAPERS = tuple(field.name for field in fields(Card))


@dataclass(frozen=True)
class Trained:
    """An extractor ready to look."""

    network: Extractor
    card: Card

    @property
    def name(self) -> str:
        """Architecture, data and the first digits of the hash, as tables show it."""
        return f"{self.card.architecture}/{self.card.data} {self.card.sha256[:12]}"

    @torch.inference_mode()
    def look(
        self, samples: Tensor
    ) -> tuple[Float[Tensor, "n d"], Mapping[str, Float[Tensor, "n k"]]]:
        """Features and log-probabilities of many samples, in blocks; on the CPU.

        Raises:
            BadData: the samples have another shape than the extractor's, or are not all numbers.
        """
        shape = tuple(samples.shape[1:])
        if shape != self.network.spec.shape:
            raise BadData(
                f"The extractor {self.name} looks at samples of shape {self.network.spec.shape}, "
                f"not {shape}."
            )
        if not bool(torch.isfinite(samples).all()):
            bad = int((~torch.isfinite(samples.flatten(1))).any(1).sum())
            raise BadData(f"{bad:,} of {len(samples):,} samples hold values that are no numbers.")
        device = next(self.network.parameters()).device
        features: list[Tensor] = []
        logs: list[Mapping[str, Tensor]] = []
        for block in samples.split(BLOCK):
            seen = self.network.features(devices.laid_out(block.to(device)))
            features.append(seen.float().cpu())
            logs.append(self.network.verdicts(seen))
        return torch.cat(features), {
            name: torch.cat([each[name].float().log_softmax(1).cpu() for each in logs])
            for name in logs[0]
        }


def write(folder: Path, network: Extractor, card: Card) -> Trained:
    """Write `ARCHITECTURE.safetensors` and `ARCHITECTURE.json` into `folder`."""
    path = folder / f"{card.architecture}.safetensors"
    spec = network.spec.to_json()
    spec.pop("tokeniser_sha256", None)  # the card has the hash of the whole file
    header = {"spec": spec, "architecture": card.architecture}
    weights.write(path, network.state_dict(), header)
    card = Card(**{**asdict(card), "sha256": files.sha256(path)})
    files.atomic_write(
        path.with_suffix(".json"), (json.dumps(asdict(card), indent=1) + "\n").encode()
    )
    return _ready(network, card)


def read(path: Path) -> Trained:
    """The extractor in a weights file, checked against the card beside it.

    Raises:
        BadData: no such file or card, or the weights are not the ones that the card describes.
    """
    tensors, header = weights.read(path)
    told = weights.read_card(path, PAPERS)
    card = Card(**{name: told[name] for name in PAPERS})
    found = files.sha256(path)
    if found != card.sha256:
        raise BadData(
            f"{path} is not the extractor of its card: SHA-256 {found[:12]}..., where the card "
            f"says {card.sha256[:12]}...; scores by it would compare with nothing."
        )
    network: Extractor = components.build(
        EXTRACTOR,
        {**card.settings, "name": card.architecture},
        _spec(path, header),
        where="extractor",
        built_in_only=True,
    )
    weights.fill(network, tensors, str(path))
    return _ready(network, card)


def spec_of(path: Path) -> Spec:
    """What the extractor in a weights file looks at, from its header alone.

    Raises:
        BadData: no such file, or none that `write` has written.
    """
    return _spec(path, weights.read_header(path))


def _spec(path: Path, header: Mapping[str, Any]) -> Spec:
    try:
        return Spec.from_json(header["spec"])
    except BadData as error:
        raise BadData(f"{path} cannot be used: {error}") from error
    except (TypeError, KeyError) as error:
        raise BadData(f"{path} does not say what it looks at: no {error} in its header.") from error


def _ready(network: Extractor, card: Card) -> Trained:
    network.to(memory_format=torch.channels_last)  # pyrefly: ignore
    return Trained(network.eval().requires_grad_(False), card)
