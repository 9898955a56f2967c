"""What was packed once and is found again in the cache, whole or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from sparring.core import files

T = TypeVar("T")

STALE = 24 * 3600  # seconds after which an unfinished pack is nobody's any more
DAMAGED = (OSError, ValueError, KeyError, EOFError)
"""What a loader may raise where nothing, or nothing whole, stands in a folder."""


def kept(
    folder: Path, load: Callable[[Path], T], build: Callable[[Path], None], num_bytes: int
) -> T:
    """What stands in `folder` of the cache; built there where it does not, or is damaged.

    Args:
        folder: where; its name tells everything that the content depends on.
        load: reads it; raises one of `DAMAGED` where that fails.
        build: fills an empty folder.
        num_bytes: that are needed at least.

    Raises:
        OutOfResources: the disk is full.
    """
    try:
        return load(folder)
    except DAMAGED:
        pass  # never packed, or damaged since
    with files.writing(folder, num_bytes):
        files.require_space(folder, num_bytes)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        draft = files.temporary(folder)
        draft.mkdir()
        try:
            build(draft)
            _put_in_place(draft, folder, load)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return load(folder)


def write_rows(
    path: Path,
    blocks: Iterable[npt.NDArray[np.generic]],
    shape: tuple[int, ...],
    dtype: type[np.generic],
) -> int:
    """Write blocks of rows, one after the other, as one array; returns how many rows there are."""
    rows = 0
    with path.open("wb") as file:
        _write_header(file, (0, *shape), dtype)
        start = file.tell()
        for block in blocks:
            assert block.shape[1:] == shape and block.dtype == dtype, "as was promised"
            file.write(block.tobytes())
            rows += len(block)
        file.seek(0)
        _write_header(file, (rows, *shape), dtype)
        assert file.tell() == start, "NumPy leaves room for any first dimension"
    return rows


def _write_header(file: BinaryIO, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    form = np.lib.format.dtype_to_descr(np.dtype(dtype))
    header = {"descr": form, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _put_in_place(draft: Path, folder: Path, load: Callable[[Path], T]) -> None:
    try:
        draft.rename(folder)
    except OSError:
        # Another process was faster, or what stands there is damaged.
        try:
            load(folder)
        except DAMAGED:
            shutil.rmtree(folder)
            draft.rename(folder)
    files.sync_folder(folder.parent)


def _sweep(folder: Path) -> None:
    for draft in folder.glob("*.tmp-*"):
        if time.time() - draft.stat().st_mtime > STALE:
            shutil.rmtree(draft, ignore_errors=True)
