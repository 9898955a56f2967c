"""What was made: tiles that can be opened, and what is known of each."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable

from nicegui import ui

from sparring.core.errors import UserError
from sparring.provenance.verify import Verdict
from sparring.studio.making import Asked, alike
from sparring.studio.pieces import Piece
from sparring.studio.shell import Place, panel, tell
from sparring.studio.showing import address, alt, draw_large, label_address, words_under
from sparring.studio.verdicts import draw_verdict

PAGE = 48  # tiles that are shown before one asks for more

Make = Callable[[str, Asked], Awaitable[None]]
"""Called with a model and a wish, to make more."""


class Gallery:
    """The tiles of a shelf, newest first.

    Args:
        place: the page that it is drawn on.
        make: makes more of it.
        fill: puts the settings of a piece back into the form.
    """

    def __init__(self, place: Place, make: Make, fill: Callable[[Piece], None]) -> None:
        self.place, self.make, self.fill = place, make, fill
        self.shown = PAGE
        self.dialog = ui.dialog().props("maximized=false")
        with panel(place.say("gallery"), made=True):
            self.tiles = ui.element("div")

    def draw(self) -> None:
        """Draw what is on the shelf now."""
        say, kept = self.place.say, self.place.desk.pieces
        self.tiles.clear()
        pieces = kept.newest(self.shown)
        with self.tiles:
            if not pieces:
                ui.label(say("gallery_empty")).classes("quiet")
            for style, group in itertools.groupby(pieces, _style):
                with ui.element("div").classes(style).style("margin-bottom: .7rem"):
                    for piece in group:
                        self._tile(piece)
            if len(kept) > self.shown:
                ui.button(say("more"), on_click=self._more).props("flat no-caps")

    def _more(self) -> None:
        self.shown += PAGE
        self.draw()

    def _tile(self, piece: Piece) -> None:
        say = self.place.say
        with ui.element("div").classes("piece"):
            with ui.element("button").classes("tile").props(
                f'type=button data-testid=piece aria-label="{alt(piece, say)}"'
            ).on("click", lambda: self.open(piece)):  # fmt: skip
                if piece.text:
                    ui.label(piece.text).classes("text")
                else:
                    ui.element("img").props(
                        f'src="{address(piece, picture=True)}" alt="" loading=lazy'
                    )
                ui.label(words_under(piece)).classes("words")
            if piece.heard:
                ui.element("audio").props(f'controls preload=none src="{address(piece)}"')

    def open(self, piece: Piece) -> None:
        """Show a piece with everything that is known of it."""
        say = self.place.say
        self.dialog.clear()
        with self.dialog, ui.card().classes("panel").style("max-width: 900px; width: 100%"):
            with ui.element("div").classes("panel-head").style("width: 100%"):
                ui.label(words_under(piece)).classes("panel-title").props("role=heading")
                ui.button(icon="close", on_click=self.dialog.close).props(
                    f'flat round dense aria-label="{say("close")}"'
                )
            with ui.element("div").classes("halves").style("width: 100%"):
                with ui.element("div").classes("large" + " sound" * piece.heard):
                    draw_large(piece, say)
                    self._actions(piece)
                with ui.element("div") as facts:
                    self._facts(piece)
        self.dialog.open()
        ui.timer(0, lambda: self._verdict(piece, facts), once=True)

    def _actions(self, piece: Piece) -> None:
        say = self.place.say
        with ui.element("div").classes("line").style("margin-top: .7rem"):
            ui.button(say("again"), icon="replay", on_click=lambda: self._go(piece.again(), piece))
            ui.button(
                say("alike"), icon="blur_on", on_click=lambda: self._go(alike(piece.again()), piece)
            )
            _download(say("download"), address(piece), piece.file)
            beside = self.place.desk.pieces.beside(piece)
            if beside is not None:
                _download(say("its_label"), label_address(piece), beside.name)
            ui.button(say("use"), icon="tune", on_click=lambda: self._use(piece)).props("flat")
            ui.button(say("remove"), icon="delete", on_click=lambda: self._remove(piece)).props(
                "flat color=negative"
            )

    def _facts(self, piece: Piece) -> None:
        say = self.place.say
        with ui.element("div").classes("facts"):
            for key, value in (
                ("model", piece.model),
                ("model_hash", piece.model_hash[:16]),
                ("seed", piece.seed),
                ("labels", " ".join(f"{k}={v}" for k, v in piece.labels.items()) or "-"),
                ("made_at", piece.made.replace("T", " ")),
                ("settings", json.dumps(piece.asked, ensure_ascii=False)),
            ):
                ui.label(say(key))
                ui.label(str(value))

    async def _verdict(self, piece: Piece, where: ui.element) -> None:
        desk = self.place.desk

        def read() -> Verdict:
            beside = desk.pieces.beside(piece)
            label = beside.read_bytes() if beside is not None else b""
            return desk.verify(desk.pieces.path(piece).read_bytes(), piece.file, label)

        try:
            verdict = await asyncio.to_thread(read)
        except (OSError, UserError) as error:
            tell(self.place.say.told(str(error)))
            return
        with where:
            draw_verdict(verdict, self.place.say)

    async def _go(self, asked: Asked, piece: Piece) -> None:
        self.dialog.close()
        await self.make(piece.model, asked)

    def _use(self, piece: Piece) -> None:
        self.dialog.close()
        self.fill(piece)

    def _remove(self, piece: Piece) -> None:
        self.dialog.close()
        self.place.calm()
        try:
            self.place.desk.pieces.remove(piece)
        except UserError as error:
            self.place.warn(error)
        self.draw()


def _download(words: str, address: str, name: str) -> None:
    ui.link(words, address).props(f'download="{name}"').classes("q-btn q-btn--flat").style(
        "padding: .45rem .8rem"
    )


def _style(piece: Piece) -> str:
    if piece.text:
        return "tiles wide"
    return "tiles sounds" if piece.heard else "tiles"
