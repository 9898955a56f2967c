"""Samples in files that anything may have made: found, checked against the data, and labelled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.generation.sampler import MODEL_FILE
from sparring.modalities import SHEET, Modality

MOST = 1_000_000  # files looked at


def holds_samples(path: Path) -> bool:
    """Whether this is a folder, and neither a run nor a model."""
    signs = ("recipe.json", MODEL_FILE, f"model/{MODEL_FILE}", "config.json")
    return path.is_dir() and not any((path / sign).exists() for sign in signs)


def found(folder: Path, modality: Modality) -> list[Path]:
    """The samples in a folder and its sub-folders in order of name.

    Hidden files, `sheet.png` and what is no sample by name or content are left aside.

    Raises:
        BadData: there are none, too many, or files that cannot be read.
    """
    samples = []
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number >= MOST:
            raise BadData(f"{folder} holds more than {MOST:,} files.")
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and path.name != SHEET and not hidden and modality.claims(path):
            samples.append(path)
    if not samples:
        raise BadData(
            f"{folder} holds no samples: no {modality.suffix} or similar file lies in it."
        )
    return samples


def chosen(samples: Sequence[Path], count: int, seed: int) -> list[Path]:
    """At most `count` of the samples, drawn at random and in the order that they are in."""
    if len(samples) <= count:
        return list(samples)
    order = Streams(seed).permutation("files", len(samples))[:count]
    return [samples[i] for i in sorted(order.tolist())]


def labels(files: Sequence[Path], folder: Path, spec: Spec) -> Mapping[str, Int[Tensor, " n"]]:
    """The class of every file where all of them tell one of the data's only label set.

    A class is told by a sub-folder of its name, or by a file name such as `000012-7.png`.
    """
    if len(spec.labels) != 1:
        return {}
    ((name, classes),) = spec.labels.items()
    places = {text: index for index, text in enumerate(classes)}
    plain = {re.sub(r"\W|_", "_", text): index for index, text in enumerate(classes)}
    index = []
    for path in files:
        told = [places[part] for part in path.relative_to(folder).parts[:-1] if part in places]
        words = re.fullmatch(r"\d+-(.+)", path.stem)
        if words and words[1] in plain:
            told.append(plain[words[1]])
        if not told:
            return {}
        index.append(told[0])
    return {name: torch.tensor(index)}
