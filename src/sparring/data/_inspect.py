"""A look at a folder of pictures before anyone trains on it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Pictures

from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data._gather import classes_of, is_example
from sparring.data._listing import Entry, listed
from sparring.modalities import _decode
from sparring.modalities.image import Image

NEAR = 2  # bits of 64 that may differ between near duplicates
SHOWN = 64  # pictures on the contact sheet
THUMB = 64  # pixels of a side of each of them
NAMED = 5  # examples spelled out in a plain text
FEW = 500  # pictures below which a generator mostly learns them by heart
UNEVEN = 10  # largest class over smallest one


@dataclass(frozen=True)
class FolderReport:
    """What was found.

    Attributes:
        path: the folder or archive.
        count: usable pictures.
        others: files that are no pictures and do not claim to be, and `sheet.png`.
        sizes: how many pictures have which "width x height", most frequent first.
        kinds: how many have which format and mode, such as "PNG RGB".
        conversions: how many would be changed in which way.
        classes: how many pictures each sub-folder holds; empty where there are no classes.
        copies: groups of files of equal bytes.
        near_copies: pairs of other files whose 64-bit difference hashes (the signs of 8 x 8
            brightness steps to the right, on 9 x 8 pixels) differ in at most 2 bits.
        quarantined: why other pictures cannot be used, by name.
        licence: name of the licence file beside them, "" where there is none.
        problems: what to mend or to know before training, in plain sentences.
        contact_sheet: a PNG of up to 64 pictures, evenly taken; b"" where there are none.
    """

    path: str
    count: int
    others: int
    sizes: Mapping[str, int]
    kinds: Mapping[str, int]
    conversions: Mapping[str, int]
    classes: Mapping[str, int]
    copies: Sequence[Sequence[str]]
    near_copies: Sequence[tuple[str, str]]
    quarantined: Mapping[str, str]
    licence: str
    problems: Sequence[str]
    contact_sheet: bytes

    def to_json(self) -> dict[str, Any]:
        """Everything but the contact sheet, as a plain dictionary."""
        stored = asdict(self)
        del stored["contact_sheet"]
        stored["near_copies"] = [list(pair) for pair in self.near_copies]
        stored["copies"] = [list(group) for group in self.copies]
        stored["problems"] = list(self.problems)
        return stored

    def text(self) -> str:
        """The report for a person, one fact in a line."""
        lines = [f"usable pictures in {self.path}: {self.count:,}"]
        lines += _table("sizes", self.sizes)
        lines += _table("kinds", self.kinds)
        lines += _table("conversions", self.conversions)
        lines += _table("classes", self.classes)
        if self.others:
            lines.append(f"other files: {self.others:,}")
        lines.append(f"licence file: {self.licence or 'none'}")
        lines += [f"not usable: {name}: {why}" for name, why in _first(self.quarantined.items())]
        lines += [f"copies: {', '.join(group)}" for group in _first(self.copies)]
        lines += [f"alike: {', '.join(pair)}" for pair in _first(self.near_copies)]
        lines.append("problems:" if self.problems else "no problems found")
        lines += [f"  {problem}" for problem in self.problems]
        return "\n".join(lines)


class _Tally:
    """What is counted while the pictures pass by, one at a time."""

    def __init__(self) -> None:
        self.sizes: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.conversions: Counter[str] = Counter()
        self.by_content: defaultdict[str, list[str]] = defaultdict(list)
        self.hashes: dict[str, npt.NDArray[np.bool_]] = {}
        self.quarantined: dict[str, str] = {}
        self.others = 0

    def add(self, entry: Entry) -> None:
        try:
            content = entry.read()
            if not is_example(entry.name, content):
                self.others += 1
                return
            decoded = _decode.decode(content)
        except BadData as reason:
            self.quarantined[entry.name] = str(reason)
            return
        self.sizes[f"{decoded.picture.width} x {decoded.picture.height}"] += 1
        self.kinds[decoded.kind] += 1
        self.conversions.update(decoded.conversions)
        self.by_content[hashlib.sha256(content).hexdigest()].append(entry.name)
        self.hashes[entry.name] = difference_hash(decoded.picture)


def inspect(path: Path) -> FolderReport:
    """Look at every picture in a folder or zip archive; nothing is written.

    Raises:
        BadData: there is no such folder, or the archive is damaged or dangerous.
    """
    tally = _Tally()
    with listed(path) as listing:
        tally.quarantined.update(listing.refused)
        for entry in listing.entries:
            tally.add(entry)
        names = list(tally.hashes)
        shown = {
            names[i] for i in np.linspace(0, len(names) - 1, min(SHOWN, len(names)), dtype=int)
        }
        sheet = _contact_sheet([entry for entry in listing.entries if entry.name in shown])
        licence = listing.licence
    copies = [group for group in tally.by_content.values() if len(group) > 1]
    firsts = {group[0]: tally.hashes[group[0]] for group in tally.by_content.values()}
    near = near_copies(firsts)
    classes, loose = _classes(path, names)
    return FolderReport(
        path=str(path),
        count=len(names),
        others=tally.others,
        sizes=dict(tally.sizes.most_common()),
        kinds=dict(tally.kinds.most_common()),
        conversions=dict(tally.conversions.most_common()),
        classes=classes,
        copies=copies,
        near_copies=near,
        quarantined=tally.quarantined,
        licence=licence,
        problems=[*loose, *_problems(tally, len(names), classes, copies, near, licence)],
        contact_sheet=sheet,
    )


def difference_hash(picture: Pictures.Image) -> npt.NDArray[np.bool_]:
    """64 bits: whether brightness falls to the right, on 9 x 8 pixels (N. Krawetz, 2013)."""
    gray, _ = _decode.with_channels(picture, 1)
    small = np.asarray(gray.resize((9, 8), Pictures.Resampling.BOX))
    return (small[:, :-1] > small[:, 1:]).flatten()


def near_copies(hashes: Mapping[str, npt.NDArray[np.bool_]]) -> list[tuple[str, str]]:
    """Pairs of names whose hashes differ in at most `NEAR` bits; all pairs are compared."""
    if not hashes:
        return []
    names = list(hashes)
    signs = np.stack([hashes[name] for name in names]).astype(np.float32) * 2 - 1
    pairs = []
    for start in range(0, len(names), 1024):
        agreement = signs[start : start + 1024] @ signs[start:].T
        for row, column in np.argwhere(agreement >= 64 - 2 * NEAR):
            if column > row:
                pairs.append((names[start + row], names[start + column]))
    return pairs


def _classes(path: Path, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    try:
        counts = Counter(classes_of(path, names).values())
    except BadData as problem:
        return {}, [str(problem)]
    counts.pop("", None)
    return dict(sorted(counts.items())), []


def _problems(
    tally: _Tally,
    count: int,
    classes: Mapping[str, int],
    copies: Sequence[Sequence[str]],
    near: Sequence[tuple[str, str]],
    licence: str,
) -> list[str]:
    found = []
    if count < 2:
        found.append(f"Usable pictures: {count}; at least 2 are needed.")
    elif count < FEW:
        found.append(
            f"There are only {count} pictures; a generator learns so few by heart unless "
            "augmentation is on."
        )
    if tally.quarantined:
        found.append(f"Files that cannot be used and will be left out: {len(tally.quarantined)}.")
    if count > 1 and len(tally.by_content) == 1:
        found.append("All pictures are the same file; at least 2 different ones are needed.")
    elif copies:
        extra = sum(len(group) - 1 for group in copies)
        found.append(f"Files that are exact copies of others: {extra}; remove them.")
    if near:
        found.append(
            f"Pairs of pictures that look almost the same: {len(near)}; look through them."
        )
    if classes and max(classes.values()) > UNEVEN * min(classes.values()):
        found.append(
            f"The largest class has {max(classes.values()):,} pictures, the smallest only "
            f"{min(classes.values()):,}."
        )
    if not licence:
        found.append("No licence file lies beside the pictures; make sure that you may use them.")
    return found


def _contact_sheet(entries: Sequence[Entry]) -> bytes:
    if not entries:
        return b""
    thumbs = []
    for entry in entries:
        picture, _ = _decode.with_channels(_decode.decode(entry.read()).picture, 3)
        thumbs.append(np.asarray(_decode.fitted(picture, THUMB, THUMB, "pad")))
    raw = torch.from_numpy(np.stack(thumbs)).permute(0, 3, 1, 2)
    modality = Image(Spec("image", (3, THUMB, THUMB)))
    return modality.preview(modality.to_samples(raw), [e.name.split("/")[-1] for e in entries])


def _first(items: Any) -> list[Any]:
    return list(items)[:NAMED]


def _table(title: str, counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return []
    shown = ", ".join(f"{name}: {count:,}" for name, count in _first(counts.items()))
    more = f" and {len(counts) - NAMED} more" if len(counts) > NAMED else ""
    return [f"{title}: {shown}{more}"]
