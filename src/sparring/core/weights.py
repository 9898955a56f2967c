"""Weights in and out: safetensors with JSON in the header, and never a pickle."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sparring.core import files
from sparring.core.errors import BadData

PICKLES = {".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin"}
FORMAT = "sparring 1"
LENGTH = 8  # bytes that tell how long the header is
NAMED_AT_MOST = 3  # differences spelled out in one message


def write(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write `tensors` atomically; `header` values are stored as JSON texts by key.

    Raises:
        OutOfResources: the disk is full; what stood at `path` before still stands.
    """
    # A file without any header or tensor would be one that no reader accepts.
    header = {"format": FORMAT, **header}
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    stored = memoryview(save(plain, {key: json.dumps(v) for key, v in header.items()}))
    with files.writing(path, len(stored)), files.replacing(path) as file:
        end = LENGTH + int.from_bytes(stored[:LENGTH], "little")
        file.write(_in_order(bytes(stored[LENGTH:end])))
        file.write(stored[end:])


def _in_order(header: bytes) -> bytes:
    """A header, with its length, whose keys are sorted: a model saved twice is the same file."""
    ordered = json.dumps(json.loads(header), sort_keys=True, separators=(",", ":")).encode()
    ordered += b" " * (-len(ordered) % LENGTH)  # tensors begin at a multiple of eight
    return len(ordered).to_bytes(LENGTH, "little") + ordered


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the header that `write` stored.

    Raises:
        BadData: no such file, a pickle (which could run code), or a damaged file.
    """
    with _opened(path) as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        return tensors, _header(stored)


def read_header(path: Path) -> dict[str, Any]:
    """The header alone, which takes no memory for tensors.

    Raises:
        BadData: as `read`.
    """
    with _opened(path) as stored:
        return _header(stored)


def read_card(path: Path, names: Iterable[str]) -> dict[str, Any]:
    """The papers of the weights in `path`, from the JSON file beside it.

    Args:
        path: of the weights.
        names: what the papers have to tell; they may tell more.

    Raises:
        BadData: no such file, or something is not in it.
    """
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise BadData(f"{path} has no usable card: there is no {beside.name} beside it.")
    try:
        card = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path} has no usable card: {beside.name} is no JSON ({error}).") from error
    told = card if isinstance(card, dict) else {}
    missing = [name for name in names if name not in told]
    if missing:
        some = ", ".join(missing[:NAMED_AT_MOST]) + (", ..." if missing[NAMED_AT_MOST:] else "")
        raise BadData(f"{path} has no usable card: {beside.name} does not tell {some}.")
    return told


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise BadData(f"There is no weights file {path}.")
    with path.open("rb") as file:
        magic = file.read(9)
    # Eight bytes of length come first, which may look like anything, and then always a brace.
    looks = magic[8:] != b"{" and (magic[:1] == b"\x80" or magic[:2] == b"PK")
    if path.suffix.lower() in PICKLES or looks:
        raise BadData(
            f"{path} is a pickle, which can run code when read; only safetensors files are loaded."
        )
    try:
        with safe_open(path, framework="pt") as stored:
            yield stored
    except (SafetensorError, ValueError, RecursionError, OSError) as error:
        raise BadData(f"{path} is damaged or no safetensors file: {error}.") from error


def _header(stored: Any) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in (stored.metadata() or {}).items()}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], origin: str) -> None:
    """Put `tensors` into `module`, all or nothing.

    Raises:
        BadData: names or shapes differ; the first differences are named and nothing is loaded.
    """
    require_fit(module, tensors, origin)
    module.load_state_dict(dict(tensors))


def require_fit(module: nn.Module, tensors: Mapping[str, Tensor], origin: str) -> None:
    """Make sure that `tensors` would fill `module`, which may lie on the device "meta".

    Raises:
        BadData: names or shapes differ; the first differences are named.
    """
    own = module.state_dict()
    differences = [f"{name} is missing" for name in own if name not in tensors]
    differences += [f"{name} is unknown" for name in tensors if name not in own]
    differences += [
        f"{name} is {list(tensors[name].shape)}, not {list(own[name].shape)}"
        for name in own
        if name in tensors and tensors[name].shape != own[name].shape
    ]
    if differences:
        named = "; ".join(differences[:NAMED_AT_MOST])
        more = f" and {len(differences) - NAMED_AT_MOST} more" * (len(differences) > NAMED_AT_MOST)
        raise BadData(f"{origin} does not fit this network: {named}{more}.")


def select(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
