"""The same lesson with digits: a training of pictures, live on the page."""

from __future__ import annotations

import asyncio
import time

from nicegui import ui

from sparring.core.errors import UserError
from sparring.studio.lesson import Lesson
from sparring.studio.scenes import digits
from sparring.studio.shell import Place, panel
from sparring.studio.showing import data_address

BURST = 0.4  # seconds of training between two previews
MOMENTS = (0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
"""Digits shown after which a preview is kept to compare with."""


class DigitsLesson:
    """A button that begins a training, and what the generator makes meanwhile.

    Args:
        place: the page.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        say = self._say = place.say
        self.lesson: Lesson | None = None
        self._runs = self._busy = False
        self._kept = 0
        with panel(say("with_digits"), made=True):
            ui.label(say("with_digits_mean")).classes("quiet")
            with ui.element("div").classes("line").style("margin: .6rem 0"):
                self.button = ui.button(say("run"), icon="play_arrow", on_click=self.toggle)
                self.button.props("no-caps unelevated data-testid=digits-run")
                ui.button(say("afresh"), icon="replay", on_click=self.afresh).props("no-caps flat")
                self.told = ui.label().classes("quiet").props("data-testid=digits-told")
            with ui.element("div").classes("digits"):
                self.picture = ui.element("img").classes("pixels").props(
                    f'alt="{say("digits_preview")}" data-testid=digits-preview'
                )  # fmt: skip
                self.strip = ui.element("div").classes("tiles")
        self.picture.set_visibility(False)
        ui.timer(0.05, self._tick)

    def toggle(self) -> None:
        """Run, or pause."""
        self.place.calm()
        self._runs = not self._runs
        self._name_button()
        if self._runs and self.lesson is None:
            self.told.set_text(self._say("digits_wait"))

    def afresh(self) -> None:
        """From the first weights again."""
        self.lesson, self._kept = None, 0
        self.strip.clear()
        self.picture.set_visibility(False)
        self.told.set_text("")
        self._runs = False
        self._name_button()

    async def _tick(self) -> None:
        if not self._runs or self._busy:
            return
        self._busy = True
        try:
            if self.lesson is None:
                self.lesson = await asyncio.to_thread(digits)
                self._show(self.lesson, await asyncio.to_thread(self.lesson.preview), 0.0)
            lesson = self.lesson
            picture, rate = await asyncio.to_thread(_go_on, lesson)
            if lesson is self.lesson:
                self._show(lesson, picture, rate)
        except UserError as error:
            self.afresh()
            self.place.warn(error)
        finally:
            self._busy = False

    def _show(self, lesson: Lesson, picture: bytes, rate: float) -> None:
        address = data_address(picture, "image/png")
        self.picture.set_visibility(True)
        self.picture.props["src"] = address
        self.picture.update()
        told = self._say("digits_at", samples=f"{lesson.samples:,}", rate=f"{rate:,.0f}")
        self.told.set_text(told)
        if self._kept < len(MOMENTS) and lesson.samples >= MOMENTS[self._kept]:
            self._kept += 1
            with self.strip, ui.element("figure").classes("moment"):
                ui.element("img").classes("pixels").props(f'src="{address}" alt=""')
                ui.label(f"{lesson.samples:,}").classes("quiet")

    def _name_button(self) -> None:
        self.button.set_text(self._say("pause" if self._runs else "run"))
        self.button.props(f"icon={'pause' if self._runs else 'play_arrow'}")


def _go_on(lesson: Lesson) -> tuple[bytes, float]:
    before, begun = lesson.samples, time.monotonic()
    lesson.run(BURST)
    rate = (lesson.samples - before) / (time.monotonic() - begun)
    return lesson.preview(), rate
