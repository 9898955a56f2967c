"""What all data sets in somebody's folder or zip archive share."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from sparring.data import Dataset, Samples, Split
from sparring.data._listing import listed
from sparring.data._pack import Pack, Packer, packed


class Folder(Dataset, ABC):
    """Files of one kind in a folder or zip archive, packed when they are first asked for.

    Args:
        path: the folder or zip archive.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()

    @abstractmethod
    def packer(self) -> Packer:
        """How the files become samples."""

    @property
    def licence(self) -> str:
        """What lies beside the files; nobody else can know."""
        with listed(self.path) as listing:
            name = listing.licence
        return f"see {name} in {self.path}" if name else "unknown: no licence file lies beside them"

    @property
    def source(self) -> str:
        """Where the files lie."""
        return f"{len(self.report['files']):,} {self.packer().many} in {self.path.absolute()}"

    @property
    def report(self) -> dict[str, Any]:
        """What became of the files: settings, split, conversions, quarantined, files and so on."""
        return self.pack.facts

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The label set "class", where there are sub-folders to name it."""
        classes = self.report["classes"]
        return {"class": tuple(classes)} if classes else {}

    def split(self, part: Split) -> Samples:
        """Views of the packed array, in the order of `report["files"]`, train part first."""
        border = self.report["split"]["train"]
        share = slice(0, border) if part == "train" else slice(border, None)
        labels = {"class": self.pack.labels[share]} if self.labels else {}
        return Samples(self.pack.values[share], labels)

    @functools.cached_property
    def pack(self) -> Pack:
        """The packed files, from the cache or made now."""
        return packed(self.path, self.packer())
