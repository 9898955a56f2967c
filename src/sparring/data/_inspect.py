"""A look at somebody's folder or file before anyone trains on it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.data import Split, Written
from sparring.data._listing import listed
from sparring.data._picture_report import PictureTally
from sparring.data._points_report import claims, inspect_points
from sparring.data._report import FolderReport, Tally
from sparring.data._sound_report import SoundTally
from sparring.data._text_report import TextReport, TextTally, counted, inspect_file


def inspect(path: Path, against: Path | None = None) -> FolderReport:
    """Look at a folder or zip archive, or at a file of texts or of points; nothing is written.

    What most of the files are, by content or name, is what the report is of; the rest are others.

    Args:
        path: the folder, archive or file.
        against: a file of texts to compare with, such as a published test part.

    Raises:
        BadData: there is no such folder or file, or the archive is damaged or dangerous.
        UserError: there is something to compare with, and these are no texts.
    """
    other = counted(against) if against else None
    if path.is_file() and not zipfile.is_zipfile(path):
        if not claims(path):
            return inspect_file(path, other)
        _require_texts(path, "points", against)
        return inspect_points(path)
    tallies: dict[Tally, int] = {PictureTally(): 0, SoundTally(): 0, TextTally(): 0}
    unread: dict[str, str] = {}
    with listed(path) as listing:
        for entry in listing.entries:
            try:
                content = entry.read()
            except BadData as reason:
                unread[entry.name] = str(reason)
                continue
            for tally in () if entry.is_sheet else tallies:
                if tally.claims(entry.name, content):
                    tallies[tally] += 1
                    tally.add(entry.name, content)
                    break
        chosen = max(tallies, key=lambda tally: tallies[tally])
        chosen.quarantined = {**listing.refused, **unread, **chosen.quarantined}
        if isinstance(chosen, TextTally):
            chosen.other = other
        else:
            _require_texts(path, chosen.many, against)
        others = len(listing.entries) - len(unread) - tallies[chosen]
        return chosen.report(path, listing, others)


def inspect_named(name: str, against: Path | None = None) -> TextReport:
    """Look at a data set of texts that has a name, by its own two parts; nothing is downloaded.

    Args:
        name: of the data set.
        against: a file of texts to compare with.

    Raises:
        BadData: it is not here, or what to compare with cannot be read.
        UserError: it is no data set of texts, or a setting of it is missing.
    """
    known = named()
    if name not in known:
        raise UserError(
            f"{name} is no data set of texts; by name {', '.join(known)} are looked over, and all "
            "else by its folder or file."
        )
    dataset = components.build(components.DATASET, {"name": name}, where="data")
    if not dataset.is_here:
        raise BadData(f"{name} is not on this machine; fetch it first: sparring data get {name}.")
    tally = TextTally()
    tally.other = counted(against) if against else None
    parts: tuple[Split, ...] = ("train", "test")
    for part in parts:
        tally.counts.begin(part, part)
        for number, text in enumerate(dataset.texts(part), 1):
            tally.counts.add(number, text)
    return tally.told(Path(name), dataset.licence, 0)


def named() -> list[str]:
    """The data sets that can be looked over by name: those that have their texts as written."""
    names = components.names(components.DATASET.folder)
    return [
        name for name in names if issubclass(components.find(components.DATASET, name), Written)
    ]


def is_name(path: Path) -> bool:
    """Whether this is the name of a data set, and nothing that lies there."""
    return not path.exists() and str(path) in components.names(components.DATASET.folder)


def _require_texts(path: Path, many: str, against: Path | None) -> None:
    if against:
        raise UserError(f"{path} holds {many}; only texts are compared with another file.")
