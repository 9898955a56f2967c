"""Files that other people publish: found on this machine, or fetched once and verified."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from sparring.core import files
from sparring.core.errors import BadData


@dataclass(frozen=True)
class RemoteFile:
    """One published file of known content.

    Attributes:
        name: its name, here and on every mirror.
        num_bytes: its exact size.
        sha256: of its content, in hexadecimal.
        mirrors: addresses of folders that hold it, each ending in "/".
    """

    name: str
    num_bytes: int
    sha256: str
    mirrors: tuple[str, ...]


def find(folder: str, wanted: RemoteFile) -> Path | None:
    """Where `wanted` lies on this machine, whatever is in it; None where it does not."""
    paths = (place / wanted.name for place in _places(folder))
    return next((path for path in paths if path.is_file()), None)


def locate(folder: str, wanted: RemoteFile) -> Path:
    """Where `wanted` lies: in SPARRING_DATA/folder, else in the cache, else downloaded to there.

    What comes from where and how large is said on stderr before anything is downloaded.

    Raises:
        BadData: the file that is there has other content, or no mirror has it.
        OutOfResources: the disk is full.
    """
    found = find(folder, wanted)
    if found is not None:
        _verify(found, wanted)
        return found
    path = _places(folder)[-1] / wanted.name
    files.download(
        [mirror + wanted.name for mirror in wanted.mirrors],
        path,
        digest=f"sha256:{wanted.sha256}",
        num_bytes=wanted.num_bytes,
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )
    return path


def _places(folder: str) -> list[Path]:
    """Where files are looked for; the last one is where they are downloaded to."""
    own = os.environ.get("SPARRING_DATA")
    places = [Path(own) / folder] if own else []
    return [*places, files.cache_dir() / "data" / folder]


def _verify(path: Path, wanted: RemoteFile) -> None:
    if path.stat().st_size != wanted.num_bytes or files.sha256(path) != wanted.sha256:
        raise BadData(
            f"{path} is not the file that was published ({wanted.num_bytes:,} bytes with SHA-256 "
            f"{wanted.sha256}); delete it and it is downloaded anew."
        )
