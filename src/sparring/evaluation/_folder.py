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
from sparring.data._gather import claims_to_be_picture
from sparring.generation.sampler import MODEL_FILE
from sparring.modalities import Modality, _decode

MOST = 1_000_000  # files looked at
SHEET = "sheet.png"  # which `sparring generate` writes beside the samples
HEAD = 16  # bytes that tell what a file is


def holds_samples(path: Path) -> bool:
    """Whether this is a folder, and neither a run nor a model."""
    signs = ("recipe.json", MODEL_FILE, f"model/{MODEL_FILE}", "config.json")
    return path.is_dir() and not any((path / sign).exists() for sign in signs)


def found(folder: Path, suffix: str) -> list[Path]:
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
        if path.is_file() and path.name != SHEET and not hidden and _is_sample(path, suffix):
            samples.append(path)
    if not samples:
        raise BadData(f"{folder} holds no samples: no picture or {suffix} file lies in it.")
    return samples


def chosen(samples: Sequence[Path], count: int, seed: int) -> list[Path]:
    """At most `count` of the samples, drawn at random and in the order that they are in."""
    if len(samples) <= count:
        return list(samples)
    order = Streams(seed).permutation("files", len(samples))[:count]
    return [samples[i] for i in sorted(order.tolist())]


def sample(path: Path, spec: Spec, modality: Modality) -> Tensor:
    """One raw sample, exactly as the file has it.

    Raises:
        BadData: it cannot be read, or is of another size or has other channels than the data.
    """
    raw = modality.read(path)
    content = path.read_bytes()
    if _decode.sniff(content[:HEAD]):
        _require_channels(path, content, spec)
    return raw


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


def _is_sample(path: Path, suffix: str) -> bool:
    if path.suffix.lower() == suffix:
        return True
    try:
        with path.open("rb") as file:
            return claims_to_be_picture(path.name, file.read(HEAD))
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror}.") from error


def _require_channels(path: Path, content: bytes, spec: Spec) -> None:
    """Gray pictures that were saved in colour are gray; nothing else is brought into shape."""
    wanted = spec.shape[0] if spec.shape[0] in _decode.MODES else 1
    picture = _decode.decode(content).picture
    has = len(picture.getbands())
    if has == wanted:
        return
    if has == 4 and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
        has = 3
    if has == 3 and wanted == 1:
        red, green, blue = (band.tobytes() for band in picture.split())
        if red == green == blue:
            return
    if has != wanted:
        kinds = {1: "gray", 3: "in colour", 4: "in colour with transparency"}
        raise BadData(f"{path} is {kinds[has]}; the data it is compared with are {kinds[wanted]}.")
