"""Generate: ask a model for samples, keep them, and see where one came from."""

from __future__ import annotations

import asyncio

from nicegui import events, ui

from sparring.core.errors import UserError
from sparring.provenance.labelling import BESIDE
from sparring.serve.limits import LARGEST_UPLOAD
from sparring.studio.asking_form import AskingForm
from sparring.studio.gallery import Gallery
from sparring.studio.making import Asked, make
from sparring.studio.pieces import Piece
from sparring.studio.shell import Place, panel, tell, trouble
from sparring.studio.verdicts import draw_verdict, origin_of

PATH, TITLE, ICON, ORDER = "/generate", "generate", "auto_awesome", 20


def build(place: Place) -> None:
    """Draw the page."""
    say = place.say
    with ui.element("div").classes("side-by-side"):
        with ui.element("div"):
            with panel(say("ask")), ui.element("div").classes("form"):
                form = AskingForm(place)
                button = ui.button(say("make"), icon="auto_awesome").props(
                    "unelevated no-caps data-testid=make"
                )
                busy = ui.label().classes("quiet").props("role=status aria-live=polite")
            drop = _Drop(place, form)
        with ui.element("div"):

            async def go(model: str, asked: Asked) -> None:
                place.calm()
                button.disable()
                busy.set_text(say("making"))
                try:
                    kept = await _make(place, model, asked)
                    busy.set_text(say("made_so_many", count=len(kept)))
                    gallery.draw()
                except UserError as error:
                    busy.set_text("")
                    place.warn(error)
                finally:
                    button.enable()

            def fill(piece: Piece) -> None:
                form.fill(piece.model, Asked.from_json({**piece.asked, "seed": piece.seed}))
                tell(say("filled"))

            gallery = Gallery(place, go, fill)
            gallery.draw()

    async def ask() -> None:
        try:
            await go(str(form.model.value), form.asked)
        except UserError as error:
            place.warn(error)

    button.on_click(ask)
    drop.draw()


async def _make(place: Place, model: str, asked: Asked) -> list[Piece]:
    """Make and keep."""
    desk = place.desk
    sampler = await asyncio.to_thread(desk.sampler, model)
    made = await desk.worked(lambda: make(sampler, asked))
    return await asyncio.to_thread(desk.pieces.add, made, model)


class _Drop:
    """Where a file can be dropped, to see what it says of itself and to use its settings."""

    def __init__(self, place: Place, form: AskingForm) -> None:
        self.place, self.form = place, form
        self.box = ui.element("div")

    def draw(self) -> None:
        say = self.place.say
        with self.box, panel(say("verify")):
            ui.label(say("verify_does")).classes("quiet")
            ui.upload(
                label=say("drop_here"), multiple=True, auto_upload=True,
                max_file_size=LARGEST_UPLOAD, on_multi_upload=self._look,
                on_rejected=lambda: tell(say("too_large")),
            ).props("flat bordered data-testid=drop").classes("drop")  # fmt: skip
            self.found = ui.element("div").props("aria-live=polite data-testid=verdict")

    async def _look(self, event: events.MultiUploadEventArguments) -> None:
        given = {each.name: await each.read() for each in event.files}
        event.sender.run_method("reset")
        self.found.clear()
        for name, content in given.items():
            if name.removesuffix(BESIDE) == name or name.removesuffix(BESIDE) not in given:
                await self._tell(name, content, given.get(name + BESIDE, b""))

    async def _tell(self, name: str, content: bytes, beside: bytes) -> None:
        say, desk = self.place.say, self.place.desk
        with self.found:
            spinner = ui.spinner()
        try:
            verdict = await asyncio.to_thread(desk.verify, content, name, beside)
        except UserError as error:
            with self.found:
                trouble(f"{name}: {say.told(str(error))}")
            return
        finally:
            spinner.delete()
        with self.found:
            ui.label(name).classes("panel-title").style("margin-top: .6rem")
            draw_verdict(verdict, say)
            origin = await asyncio.to_thread(origin_of, verdict, desk)
            if origin is not None:
                ui.button(
                    say("use"), icon="tune", on_click=lambda: self.form.fill(*origin)
                ).props("no-caps data-testid=use")  # fmt: skip
