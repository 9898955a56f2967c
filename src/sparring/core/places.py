"""Places that people name: how to show them, and whether they can be written before work begins."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from pathlib import Path

from sparring.core import files


def printable(name: str) -> str:
    """A name of a file as it can be shown on one line, with what cannot be printed escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name
    )


def require_writable(folder: Path) -> None:
    """Make sure, before the work begins, that files can be written into `folder`; none stays.

    It is really made, as some file systems refuse what their permissions allow.

    Raises:
        OutOfResources: the disk is full.
        UserError: a file is in the way, or it is not allowed.
    """
    made: list[Path] = []
    with files.writing(folder, 0):
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        there = missing[-1].parent if missing else folder
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{there} is no folder")
        try:
            for path in reversed(missing):
                if not path.is_dir():  # as what stands before ".." now is
                    path.mkdir()
                    made.append(path)
            with tempfile.TemporaryFile(dir=folder):
                pass
        finally:
            for path in reversed(made):
                with contextlib.suppress(OSError):  # somebody else has put something there
                    path.rmdir()
