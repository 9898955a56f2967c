"""Which carrier a file needs."""

from __future__ import annotations

from pathlib import PurePath

from sparring.core.errors import BadData
from sparring.provenance.carriers import Carrier
from sparring.provenance.carriers.document import Document
from sparring.provenance.carriers.flac import Flac
from sparring.provenance.carriers.gif import Gif
from sparring.provenance.carriers.jpeg import Jpeg
from sparring.provenance.carriers.json_lines import JsonLines
from sparring.provenance.carriers.markdown import Markdown
from sparring.provenance.carriers.midi import Midi
from sparring.provenance.carriers.ogg import Ogg
from sparring.provenance.carriers.plain_text import PlainText
from sparring.provenance.carriers.png import Png
from sparring.provenance.carriers.wav import Wav
from sparring.provenance.carriers.web_page import WebPage

BY_SIGNATURE: tuple[Carrier, ...] = (Png(), Jpeg(), Gif(), Wav(), Flac(), Ogg(), Midi())
TEXTS: tuple[Carrier, ...] = (WebPage(), Markdown(), Document(), JsonLines(), PlainText())
"""Most particular first: whatever is none of the others is plain text."""


def carrier_of(content: bytes, name: str) -> Carrier:
    """The carrier of a file, by its content; among texts by its name where that tells.

    Raises:
        BadData: it is of no kind whose labels are known here; the message says which are.
    """
    if not content:
        raise BadData("it is empty")
    for carrier in BY_SIGNATURE:
        if carrier.claims(content):
            return carrier
    suffix = PurePath(name).suffix.lower()
    if suffix in JsonLines.suffixes:  # which tells the line that is no text
        return JsonLines()
    if PlainText().claims(content):
        for carrier in TEXTS:
            if suffix in carrier.suffixes:
                return carrier
        return next(carrier for carrier in TEXTS if carrier.claims(content))
    raise BadData(f"it is of no kind whose labels Sparring reads: {', '.join(names())}")


def names() -> list[str]:
    """The kinds of files, for people."""
    return [carrier.name for carrier in (*BY_SIGNATURE, *TEXTS)]
