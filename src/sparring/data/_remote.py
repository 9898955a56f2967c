"""Files that other people publish: found on this machine, or fetched once and verified."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
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


@dataclass(frozen=True)
class RemoteArchive:
    """One published archive, packed anew for every download, so that only what is in it counts.

    Attributes:
        name: its name here.
        most: bytes that it has at most.
        urls: addresses that give it.
        check: raises BadData where a file does not hold what was published.
    """

    name: str
    most: int
    urls: tuple[str, ...]
    check: Callable[[Path], None]


def find(folder: str, name: str) -> Path | None:
    """Where a file of that name lies on this machine, whatever is in it; None where it does not."""
    paths = (place / name for place in _places(folder))
    return next((path for path in paths if path.is_file()), None)


def home(folder: str) -> Path:
    """Where files that are downloaded, or put there by hand, have their place."""
    return _places(folder)[-1]


def locate(folder: str, wanted: RemoteFile) -> Path:
    """Where `wanted` lies: in SPARRING_DATA/folder, else in the cache, else downloaded to there.

    What comes from where and how large is said on stderr before anything is downloaded.

    Raises:
        BadData: the file that is there has other content, or no mirror has it.
        OutOfResources: the disk is full.
    """
    found = find(folder, wanted.name)
    if found is not None:
        _verify(found, wanted)
        return found
    path = home(folder) / wanted.name
    files.download(
        [mirror + wanted.name for mirror in wanted.mirrors],
        path,
        digest=f"sha256:{wanted.sha256}",
        num_bytes=wanted.num_bytes,
        announce=announce,
    )
    return path


def locate_archive(folder: str, wanted: RemoteArchive) -> Path:
    """Where `wanted` lies, as `locate`; one that is here already is left for its reader to check.

    Raises:
        BadData: no address gives an archive with the right content.
        OutOfResources: the disk is full.
    """
    found = find(folder, wanted.name)
    if found is not None:
        return found
    path = home(folder) / wanted.name
    files.download_checked(
        wanted.urls, path, check=wanted.check, most=wanted.most, announce=announce
    )
    return path


def announce(line: str) -> None:
    """Say on stderr what is downloaded."""
    print(line, file=sys.stderr, flush=True)


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
