"""The IDX format of MNIST and its descendants (http://yann.lecun.com/exdb/mnist/)."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sparring.core.errors import BadData
from sparring.data import Samples, Split
from sparring.data._remote import RemoteFile, find, locate

BYTES = 0x08  # the format's code for unsigned bytes, the only type these sets use


@dataclass(frozen=True)
class Archive:
    """The four files of one set in the manner of MNIST.

    Attributes:
        folder: name of the set's folder in SPARRING_DATA and in the cache.
        files: images and labels of each split.
    """

    folder: str
    files: dict[Split, tuple[RemoteFile, RemoteFile]]


def archive(folder: str, mirrors: Sequence[str], contents: dict[str, tuple[int, str]]) -> Archive:
    """The Archive of `contents`: for each of the four usual names its size and SHA-256."""

    def file(name: str) -> RemoteFile:
        return RemoteFile(name, *contents[name], mirrors=tuple(mirrors))

    def pair(prefix: str) -> tuple[RemoteFile, RemoteFile]:
        return file(f"{prefix}-images-idx3-ubyte.gz"), file(f"{prefix}-labels-idx1-ubyte.gz")

    return Archive(folder, {"train": pair("train"), "test": pair("t10k")})


def is_here(archive: Archive) -> bool:
    """Whether all files of both splits lie on this machine."""
    return all(
        find(archive.folder, file.name) is not None
        for pair in archive.files.values()
        for file in pair
    )


def load(archive: Archive, part: Split, label_set: str, num_classes: int) -> Samples:
    """One split: images [n, 1, h, w] and their classes.

    Raises:
        BadData: a file is missing everywhere, is damaged, or does not fit its companion.
    """
    images, labels = (read(locate(archive.folder, file)) for file in archive.files[part])
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) or not len(labels):
        raise BadData(
            f"The {part} part of {archive.folder} has images {images.shape} "
            f"but labels {labels.shape}."
        )
    if labels.max() >= num_classes:
        raise BadData(f"The {part} part of {archive.folder} has a label {labels.max()}.")
    return Samples(images[:, None], {label_set: labels.astype(np.int64)})


def read(path: Path) -> npt.NDArray[np.uint8]:
    """The array in a gzipped IDX file, to the byte.

    Raises:
        BadData: not gzip, not IDX of unsigned bytes, or longer or shorter than its header says.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{path} is no intact gzip file: {error}.") from error
    return parse(content, path.name)


def parse(content: bytes, name: str) -> npt.NDArray[np.uint8]:
    """The array in the bytes of an IDX file; `name` is for complaints.

    Raises:
        BadData: not IDX of unsigned bytes, or longer or shorter than its header says.
    """
    head = content[:4]
    if len(head) < 4 or head[:3] != bytes([0, 0, BYTES]) or head[3] == 0:
        raise BadData(f"{name} is no IDX file of bytes: it begins with {head!r}.")
    start = 4 + 4 * head[3]
    if len(content) < start:
        raise BadData(f"{name} ends within its header.")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", head[3], offset=4))
    if len(content) - start != math.prod(shape):
        raise BadData(
            f"{name} speaks of {math.prod(shape):,} bytes but holds {len(content) - start:,}."
        )
    # A copy, because arrays over bytes cannot be written and torch warns of them.
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()
