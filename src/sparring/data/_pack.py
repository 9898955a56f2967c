"""Files of one kind, in all forms and sizes, packed once into one array on disk."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from sparring.core import files
from sparring.core.errors import BadData
from sparring.data._gather import Found, classes_of, find, shares_of
from sparring.data._listing import Entry, Listing, listed
from sparring.data._shelf import kept, write_rows


class Packer(ABC):
    """How files of one kind become rows of one array.

    Args:
        settings: what the rows depend on beside the files, as plain JSON.
        test_share: share of the files in the test part.
    """

    one: ClassVar[str]
    """What a file is called in complaints, such as "picture"."""
    many: ClassVar[str]
    """The same for several."""
    formats: ClassVar[str]
    """The formats that are read, such as "PNG or GIF"."""
    version: ClassVar[int]
    """Of the way files are packed; a higher one packs anew."""
    dtype: ClassVar[type[np.generic]]
    """Of the array."""

    def __init__(self, settings: Mapping[str, Any], test_share: float) -> None:
        self.settings = settings
        self.test_share = test_share

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one row; known once all files were looked at."""

    @property
    @abstractmethod
    def tools(self) -> Mapping[str, str]:
        """What else the rows depend on: filters and versions of libraries, for the report."""

    @abstractmethod
    def claims(self, name: str, content: bytes) -> bool:
        """Whether a file is of this kind, by its content or at least by its name."""

    @abstractmethod
    def look(self, content: bytes) -> None:
        """A first look at the header. Raises BadData, with the bare reason, where it is no use."""

    @abstractmethod
    def pack(self, content: bytes) -> tuple[npt.NDArray[np.generic], Sequence[str]]:
        """The row that a file becomes, and every step that was taken. Raises BadData likewise."""


@dataclass(frozen=True)
class Pack:
    """Packed files, those of the train part first.

    Attributes:
        values: one row a file, memory-mapped.
        labels: the class of each.
        facts: what `pack.json` says: classes, files, conversions, quarantined, split and so on.
    """

    values: npt.NDArray[np.generic]
    labels: npt.NDArray[np.int64]
    facts: dict[str, Any]


def packed(path: Path, packer: Packer) -> Pack:
    """What a folder or zip archive holds, from the cache where it was packed before.

    Raises:
        BadData: fewer than two different usable files, or not a folder or archive.
        OutOfResources: the disk is full.
    """
    with listed(path) as listing:
        found = find(listing, packer.claims, packer.look)
        classes_of(path, found.digests, packer.many)
        key = [packer.version, packer.settings, found.digests, sorted(found.quarantined)]
        digest = hashlib.sha256(json.dumps([*key, found.others]).encode()).hexdigest()
        folder = files.cache_dir() / "packs" / f"{packer.many}-{digest[:32]}"

        def build(draft: Path) -> None:
            facts = _build(path, listing, found, packer, draft)
            _tell(facts, folder)

        return kept(folder, _load, build, _num_bytes(found, packer))


def _num_bytes(found: Found, packer: Packer) -> int:
    row = math.prod(packer.shape) * np.dtype(packer.dtype).itemsize
    return len(found.digests) * row + 1_000_000


def _load(folder: Path) -> Pack:
    facts = json.loads((folder / "pack.json").read_text())
    # Copy-on-write: the file stays as it is, and torch takes the array without a warning.
    values = np.load(folder / "values.npy", mmap_mode="c", allow_pickle=False)
    labels = np.load(folder / "labels.npy", allow_pickle=False)
    if not len(values) == len(labels) == len(facts["files"]):
        raise ValueError(f"{folder} is damaged")
    return Pack(values, labels, facts)


def _build(
    path: Path, listing: Listing, found: Found, packer: Packer, draft: Path
) -> dict[str, Any]:
    num_bytes = _num_bytes(found, packer)
    if found.digests:
        print(
            f"Packing {len(found.digests):,} {packer.many} of {path} as "
            f"{' x '.join(map(str, packer.shape))} into {draft.parent} ({num_bytes / 1e6:.1f} MB)",
            file=sys.stderr,
            flush=True,
        )
    entries = {entry.name: entry for entry in listing.entries}
    shares = shares_of(found.digests)
    order = sorted(found.digests, key=lambda name: (-shares[name], name))
    names: list[str] = []
    rows = _rows([entries[name] for name in order], found, packer, names)
    write_rows(draft / "values.npy", rows, packer.shape, packer.dtype)
    _check_usable(path, found, names, draft / "values.npy", packer)
    facts, labels = _describe(path, found, names, shares, packer)
    np.save(draft / "labels.npy", labels)
    files.atomic_write(draft / "pack.json", json.dumps(facts, indent=1).encode())
    return facts


def _rows(
    entries: Sequence[Entry], found: Found, packer: Packer, names: list[str]
) -> Iterator[npt.NDArray[np.generic]]:
    """One row of each file that decodes; their names are added to `names`."""
    for entry in entries:
        try:
            content = entry.read()
            if hashlib.sha256(content).hexdigest() != found.digests[entry.name]:
                raise BadData("changed while it was read")
            row, steps = packer.pack(content)
        except BadData as reason:
            found.quarantined[entry.name] = str(reason)
            continue
        found.conversions.update(steps)
        names.append(entry.name)
        yield row[None]


def _check_usable(
    path: Path, found: Found, names: list[str], values_path: Path, packer: Packer
) -> None:
    aside = f"Files that cannot be used: {len(found.quarantined)}"
    if found.quarantined:
        name, reason = next(iter(found.quarantined.items()))
        aside += f" (first: {name}: {reason})"
    if not names:
        raise BadData(
            f"{path} holds no usable {packer.formats} {packer.many}; at least 2 are needed. "
            f"{aside}; of another kind: {found.others}."
        )
    if len(names) == 1:
        raise BadData(f"{path} holds only 1 usable {packer.one}; at least 2 are needed. {aside}.")
    values = np.load(values_path, mmap_mode="r")
    if all(np.array_equal(values[0], value) for value in values[1:]):
        raise BadData(
            f"All {len(names)} {packer.many} of {path} are the same; 2 different ones are needed."
        )


def _describe(
    path: Path, found: Found, names: list[str], shares: dict[str, float], packer: Packer
) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    of_file = classes_of(path, names, packer.many)
    classes = sorted(set(of_file.values()) - {""})
    labels = [classes.index(of_file[name]) if classes else 0 for name in names]
    num_train = sum(shares[name] >= packer.test_share for name in names)
    num_train = min(max(num_train, 1), len(names) - 1)
    facts = {
        "version": packer.version,
        "path": str(path.absolute()),
        "settings": packer.settings,
        **packer.tools,
        "classes": classes,
        "split": {
            "rule": "test where SHA-256(relative path) / 2^256 < test_share; at least 1 in each",
            "train": num_train,
            "test": len(names) - num_train,
        },
        "conversions": dict(sorted(found.conversions.items())),
        "quarantined": found.quarantined,
        "others": found.others,
        "files": names,
    }
    return facts, np.array(labels, dtype=np.int64)


def _tell(facts: dict[str, Any], folder: Path) -> None:
    if facts["quarantined"]:
        name, reason = next(iter(facts["quarantined"].items()))
        print(
            f"Files that cannot be used: {len(facts['quarantined'])}; first: {name}: {reason}. "
            f"All are named in {folder / 'pack.json'}",
            file=sys.stderr,
            flush=True,
        )
