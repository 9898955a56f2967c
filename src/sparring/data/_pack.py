"""Pictures of all kinds and sizes, packed once into one array on disk."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import PIL

from sparring.core import files
from sparring.core.errors import BadData
from sparring.data._gather import Found, classes_of, find, shares_of
from sparring.data._listing import Entry, Listing, listed
from sparring.modalities import _decode

VERSION = 1  # of the way pictures are packed; a higher one packs anew
FILTER = "Lanczos (Pillow, antialiased)"
STALE = 24 * 3600  # seconds after which an unfinished pack is nobody's any more


@dataclass(frozen=True)
class Settings:
    """How pictures are brought to one shape; `channels` 0 takes what the richest one has."""

    height: int
    width: int
    channels: int
    fit: Literal["crop", "pad", "stretch"]
    test_share: float


@dataclass(frozen=True)
class Pack:
    """Packed pictures, those of the train part first.

    Attributes:
        values: [n, c, h, w], memory-mapped.
        labels: the class of each.
        facts: what `pack.json` says: classes, files, conversions, quarantined, split and so on.
    """

    values: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    facts: dict[str, Any]


def packed(path: Path, settings: Settings) -> Pack:
    """The pictures of a folder or zip archive, from the cache where they were packed before.

    Raises:
        BadData: fewer than two different usable pictures, or not a folder or archive.
        OutOfResources: the disk is full.
    """
    with listed(path) as listing:
        found = find(listing)
        classes_of(path, found.digests)
        key = [VERSION, asdict(settings), found.digests, sorted(found.quarantined), found.others]
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
        folder = files.cache_dir() / "packs" / f"pictures-{digest[:32]}"
        try:
            return _load(folder)
        except (OSError, ValueError, KeyError, EOFError):
            pass  # never packed, or damaged since
        with files.writing(folder, _num_bytes(found, settings)):
            return _build(path, listing, found, settings, folder)


def _num_bytes(found: Found, settings: Settings) -> int:
    channels = settings.channels or found.channels
    return len(found.digests) * channels * settings.height * settings.width + 1_000_000


def _load(folder: Path) -> Pack:
    facts = json.loads((folder / "pack.json").read_text())
    # Copy-on-write: the file stays as it is, and torch takes the array without a warning.
    values = np.load(folder / "values.npy", mmap_mode="c", allow_pickle=False)
    labels = np.load(folder / "labels.npy", allow_pickle=False)
    if not len(values) == len(labels) == len(facts["files"]):
        raise ValueError(f"{folder} is damaged")
    return Pack(values, labels, facts)


def _build(path: Path, listing: Listing, found: Found, settings: Settings, folder: Path) -> Pack:
    shape = (settings.channels or found.channels, settings.height, settings.width)
    num_bytes = _num_bytes(found, settings)
    files.require_space(folder, num_bytes)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    print(
        f"Packing {len(found.digests):,} pictures of {path} as {' x '.join(map(str, shape))} "
        f"into {folder} ({num_bytes / 1e6:.1f} MB)",
        file=sys.stderr,
        flush=True,
    )
    draft = files.temporary(folder)
    draft.mkdir()
    try:
        entries = {entry.name: entry for entry in listing.entries}
        shares = shares_of(found.digests)
        order = sorted(found.digests, key=lambda name: (-shares[name], name))
        with (draft / "values.npy").open("wb") as file:
            names = _write_values(file, [entries[name] for name in order], found, shape, settings)
        _check_usable(path, found, names, draft / "values.npy")
        facts, labels = _describe(path, found, names, shares, settings)
        np.save(draft / "labels.npy", labels)
        files.atomic_write(draft / "pack.json", json.dumps(facts, indent=1).encode())
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _tell(facts, folder)
    return _load(folder)


def _write_values(
    file: BinaryIO,
    entries: Sequence[Entry],
    found: Found,
    shape: tuple[int, int, int],
    settings: Settings,
) -> list[str]:
    """Write the array of all pictures that decode; returns their names in order."""
    names: list[str] = []
    _write_header(file, (len(entries), *shape))
    start = file.tell()
    for entry in entries:
        try:
            pixels = _pixels(entry, found, shape[0], settings)
        except BadData as reason:
            found.quarantined[entry.name] = str(reason)
            continue
        file.write(pixels.tobytes())
        names.append(entry.name)
    file.seek(0)
    _write_header(file, (len(names), *shape))
    assert file.tell() == start, "NumPy leaves room for any first dimension"
    return names


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _pixels(entry: Entry, found: Found, channels: int, settings: Settings) -> npt.NDArray[np.uint8]:
    content = entry.read()
    if hashlib.sha256(content).hexdigest() != found.digests[entry.name]:
        raise BadData("changed while it was read")
    decoded = _decode.decode(content)
    small = decoded.picture.width < settings.width or decoded.picture.height < settings.height
    picture, lost = _decode.with_channels(decoded.picture, channels)
    picture = _decode.fitted(picture, settings.height, settings.width, settings.fit)
    found.conversions.update((*decoded.conversions, *lost, *(["enlarged"] if small else [])))
    pixels = np.asarray(picture).reshape(settings.height, settings.width, channels)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _check_usable(path: Path, found: Found, names: list[str], values_path: Path) -> None:
    aside = f"Files that cannot be used: {len(found.quarantined)}"
    if found.quarantined:
        name, reason = next(iter(found.quarantined.items()))
        aside += f" (first: {name}: {reason})"
    if not names:
        raise BadData(
            f"{path} holds no usable PNG, JPEG, WebP, BMP or GIF pictures; at least 2 are needed. "
            f"{aside}; of another kind: {found.others}."
        )
    if len(names) == 1:
        raise BadData(f"{path} holds only 1 usable picture; at least 2 are needed. {aside}.")
    values = np.load(values_path, mmap_mode="r")
    if all(np.array_equal(values[0], value) for value in values[1:]):
        raise BadData(
            f"All {len(names)} pictures of {path} are the same; 2 different ones are needed."
        )


def _describe(
    path: Path, found: Found, names: list[str], shares: dict[str, float], settings: Settings
) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    of_file = classes_of(path, names)
    classes = sorted(set(of_file.values()) - {""})
    labels = [classes.index(of_file[name]) if classes else 0 for name in names]
    num_train = sum(shares[name] >= settings.test_share for name in names)
    num_train = min(max(num_train, 1), len(names) - 1)
    facts = {
        "version": VERSION,
        "path": str(path.absolute()),
        "settings": asdict(settings),
        "filter": FILTER,
        "pillow": PIL.__version__,
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


def _put_in_place(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        # Another process was faster, or what stands there is damaged.
        try:
            _load(folder)
        except (OSError, ValueError, KeyError, EOFError):
            shutil.rmtree(folder)
            draft.rename(folder)
    files.sync_folder(folder.parent)


def _sweep(folder: Path) -> None:
    for draft in folder.glob("*.tmp-*"):
        if time.time() - draft.stat().st_mtime > STALE:
            shutil.rmtree(draft, ignore_errors=True)


def _tell(facts: dict[str, Any], folder: Path) -> None:
    if facts["quarantined"]:
        name, reason = next(iter(facts["quarantined"].items()))
        print(
            f"Files that cannot be used: {len(facts['quarantined'])}; first: {name}: {reason}. "
            f"All are named in {folder / 'pack.json'}",
            file=sys.stderr,
            flush=True,
        )
