"""Which files of a folder are wanted, of which class, and in which part of the split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparring.core.errors import BadData
from sparring.data._listing import Listing


@dataclass
class Found:
    """Files of one kind found in a listing, and what was put aside.

    Attributes:
        digests: SHA-256 of each file's content, in order of name.
        quarantined: why other files of that kind cannot be used.
        others: how many files are of another kind and do not claim to be of this one, or a sheet.
        conversions: how many files were changed in which way, as far as they were decoded.
    """

    digests: dict[str, str] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    others: int = 0
    conversions: Counter[str] = field(default_factory=Counter)


def find(
    listing: Listing, claims: Callable[[str, bytes], bool], look: Callable[[bytes], None]
) -> Found:
    """All files whose name or content `claims` to be of a kind and that pass a first `look`.

    Nothing is decoded yet; `look` raises BadData where a header already tells that it is no use.
    """
    found = Found(quarantined=dict(listing.refused))
    for entry in listing.entries:
        try:
            content = entry.read()
            if entry.is_sheet or not claims(entry.name, content):
                found.others += 1
                continue
            look(content)
            found.digests[entry.name] = hashlib.sha256(content).hexdigest()
        except BadData as reason:
            found.quarantined[entry.name] = str(reason)
    return found


def classes_of(path: Path, names: Iterable[str], many: str) -> dict[str, str]:
    """The class of each file, which is its sub-folder; all "" where there are no two of them.

    Folders that hold everything are looked through. `many` is what the files are called in
    complaints, such as "pictures".

    Raises:
        BadData: some files lie in sub-folders and some beside them.
    """
    parts = {name: name.split("/") for name in names}
    while parts and len({tuple(p[:1]) for p in parts.values() if len(p) > 1}) == 1:
        if any(len(p) == 1 for p in parts.values()):
            break
        parts = {name: p[1:] for name, p in parts.items()}
    loose = sum(len(p) == 1 for p in parts.values())
    if 0 < loose < len(parts):
        raise BadData(
            f"{path} has {many} beside its sub-folders ({loose}), so their class is unknown; put "
            "every one into a sub-folder, or all into one."
        )
    return {name: p[0] if len(p) > 1 else "" for name, p in parts.items()}


def shares_of(digests: Mapping[str, str]) -> dict[str, float]:
    """A number in [0, 1) for each file that depends on its name alone.

    Files of equal content get the number of the first of them, so that nothing is in both parts
    of a split.
    """
    first: dict[str, str] = {}
    shares = {}
    for name, digest in digests.items():
        decisive = first.setdefault(digest, name)
        shares[name] = int.from_bytes(hashlib.sha256(decisive.encode()).digest()[:6], "big") / 2**48
    return shares
