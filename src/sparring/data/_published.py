"""Texts that other people publish: one file of known content, plain or packed with gzip."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sparring.core import files
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import _remote
from sparring.modalities.text import Text

PACKED = ".gz"


@dataclass(frozen=True)
class PublishedText:
    """One published text.

    Attributes:
        folder: where it lies in SPARRING_DATA and in the cache.
        name: its name there when it is plain; packed it ends in ".gz" besides.
        num_bytes: its exact size when it is plain.
        sha256: of the plain content, in hexadecimal.
        urls: addresses that give it plain; none where nobody offers it.
    """

    folder: str
    name: str
    num_bytes: int
    sha256: str
    urls: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether it lies on this machine, packed or plain."""
        return self._found is not None

    @property
    def _found(self) -> Path | None:
        packed = _remote.find(self.folder, self.name + PACKED)
        return packed or _remote.find(self.folder, self.name)

    def read(self) -> str:
        """The text; downloaded where it is not here, never more of it unpacked than it should have.

        Raises:
            BadData: it is damaged or another one; or it is not here, and nobody gives it.
            OutOfResources: the disk is full.
        """
        path = self._found or self._downloaded()
        try:
            with gzip.open(path) if path.suffix == PACKED else path.open("rb") as file:
                content = file.read(self.num_bytes + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadData(f"{path} cannot be read: {error}.") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise BadData(
                f"{path} does not hold the text that was published ({self.num_bytes:,} bytes with "
                f"SHA-256 {self.sha256}); put the right one into its place."
            )
        return content.decode()

    def _downloaded(self) -> Path:
        path = _remote.home(self.folder) / self.name
        if not self.urls:
            raise BadData(
                f"{self.name}{PACKED} is not here and nobody offers it for download; put it into "
                f"the folder {self.folder} of SPARRING_DATA, or into {path.parent}."
            )
        files.download(
            self.urls, path, digest=f"sha256:{self.sha256}", num_bytes=self.num_bytes,
            announce=_remote.announce,
        )  # fmt: skip
        return path


def rows(spec: Spec, texts: Sequence[str]) -> npt.NDArray[np.int32]:
    """Texts that all fit as raw samples [n t]."""
    modality = Text(spec)
    return np.stack([modality.row(text) for text in texts])
