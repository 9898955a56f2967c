"""The files in somebody's folder or zip archive, with nothing trusted and nothing unpacked."""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath

from sparring.core import places
from sparring.core.errors import BadData
from sparring.modalities import SHEET

MAX_ENTRIES = 1_000_000
MAX_FILE = 200_000_000  # bytes of one file
MAX_TOTAL = 100_000_000_000  # bytes of an archive once unpacked
MAX_RATIO = 200  # unpacked to packed; pictures and sound hardly shrink at all
HARMLESS = 50_000_000  # unpacked bytes below which no ratio is a danger
LICENCES = ("licence", "license", "copying")


@dataclass(frozen=True)
class Entry:
    """One file.

    Attributes:
        name: its path inside the folder or archive with "/" between parts; printable.
        num_bytes: its size as the folder or archive states it.
        read: its content; raises BadData with the bare reason where that fails.
    """

    name: str
    num_bytes: int
    read: Callable[[], bytes]

    @property
    def is_sheet(self) -> bool:
        """Whether it is, by name, a sheet of samples that `sparring generate` wrote."""
        return self.name.split("/")[-1] == SHEET


@dataclass(frozen=True)
class Listing:
    """What a folder or an archive holds.

    Attributes:
        entries: regular files, sorted by name, hidden ones left aside.
        refused: why other things are not used, by name (links that lead outside, devices).
        licence: name of the licence file at the top, "" where there is none.
    """

    entries: tuple[Entry, ...]
    refused: Mapping[str, str]
    licence: str


@contextlib.contextmanager
def listed(path: Path) -> Iterator[Listing]:
    """The files in the folder or zip archive `path`, readable while the block runs.

    Links are followed only to files that lie inside the same folder.

    Raises:
        BadData: neither a folder nor an intact zip archive; or an archive that is encrypted, has
            too many files, unpacks to too much, or names a link or a place outside of itself.
    """
    if path.is_dir():
        entries, refused = _walk(path)
        yield _sorted(entries, refused)
    elif not path.exists():
        raise BadData(f"There is no file, folder or zip archive {path.absolute()}.")
    elif not path.is_file() or not zipfile.is_zipfile(path):
        raise BadData(f"{path} is neither a folder nor a zip archive.")
    else:
        with contextlib.closing(_opened(path)) as archive:
            yield _sorted(_members(path, archive), {})


def _sorted(entries: list[Entry], refused: Mapping[str, str]) -> Listing:
    entries = sorted(entries, key=lambda entry: entry.name)
    at_top = (entry.name for entry in entries if "/" not in entry.name)
    licence = next((name for name in at_top if name.lower().startswith(LICENCES)), "")
    return Listing(tuple(entries), refused, licence)


def _walk(root: Path) -> tuple[list[Entry], dict[str, str]]:
    inside = root.resolve()
    entries: list[Entry] = []
    refused: dict[str, str] = {}

    def cannot_enter(error: OSError) -> None:
        shown = places.printable(Path(error.filename).relative_to(root).as_posix())
        refused[shown] = f"a folder that cannot be entered: {error.strerror}"

    for folder, folders, names in os.walk(root, onerror=cannot_enter):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in folders + sorted(names):
            path = Path(folder, name)
            shown = places.printable(path.relative_to(root).as_posix())
            if _is_hidden(name) or (path.is_dir() and not path.is_symlink()):
                continue
            reason = _refusal(path, inside)
            if reason:
                refused[shown] = reason
            else:
                size = path.stat().st_size
                entries.append(Entry(shown, size, partial(_read_file, path, size)))
            if len(entries) > MAX_ENTRIES:
                raise BadData(f"{root} holds more than {MAX_ENTRIES:,} files.")
    return entries, refused


def _refusal(path: Path, inside: Path) -> str:
    try:
        if path.is_symlink():
            if not path.resolve(strict=True).is_relative_to(inside):
                return "a link that leads out of the folder"
            if path.is_dir():
                return "a link to a folder, which is not followed"
        if not stat.S_ISREG(path.stat().st_mode):
            return "no regular file"
    except (OSError, RuntimeError) as error:
        return f"cannot be looked at: {error}"
    return ""


def _read_file(path: Path, num_bytes: int) -> bytes:
    _check_bytes(num_bytes)
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE)
    except OSError as error:
        raise BadData(f"cannot be read: {error.strerror}") from error


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except Exception as error:
        # A directory made of foreign bytes raises nearly anything; all of it means the same.
        raise BadData(f"{path} is no intact zip archive: {error}.") from error


def _members(path: Path, archive: zipfile.ZipFile) -> list[Entry]:
    if not all(info.filename for info in archive.infolist()):
        raise BadData(f"{path} is no intact zip archive: a file in it has no name.")
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_ENTRIES:
        raise BadData(f"{path} holds {len(infos):,} files; {MAX_ENTRIES:,} are allowed.")
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL:
        raise BadData(f"{path} unpacks to {total:,} bytes; {MAX_TOTAL:,} are allowed.")
    # Against the archive's own size, as entries may share their packed bytes.
    for packed, unpacked in [
        (path.stat().st_size, total),
        *((info.compress_size, info.file_size) for info in infos),
    ]:
        if unpacked > HARMLESS and unpacked > MAX_RATIO * packed:
            raise BadData(
                f"{path} is a decompression bomb: {packed:,} bytes in it unpack to {unpacked:,}."
            )
    entries = []
    for info in infos:
        name = info.filename.replace("\\", "/")
        shown = places.printable(name)
        windows = PureWindowsPath(name)
        if windows.root or windows.drive or ".." in name.split("/"):
            raise BadData(f"{path} names a place outside of itself: {shown}.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BadData(f"{path} holds a link ({shown}); pack the files themselves.")
        if info.flag_bits & 1:
            raise BadData(f"{path} is encrypted ({shown}); pack it without a password.")
        if not any(_is_hidden(part) for part in name.split("/")):
            entries.append(Entry(shown, info.file_size, partial(_read_member, archive, info)))
    return entries


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_bytes(info.file_size)
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except Exception as error:
        # Any codec and any header may be broken here, each in its own way.
        raise BadData(f"cannot be unpacked: {error or type(error).__name__}") from error


def _check_bytes(num_bytes: int) -> None:
    if num_bytes > MAX_FILE:
        raise BadData(f"{num_bytes:,} bytes; {MAX_FILE:,} are allowed")


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) or name in ("Thumbs.db", "desktop.ini")
