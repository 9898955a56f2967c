"""A look at somebody's folder or file before anyone trains on it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sparring.core.errors import BadData
from sparring.data._listing import listed
from sparring.data._picture_report import PictureTally
from sparring.data._points_report import claims, inspect_points
from sparring.data._report import FolderReport, Tally
from sparring.data._sound_report import SoundTally
from sparring.data._text_report import TextTally, inspect_file


def inspect(path: Path) -> FolderReport:
    """Look at a folder or zip archive, or at a file of texts or of points; nothing is written.

    What most of the files are, by content or name, is what the report is of; the rest are others.

    Raises:
        BadData: there is no such folder or file, or the archive is damaged or dangerous.
    """
    if path.is_file() and not zipfile.is_zipfile(path):
        return inspect_points(path) if claims(path) else inspect_file(path)
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
        others = len(listing.entries) - len(unread) - tallies[chosen]
        return chosen.report(path, listing, others)
