"""Samples in files that anything may have made: found, checked against the data, and labelled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.generation.model_file import MODEL_FILE
from sparring.modalities import SHEET, Modality

MOST = 1_000_000  # files looked at

Places = Mapping[str, Mapping[str, int]]  # of classes by their words, by label set


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
    """The class of every file, for each of the data's label sets that all of them tell.

    A class is told by a sub-folder of its name, where no other label set has one of that name, or
    by a file name such as `000012-7.png`, or `000012-7-theo.wav` where there are two label sets:
    a number, and then a class of each set in their order.
    """
    everywhere = Counter(text for classes in spec.labels.values() for text in set(classes))
    by_folder: dict[str, Mapping[str, int]] = {}
    by_name: dict[str, Mapping[str, int]] = {}
    for name, classes in spec.labels.items():
        places = {text: index for index, text in enumerate(classes)}
        by_folder[name] = {text: at for text, at in places.items() if everywhere[text] == 1}
        by_name[name] = {re.sub(r"\W|_", "_", text): at for text, at in places.items()}
    told = [
        _in_name(path.stem, by_name) | _in_folders(path.relative_to(folder).parts[:-1], by_folder)
        for path in files
    ]
    return {
        name: torch.tensor([classes[name] for classes in told])
        for name in spec.labels
        if all(name in classes for classes in told)
    }


def _in_name(stem: str, places: Places) -> dict[str, int]:
    """The classes that a file name tells by label set, where it has as many words as there are."""
    words = re.fullmatch(r"\d+-(.+)", stem)
    parts = words[1].split("-") if words else []
    if len(parts) != len(places):
        return {}
    pairs = zip(places.items(), parts, strict=True)
    return {name: known[part] for (name, known), part in pairs if part in known}


def _in_folders(parts: Sequence[str], places: Places) -> dict[str, int]:
    """The classes that sub-folders tell, the outermost of each label set."""
    found: dict[str, int] = {}
    for part in parts:
        for name, known in places.items():
            if part in known:
                found.setdefault(name, known[part])
    return found
