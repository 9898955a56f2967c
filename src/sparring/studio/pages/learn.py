"""Learn: what a GAN does, by watching and meddling with one whose samples are points."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.studio.board import Board
from sparring.studio.digits_lesson import DigitsLesson
from sparring.studio.lesson import Lesson, Row
from sparring.studio.lesson_form import LessonForm
from sparring.studio.lesson_look import CSS
from sparring.studio.look import AXIS, FAINT, FAKE, REAL
from sparring.studio.plane import View, Watcher
from sparring.studio.scenes import SCENES, Scene, command_of, recipe_of
from sparring.studio.shell import Place, ai_line, panel, tell

PATH, TITLE, ICON, ORDER = "/learn", "learn", "school", 45

EVERY = 0.02  # seconds between two frames that are not trained for
BURST = 0.07  # seconds of training between two looks at it
SLOWLY = 0.9  # seconds between two turns in slow motion
PATIENCE = 3.0  # seconds for a browser to have drawn a frame
CURVES = 0.5  # seconds between two drawings of the curves
DATA = ("data.name", "data.shape", "data.drawn", "data.brush")
NUMBERS = ("steps", "shown", "d_real", "d_fake", "push", "found", "on_target")


def build(place: Place) -> None:
    """Draw the page."""
    LearnPage(place)


class LearnPage:
    """One person's lesson."""

    def __init__(self, place: Place) -> None:
        self.place, say = place, place.say
        self.say = say
        self.settings: dict[str, Any] = dict(SCENES[0].settings)
        self.mode, self._told, self._drawn = "paused", 0.0, 0.0
        self._busy = self._anew = self._changed = False
        self.lesson: Lesson | None = None
        self.watcher: Watcher | None = None
        ui.add_css(CSS)
        ui.label(say("lesson_means")).classes("lead")
        with panel(say("scenes")):
            with ui.element("div").classes("line").props("role=group"):
                self.chips = {each.name: self._chip(each) for each in SCENES}
            self.look = (
                ui.label()
                .classes("look")
                .props("role=status aria-live=polite data-testid=scene-look")
            )
            self.cure = ui.button(icon="healing", on_click=self._cured).props(
                "no-caps unelevated color=positive data-testid=cure"
            )
        with ui.element("div").classes("lesson"):
            with panel():
                self._controls()
                self.board = Board(say)
                with ui.element("div").classes("panel-head"):
                    self.status = ui.label().classes("quiet").props("data-testid=status")
                    ai_line()
            with ui.element("div"):
                self._numbers()
                with panel(say("settings")):
                    self.form = LessonForm(say, self._chosen)
                self.command = ui.label().classes("quiet command").props("data-testid=command")
        DigitsLesson(place)
        self._scene(SCENES[0])
        ui.timer(EVERY, self._tick)

    def _chip(self, scene: Scene) -> ui.button:
        return ui.button(
            self.say(f"scene_{scene.name}"), on_click=lambda: self._scene(scene)
        ).props(f'no-caps outline data-testid="scene-{scene.name}"')  # fmt: skip

    def _controls(self) -> None:
        def button(key: str, icon: str, press: Callable[[], object], style: str) -> ui.button:
            made = ui.button(self.say(key), icon=icon, on_click=press)
            return made.props(f"no-caps {style} data-testid={key}")

        with ui.element("div").classes("line controls"):
            self.run = button("run", "play_arrow", lambda: self._go("run"), "unelevated")
            button("slow", "slow_motion_video", lambda: self._go("slow"), "outline")
            button("one_step", "skip_next", lambda: self._go("step"), "outline")
            button("pause", "pause", lambda: self._go("paused"), "outline")
            button("afresh", "replay", self._afresh, "flat")
        with ui.element("div").classes("line controls"):
            button("draw", "draw", self._draw, "outline")
            self.learn_this = button("drawing_done", "check", self._drawing_done, "unelevated")
            self.wipe = button("wipe", "clear", lambda: self.board.wipe(), "flat")

    def _numbers(self) -> None:
        with panel():
            with ui.element("div").classes("numbers"):
                self.numbers = {key: self._number(key) for key in NUMBERS}
            names = {"d_real": REAL, "d_fake": FAKE}
            self.chart = ui.echart(
                {
                    "animation": False,
                    "grid": {"left": 34, "right": 8, "top": 28, "bottom": 22},
                    "legend": {"top": 0, "textStyle": {"color": FAINT}},
                    "xAxis": {"type": "value", "min": 0, "axisLabel": AXIS, "splitNumber": 4,
                              "splitLine": {"show": False}},
                    "yAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": AXIS,
                              "splitLine": {"lineStyle": {"color": FAINT, "opacity": 0.25}}},
                    "series": [
                        {"type": "line", "name": self.say(f"num_{key}"), "showSymbol": False,
                         "data": [], "lineStyle": {"color": colour, "width": 2},
                         "itemStyle": {"color": colour}}
                        for key, colour in names.items()
                    ],
                }
            ).style("height: 150px")  # fmt: skip

    def _number(self, key: str) -> ui.label:
        with ui.element("div").classes("number"):
            value = ui.label("–").classes("value").props(f"data-testid=num-{key}")
            ui.label(self.say(f"num_{key}")).classes("quiet")
        return value

    def _scene(self, scene: Scene) -> None:
        self.place.calm()
        self.settings = dict(scene.settings)
        self._told_scene(scene.name, scene.cure)
        self._afresh()

    def _told_scene(self, name: str, cure: str = "") -> None:
        for key, chip in self.chips.items():
            chip.props(f"aria-pressed={'true' if key == name else 'false'}")
            chip.classes("chosen") if key == name else chip.classes(remove="chosen")
        self.look.set_text(self.say(f"scene_{name}_look"))
        self.cure.set_visibility(bool(cure))
        self.cure.set_text(self.say("cure", loss=cure))
        self._cure = cure

    def _cured(self) -> None:
        self._chosen({"objective.name": self._cure}, False)
        self._go("run")

    def _chosen(self, settings: dict[str, Any], anew: bool) -> None:
        """Somebody changed settings; some of them only take effect from the beginning."""
        self.place.calm()
        if "data.name" in settings:
            self.settings = {k: v for k, v in self.settings.items() if k not in DATA}
        self.settings = {**self.settings, **settings}
        if anew:
            self._afresh()
        else:
            self._changed = True
            self._told_settings()

    def _told_settings(self) -> None:
        self.command.set_text(f"{self.say('same_command')}: {command_of(self.settings)}")

    def _afresh(self) -> None:
        self._end_drawing()
        self.mode, self._anew = "paused", True
        self._told_settings()

    def _go(self, mode: str) -> None:
        self._end_drawing()
        self.place.calm()
        self.mode, self._told = mode, 0.0
        if mode == "paused":
            self.status.set_text(self.say("paused"))

    async def _tick(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            if self._anew:
                await self._begin()
            elif self.lesson is not None and self.watcher is not None:
                await self._go_on(self.lesson, self.watcher)
        except UserError as error:
            self.mode = "paused"
            self.place.warn(error)
        finally:
            self._busy = False

    async def _begin(self) -> None:
        self._anew = self._changed = False
        self.lesson = None
        recipe = recipe_of(self.settings)
        self.form.show(recipe)
        lesson, watcher, view = await asyncio.to_thread(_begun, recipe)
        if not self._anew:
            self.lesson, self.watcher, self._drawn = lesson, watcher, 0.0
            if not self.board.drawing:
                self._show(view, None)
                self.status.set_text(self.say("ready"))

    async def _go_on(self, lesson: Lesson, watcher: Watcher) -> None:
        if self._changed:
            self._changed = False
            recipe = recipe_of(self.settings)
            self.form.show(recipe)
            await asyncio.to_thread(lesson.change, recipe)
        mode = self.mode
        if mode == "paused" or (mode == "slow" and time.monotonic() - self._told < SLOWLY):
            return
        self._told = time.monotonic()
        if mode == "step":
            self.mode = "paused"
        told, view, row = await asyncio.to_thread(_played, lesson, watcher, mode)
        if self._anew or self.board.drawing:
            return
        self._show(view, row)
        with contextlib.suppress(TimeoutError):  # a browser that is slow gets fewer frames
            await ui.run_javascript("null", timeout=PATIENCE)
        if self.mode != "paused" or mode == "step":
            key = "running" if mode == "run" else f"turn_{told}"
            self.status.set_text(self.say(key, rate=told))

    def _show(self, view: View, row: Row | None) -> None:
        lesson = self.lesson
        assert lesson is not None, "there is something to show"
        self.board.show(view)
        values: Mapping[str, float] = {} if row is None else row.values
        told = {
            "steps": f"{lesson.steps:,}", "shown": f"{lesson.samples:,}",
            "push": f"{view.push:.4f}", "on_target": f"{view.on_target:.0%}",
            "found": f"{view.found} / {view.pieces}",
            **{key: f"{values[key]:.2f}" for key in ("d_real", "d_fake") if key in values},
        }  # fmt: skip
        if not lesson.steps:
            told |= {"d_real": "–", "d_fake": "–"}
        for key, text in told.items():
            self.numbers[key].set_text(text)
        now = time.monotonic()
        if now - self._drawn > CURVES or not lesson.steps:
            self._drawn = now
            for place, key in enumerate(("d_real", "d_fake")):
                rows = [r for r in lesson.rows if key in r.values]
                points = [[r.step, round(r.values[key], 3)] for r in rows]
                self.chart.options["series"][place]["data"] = points
            self.chart.update()

    def _draw(self) -> None:
        self.mode = "paused"
        self.board.drawing = True
        self._told_scene("own")
        self._show_pens()
        self.board.draw()
        self.status.set_text("")

    def _drawing_done(self) -> None:
        if not self.board.dabs:
            tell(self.say("draw_first"))
            return
        own = {"data.name": "drawn_points", "data.drawn": tuple(self.board.dabs)}
        self._chosen(own, True)
        self._go("run")

    def _end_drawing(self) -> None:
        self.board.drawing = False
        self._show_pens()

    def _show_pens(self) -> None:
        for each in (self.learn_this, self.wipe):
            each.set_enabled(self.board.drawing)


def _begun(recipe: Recipe) -> tuple[Lesson, Watcher, View]:
    lesson = Lesson(recipe)
    watcher = Watcher(lesson)
    return lesson, watcher, watcher.look()


def _played(lesson: Lesson, watcher: Watcher, mode: str) -> tuple[str, View, Row | None]:
    """Play on, and look: what to say of it (steps a second, or who moved), and what is seen."""
    begun = time.monotonic()
    if mode == "run":
        steps = lesson.run(BURST)
        told = f"{steps / (time.monotonic() - begun):,.0f}"
    elif mode == "step":
        lesson.step()
        told = lesson.moved
    else:
        lesson.turn()
        told = lesson.moved
    return told, watcher.look(), lesson.row()
