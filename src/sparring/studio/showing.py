"""Samples on a page: pictures are seen, sounds played, texts read; the modality says which."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nicegui import ui
from torch import Tensor

from sparring.generation.generated import Generated
from sparring.modalities import Modality
from sparring.provenance.labelling import BESIDE, marked
from sparring.studio.pieces import Piece
from sparring.studio.words import Say

MADE = "/made"
"""Where the files of the shelf are served."""


@dataclass(frozen=True)
class Shown:
    """One sample, ready for a page.

    Attributes:
        picture: as a data address; "" where it is a text.
        text: what one reads in it; "" where there is none.
        sound: what one hears, as a data address; "" where there is none.
    """

    picture: str = ""
    text: str = ""
    sound: str = ""


def shown(modality: Modality, sample: Tensor) -> Shown:
    """One sample that was made, to be seen or read; a quick look without its sound."""
    texts = modality.texts(sample[None])
    return Shown(text=texts[0]) if texts else Shown(sheet(modality, sample[None], 0))


def shown_whole(made: Generated, number: int) -> Shown:
    """One sample that was made; what one hears is its labelled file, as it can be saved."""
    seen = shown(made.modality, made.samples[number])
    clips = made.modality.clips(made.modality.to_raw(made.samples[number : number + 1]))
    if not clips:
        return seen
    return replace(seen, sound=data_address(made.encoded(number), made.modality.media_type))


def shown_real(modality: Modality, sample: Tensor) -> Shown:
    """An example that nobody made, and so without any label that says otherwise."""
    texts = modality.texts(sample[None])
    if texts:
        return Shown(text=texts[0])
    picture = data_address(modality.preview(sample[None], (), 0), "image/png")
    clips = modality.clips(modality.to_raw(sample[None]))
    return Shown(picture, sound=data_address(clips[0], modality.media_type) if clips else "")


def sheet(modality: Modality, samples: Tensor, columns: int, captions: Sequence[str] = ()) -> str:
    """Several samples that were made as one picture, as a data address."""
    content = modality.preview(samples, captions, columns)
    return data_address(marked(content, "preview.png"), "image/png")


def data_address(content: bytes, media_type: str) -> str:
    """A file inside an address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


class View:
    """A place on a page where one sample is shown after the other."""

    def __init__(self, alt: str) -> None:
        with ui.element("div").classes("piece"):
            self._picture = ui.element("img").classes("pixels").props(f'alt="{alt}"')
            self._text = ui.label().classes("text")
            self._sound = ui.element("audio").props("controls")
        self.show(Shown())

    def show(self, sample: Shown) -> None:
        """Show this one instead."""
        for element, content in ((self._picture, sample.picture), (self._sound, sample.sound)):
            element.set_visibility(bool(content))
            if content:
                element.props["src"] = content
                element.update()
        self._text.set_visibility(bool(sample.text))
        self._text.set_text(sample.text)


def words_under(piece: Piece) -> str:
    """The classes and the seed of a piece."""
    return " · ".join([*piece.labels.values(), f"#{piece.seed}"])


def address(piece: Piece, *, picture: bool = False) -> str:
    """Where the browser finds a piece, or its picture."""
    return f"{MADE}/{piece.picture if picture and piece.picture else piece.file}"


def label_address(piece: Piece) -> str:
    """Where the browser finds the label that lies beside a piece."""
    return f"{address(piece)}{BESIDE}"


def alt(piece: Piece, say: Say) -> str:
    """What a screen reader says of it."""
    words = say("made_by", model=piece.model, seed=piece.seed)
    return f"{words} {' '.join(piece.labels.values())}".strip().replace('"', "'")


def draw_large(piece: Piece, say: Say) -> None:
    """A piece as large as there is room."""
    if piece.text:
        ui.label(piece.text).classes("text panel")
        return
    ui.element("img").classes("pixels").props(
        f'src="{address(piece, picture=True)}" alt="{alt(piece, say)}"'
    )
    if piece.heard:
        ui.element("audio").props(f'controls src="{address(piece)}"').style("width: 100%")
