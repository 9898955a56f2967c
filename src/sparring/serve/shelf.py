"""Files that are kept for a while behind names that nobody can guess."""

from __future__ import annotations

import re
import secrets
import threading
import time
from pathlib import Path

from sparring.core import files
from sparring.core.errors import UserError
from sparring.serve.limits import FILE_LIFETIME, LARGEST_SHELF

NAME = re.compile(r"file-[0-9a-f]{32}(\.[a-z0-9]{1,5})?")


class UnknownFile(UserError):
    """There is no such file, or no more."""


class Shelf:
    """A folder of such files, of limited size.

    Args:
        folder: theirs alone; made where missing.
        lifetime: seconds that each is kept.
        largest: bytes of all together, beyond which the oldest make room.
    """

    def __init__(
        self, folder: Path, *, lifetime: float = FILE_LIFETIME, largest: int = LARGEST_SHELF
    ) -> None:
        self._folder, self._lifetime, self._largest = folder, lifetime, largest
        self._lock = threading.Lock()

    def put(self, content: bytes, suffix: str) -> str:
        """Keep a file; returns its name.

        Raises:
            OutOfResources: the disk is full.
            UserError: it is larger than all of them may be.
        """
        if len(content) > self._largest:
            raise UserError(f"A file of {len(content):,} bytes is too large to be kept.")
        name = f"file-{secrets.token_hex(16)}{suffix}"
        with self._lock:
            self._make_room(len(content))
            files.atomic_write(self._folder / name, content)
        return name

    def get(self, name: str) -> bytes:
        """What lies under a name.

        Raises:
            UnknownFile: nothing, or no more.
        """
        try:
            if NAME.fullmatch(name):
                path = self._folder / name
                if time.time() - path.stat().st_mtime <= self._lifetime:
                    return path.read_bytes()
        except FileNotFoundError:
            pass
        raise UnknownFile(
            f"There is no file {name!r}; files are kept for {self._lifetime / 60:g} minutes."
        )

    def _make_room(self, num_bytes: int) -> None:
        found = [(p.stat().st_mtime, p.stat().st_size, p) for p in self._folder.glob("file-*")]
        found.sort()
        total = sum(size for _, size, _ in found)
        for when, size, path in found:
            if time.time() - when > self._lifetime or total + num_bytes > self._largest:
                path.unlink(missing_ok=True)
                total -= size
