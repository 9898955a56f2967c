"""Which files of a folder are pictures, of which class, and in which part of the split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparring.core.errors import BadData
from sparring.data._listing import Listing
from sparring.modalities import SHEET, _decode


@dataclass
class Found:
    """Pictures found in a listing, and what was put aside.

    Attributes:
        digests: SHA-256 of each picture's file, in order of name.
        channels: of the richest picture: 1, 3 or 4.
        quarantined: why other pictures cannot be used.
        others: how many files are no pictures and do not claim to be, or `sheet.png`.
        conversions: how many pictures were changed in which way, as far as they were decoded.
    """

    digests: dict[str, str] = field(default_factory=dict)
    channels: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)
    others: int = 0
    conversions: Counter[str] = field(default_factory=Counter)


def find(listing: Listing) -> Found:
    """All pictures whose headers can be read; nothing is decoded yet."""
    found = Found(quarantined=dict(listing.refused))
    for entry in listing.entries:
        try:
            content = entry.read()
            if not is_example(entry.name, content):
                found.others += 1
                continue
            found.channels = max(found.channels, _decode.num_channels(content))
            found.digests[entry.name] = hashlib.sha256(content).hexdigest()
        except BadData as reason:
            found.quarantined[entry.name] = str(reason)
    return found


def is_example(name: str, content: bytes) -> bool:
    """Whether a file is a picture or claims to be, and no sheet that `generate` made of others."""
    return name.split("/")[-1] != SHEET and _decode.claims_to_be_picture(name, content)


def classes_of(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The class of each file, which is its sub-folder; all "" where there are no two of them.

    Folders that hold everything are looked through.

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
            f"{path} has pictures beside its sub-folders ({loose}), so their class is unknown; put "
            "every picture into a sub-folder, or all into one."
        )
    return {name: p[0] if len(p) > 1 else "" for name, p in parts.items()}


def shares_of(digests: Mapping[str, str]) -> dict[str, float]:
    """A number in [0, 1) for each file that depends on its name alone.

    Files of equal content get the number of the first of them, so that no picture is in both
    parts of a split.
    """
    first: dict[str, str] = {}
    shares = {}
    for name, digest in digests.items():
        decisive = first.setdefault(digest, name)
        shares[name] = int.from_bytes(hashlib.sha256(decisive.encode()).digest()[:6], "big") / 2**48
    return shares
