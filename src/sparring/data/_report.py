"""What every look at somebody's files counts and says, whatever kind they are of."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from sparring.core.errors import BadData
from sparring.data._gather import classes_of
from sparring.data._listing import Entry, Listing

NEAR = 2  # bits of 64 that may differ between near duplicates
SHOWN = 64  # files on the contact sheet
NAMED = 5  # examples spelled out in a plain text
FEW = 500  # files below which a generator mostly learns them by heart
UNEVEN = 10  # largest class over smallest one


@dataclass(frozen=True, kw_only=True)
class FolderReport(ABC):
    """What was found.

    Attributes:
        path: the folder or archive.
        count: usable files.
        others: files that are of another kind and do not claim to be of this one.
        kinds: how many have which format and coding, such as "PNG RGB".
        conversions: how many would be changed in which way.
        classes: how many files each sub-folder holds; empty where there are no classes.
        copies: groups of files of equal bytes.
        near_copies: pairs of other files that look or sound almost the same.
        quarantined: why other files cannot be used, by name.
        licence: name of the licence file beside them, or the terms of a data set that has a name;
            "" where there is neither.
        problems: what to mend or to know before training, in plain sentences.
        contact_sheet: a PNG of up to 64 files, evenly taken; b"" where there are none.
    """

    path: str
    count: int
    others: int
    kinds: Mapping[str, int]
    conversions: Mapping[str, int]
    classes: Mapping[str, int]
    copies: Sequence[Sequence[str]]
    near_copies: Sequence[tuple[str, str]]
    quarantined: Mapping[str, str]
    licence: str
    problems: Sequence[str]
    contact_sheet: bytes

    many: ClassVar[str]
    """What the files are called, such as "pictures"."""

    @abstractmethod
    def details(self) -> list[str]:
        """What only this kind of file has, one fact in a line."""

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
        lines = [f"usable {self.many} in {self.path}: {self.count:,}", *self.details()]
        lines += table("kinds", self.kinds)
        lines += table("conversions", self.conversions)
        lines += table("classes", self.classes)
        if self.others:
            lines.append(f"other files: {self.others:,}")
        lines.append(f"licence: {self.licence or 'none'}")
        lines += [f"not usable: {name}: {why}" for name, why in _first(self.quarantined.items())]
        lines += [f"copies: {', '.join(group)}" for group in _first(self.copies)]
        lines += [f"alike: {', '.join(pair)}" for pair in _first(self.near_copies)]
        lines.append("problems:" if self.problems else "no problems found")
        lines += [f"  {problem}" for problem in self.problems]
        return "\n".join(lines)


class Tally(ABC):
    """What is counted of one kind of file while all of them pass by, one at a time."""

    many: ClassVar[str]
    """What the files are called, such as "pictures"."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.conversions: Counter[str] = Counter()
        self.by_content: defaultdict[str, list[str]] = defaultdict(list)
        self.hashes: dict[str, npt.NDArray[np.bool_]] = {}
        self.quarantined: dict[str, str] = {}

    @abstractmethod
    def claims(self, name: str, content: bytes) -> bool:
        """Whether a file is of this kind, by its content or at least by its name."""

    @abstractmethod
    def count(self, name: str, content: bytes) -> tuple[str, Sequence[str]]:
        """Count what only this kind of file has, and put 64 bits that tell it into `hashes`.

        Returns its format and coding, and how it would be changed. Raises BadData, before
        anything is counted, where the file cannot be used.
        """

    @abstractmethod
    def report(self, path: Path, listing: Listing, others: int) -> FolderReport:
        """The whole report, once all files have passed by."""

    def add(self, name: str, content: bytes) -> None:
        """Count one file, or put it aside with its reason."""
        try:
            kind, conversions = self.count(name, content)
        except BadData as reason:
            self.quarantined[name] = str(reason)
            return
        self.kinds[kind] += 1
        self.conversions.update(conversions)
        self.by_content[hashlib.sha256(content).hexdigest()].append(name)

    def alike(self, first: str, second: str) -> bool:
        """Whether two files of nearly equal hashes really are almost the same."""
        return True

    def shown(self, listing: Listing) -> list[Entry]:
        """The files for the contact sheet, evenly taken."""
        names = list(self.hashes)
        places = np.linspace(0, len(names) - 1, min(SHOWN, len(names)), dtype=int)
        wanted = {names[i] for i in places}
        return [entry for entry in listing.entries if entry.name in wanted]

    def shared(self, path: Path, listing: Listing, others: int) -> dict[str, Any]:
        """The attributes that all reports have, by name, but for the contact sheet."""
        copies = [group for group in self.by_content.values() if len(group) > 1]
        firsts = {group[0]: self.hashes[group[0]] for group in self.by_content.values()}
        near = [pair for pair in near_copies(firsts) if self.alike(*pair)]
        classes, problems = self._classes(path)
        problems += self._problems(classes, copies, near)
        if not listing.licence:
            problems.append(
                f"No licence file lies beside the {self.many}; make sure that you may use them."
            )
        return {
            "path": str(path),
            "count": len(self.hashes),
            "others": others,
            "kinds": dict(self.kinds.most_common()),
            "conversions": dict(self.conversions.most_common()),
            "classes": classes,
            "copies": copies,
            "near_copies": near,
            "quarantined": self.quarantined,
            "licence": listing.licence,
            "problems": problems,
        }

    def _classes(self, path: Path) -> tuple[dict[str, int], list[str]]:
        try:
            counts = Counter(classes_of(path, self.hashes, self.many).values())
        except BadData as problem:
            return {}, [str(problem)]
        counts.pop("", None)
        return dict(sorted(counts.items())), []

    def _problems(
        self,
        classes: Mapping[str, int],
        copies: Sequence[Sequence[str]],
        near: Sequence[tuple[str, str]],
    ) -> list[str]:
        found = []
        count = len(self.hashes)
        if count < 2:
            found.append(f"Usable {self.many}: {count}; at least 2 are needed.")
        elif count < FEW:
            found.append(
                f"There are only {count} {self.many}; a generator learns so few by heart unless "
                "augmentation is on."
            )
        if self.quarantined:
            found.append(
                f"Files that cannot be used and will be left out: {len(self.quarantined)}."
            )
        if count > 1 and len(self.by_content) == 1:
            found.append(
                f"All {self.many} are the same file; at least 2 different ones are needed."
            )
        elif copies:
            extra = sum(len(group) - 1 for group in copies)
            found.append(f"Files that are exact copies of others: {extra}; remove them.")
        if near:
            found.append(
                f"Pairs of {self.many} that are almost the same: {len(near)}; look through them."
            )
        if classes and max(classes.values()) > UNEVEN * min(classes.values()):
            found.append(
                f"The largest class has {max(classes.values()):,} {self.many}, the smallest only "
                f"{min(classes.values()):,}."
            )
        return found


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


def _first(items: Iterable[Any]) -> list[Any]:
    return list(items)[:NAMED]


def table(title: str, counts: Mapping[str, int]) -> list[str]:
    """The largest counts in a line; no line where there are none."""
    if not counts:
        return []
    shown = ", ".join(f"{name}: {count:,}" for name, count in _first(counts.items()))
    more = f" and {len(counts) - NAMED} more" if len(counts) > NAMED else ""
    return [f"{title}: {shown}{more}"]
