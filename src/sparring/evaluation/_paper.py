"""A report as it is written: one page for browsers and the same as text, and both all at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from sparring.core import files
from sparring.evaluation import _html, _markdown
from sparring.modalities import Modality

PLAYED = 40  # samples of one list


class Paper:
    """Sections in order; pictures stand in the page for browsers alone.

    Args:
        title: of the whole.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._html: list[str] = []
        self._markdown: list[str] = []

    def heading(self, text: str) -> None:
        """A section begins."""
        self._html.append(_html.heading(text))
        self._markdown.append(_markdown.heading(text))

    def verdict(self, text: str) -> None:
        """The sentence that matters most."""
        self._html.append(_html.paragraph(text, "verdict"))
        self._markdown.append(f"**{_markdown.plain(text)}**")

    def words(self, text: str) -> None:
        """What explains."""
        self._html.append(_html.paragraph(text, "soft"))
        self._markdown.append(_markdown.plain(text))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows of text; the first column names them."""
        self._html.append(_html.table(header, rows))
        self._markdown.append(_markdown.table(header, rows))

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names with their values."""
        self._html.append(_html.facts(pairs))
        self._markdown.append(_markdown.facts(pairs))

    def sheet(self, png: bytes, words: str) -> None:
        """A picture made of samples."""
        self._html.append(_html.sheet(png, words))
        self._markdown.append(_markdown.elsewhere(words))

    def players(self, modality: Modality, raw: Tensor, captions: Sequence[str]) -> None:
        """Players for the first raw samples, where a picture of them does not show it all."""
        clips = modality.clips(raw[:PLAYED])
        if clips:
            self._html.append(_html.players(clips, modality.media_type, captions[: len(clips)]))

    def drawing(self, svg: bytes, words: str) -> None:
        """Curves."""
        self._html.append(_html.drawing(svg, words))
        self._markdown.append(_markdown.elsewhere(words))

    @property
    def html(self) -> bytes:
        """The page for browsers."""
        return _html.page(self.title, self._html)

    @property
    def markdown(self) -> bytes:
        """The page as text."""
        return _markdown.page(self.title, self._markdown)


def save(folder: Path, name: str, paper: Paper, facts: Mapping[str, Any]) -> Path:
    """Write `NAME.json`, `NAME.md` and `NAME.html`; all are ready before the first is written.

    Raises:
        OutOfResources: the disk is full.
        UserError: the folder cannot be written.
    """
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    contents = {"json": text.encode(), "md": paper.markdown, "html": paper.html}
    for suffix, content in contents.items():
        files.atomic_write(folder / f"{name}.{suffix}", content)
    return folder / f"{name}.html"
