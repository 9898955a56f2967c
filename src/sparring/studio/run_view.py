"""One run: how far it is, its curves, its previews to scrub, and lamps for its health."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from nicegui import ui

from sparring.core.errors import UserError
from sparring.studio.look import AXIS, FAINT, FAKE, REAL, SCORE
from sparring.studio.progress import LAMPS, Curve, Progress
from sparring.studio.runs import Runs
from sparring.studio.shell import Place, panel, trouble
from sparring.studio.showing import data_address
from sparring.studio.words import Say

COLOURS = {"d_real": REAL, "d_fake": FAKE, "score": SCORE, "loss_generator": FAKE,
           "loss_discriminator": REAL}  # fmt: skip
FRAME = 0.35  # seconds of each preview when they are played


class RunView:
    """What there is to see of one run.

    Args:
        place: the page.
        runs: all of them.
        name: which.
    """

    def __init__(self, place: Place, runs: Runs, name: str) -> None:
        self.place, self.runs, self.name = place, runs, name
        self._seen: tuple[int, int, str] = (-1, -1, "")
        self._previews: list[tuple[int, Any]] = []
        self._total = 0
        say = place.say
        with panel(name):
            with ui.element("div").classes("line"):
                self.state = ui.label().props("role=status aria-live=polite data-testid=state")
                self.eta = ui.label().classes("quiet").props("data-testid=eta")
            self.bar = ui.linear_progress(0, show_value=False, size="10px").props(
                f'rounded aria-label="{say("progress")}"'
            ).style("margin: .5rem 0")  # fmt: skip
            with ui.element("div").classes("line"):
                self.stop = ui.button(say("stop"), icon="stop", on_click=self._stop).props(
                    "no-caps outline color=negative data-testid=stop"
                )
                self.resume = ui.button(say("resume"), icon="play_arrow", on_click=self._resume)
                self.resume.props("no-caps outline data-testid=resume")
                self.play_with = ui.button(
                    say("generate"), icon="auto_awesome",
                    on_click=lambda: ui.navigate.to(f"/generate?model={name}"),
                ).props("no-caps outline data-testid=play-with")  # fmt: skip
            self.trouble = ui.element("div")
        with ui.element("div").classes("halves"):
            with panel(say("previews"), made=True):
                self.preview = (
                    ui.element("img")
                    .classes("pixels")
                    .props(f'alt="{say("previews")}" data-testid=preview')
                )
                self.preview.set_visibility(False)
                self.at = ui.label().classes("quiet")
                with ui.element("div").classes("line"):
                    self.play = ui.button(icon="play_arrow", on_click=self._toggle).props(
                        f'flat round aria-label="{say("play")}"'
                    )
                    self.scrub = ui.slider(min=0, max=1, step=1, value=0).props(
                        f'aria-label="{say("previews")}"'
                    ).style("flex: 1")  # fmt: skip
                self.scrub.on_value_change(self._show_preview)
            with ui.element("div"):
                with panel(say("health")):
                    self.lamps = ui.element("div").classes("lamps").props("data-testid=lamps")
                self.charts = {"d": self._chart("verdicts", 0.0, 1.0)}
        with ui.element("div").classes("halves"):
            self.charts["loss"] = self._chart("losses", None, None)
            self.charts["score"] = self._chart("score", 0.0, None)
        self.timer = ui.timer(FRAME, self._next, active=False)

    def _chart(
        self, key: str, low: float | None, high: float | None
    ) -> tuple[ui.element, ui.echart]:
        with panel(self.place.say(key)) as card:
            ui.label(self.place.say(f"{key}_means")).classes("quiet")
            chart = ui.echart(
                {
                    "animation": False,
                    "grid": {"left": 56, "right": 16, "top": 34, "bottom": 28},
                    "legend": {"top": 0, "textStyle": {"color": FAINT}},
                    "tooltip": {"trigger": "axis"},
                    "xAxis": {"type": "value", "min": 0, "axisLabel": AXIS, "splitNumber": 4,
                              "splitLine": {"show": False}},
                    "yAxis": {"type": "value", "min": low, "max": high, "scale": low is None,
                              "axisLabel": AXIS,
                              "splitLine": {"lineStyle": {"color": FAINT, "opacity": 0.25}}},
                    "series": [],
                }
            ).style("height: 240px")  # fmt: skip
        card.set_visibility(False)
        return card, chart

    async def refresh(self) -> None:
        """Draw what has changed since the last look."""
        try:
            found = await asyncio.to_thread(self.runs.progress, self.name)
        except UserError as error:
            self.trouble.clear()
            with self.trouble:
                trouble(self.place.say.told(str(error)))
            self._seen = (-1, -1, "")  # so that the next good look takes it away
            return
        job = self.runs.job(self.name)
        state = self.runs.state(self.name, job)
        seen = (0, 0, state)
        if found is not None:  # sentences come when the manifest is written, which is no row
            seen = (len(found.rows) + len(found.sentences), len(found.previews), state)
        if seen == self._seen:
            return
        before, self._seen = self._seen, seen
        self._draw_state(found, state, job.error if job is not None else "")
        if found is not None:
            self._draw_previews(found, grown=seen[1] != before[1])
            self._draw_lamps(found)
            self._draw_curves(found)

    def _draw_state(self, found: Progress | None, state: str, error: str) -> None:
        say = self.place.say
        self.state.set_text(say(f"state_{state}"))
        active = state in ("queued", "running")
        self.stop.set_visibility(active)
        self.resume.set_visibility(not active and state != "done" and found is not None)
        model = (self.place.desk.runs / self.name / "model" / "model.safetensors").is_file()
        self.play_with.set_visibility(model)
        self.trouble.clear()
        if error and state == "failed":
            with self.trouble:
                trouble(say.told(error))
        if found is None:
            self.eta.set_text("")
            return
        self.bar.set_value(found.share)
        total = found.recipe.samples  # the last batch may go a little beyond
        told = say("so_far", samples=f"{min(found.samples, total):,}", total=f"{total:,}")
        if active and found.speed > 0:
            left = say("eta", speed=f"{found.speed:,.0f}", time=_clock(found.seconds_left))
            told = f"{told} · {left}"
        self.eta.set_text(told)

    def _draw_previews(self, found: Progress, *, grown: bool) -> None:
        if not found.previews or not grown:
            return
        # Who looks at the newest one goes on doing so.
        follows = not self._previews or int(self.scrub.value or 0) >= len(self._previews) - 1
        self._previews, self._total = list(found.previews), found.recipe.samples
        self.scrub.props["max"] = max(len(self._previews) - 1, 1)
        self.scrub.update()
        if follows:
            self.scrub.set_value(len(self._previews) - 1)
        self._show_preview()

    def _show_preview(self) -> None:
        if not self._previews:
            return
        samples, path = self._previews[min(int(self.scrub.value or 0), len(self._previews) - 1)]
        try:
            self.preview.props["src"] = data_address(path.read_bytes(), "image/png")
        except OSError:
            return  # a roll-back has removed it
        self.preview.set_visibility(True)
        self.preview.update()
        self.at.set_text(self.place.say("after", samples=f"{min(samples, self._total):,}"))

    def _toggle(self) -> None:
        self.timer.active = not self.timer.active
        self.play.props(f"icon={'pause' if self.timer.active else 'play_arrow'}")

    def _next(self) -> None:
        if self._previews:
            self.scrub.set_value((int(self.scrub.value or 0) + 1) % len(self._previews))

    def _draw_lamps(self, found: Progress) -> None:
        say = self.place.say
        self.lamps.clear()
        with self.lamps:
            if not found.lit:
                ui.label(say("healthy" if found.rows else "no_numbers")).classes("quiet")
            for name in sorted(LAMPS, key=lambda name: name not in found.lit):
                lit, dark = name in found.lit, name not in found.measured
                look = " on" if lit else " off" if dark else ""
                with ui.element("div").classes(f"lamp{look}").props(f"data-testid=lamp-{name}"):
                    state = say("lamp_lit" if lit else "not_measured" if dark else "lamp_well")
                    ui.element("i").props(f'role=img aria-label="{state}"')
                    with ui.element("div"):
                        ui.label(say(f"lamp_{name}"))
                        if dark and not lit and found.rows:
                            ui.label(state).classes("quiet")
                        for line in why(found, name, say):
                            ui.label(line).classes("quiet").style("overflow-wrap: anywhere")

    def _draw_curves(self, found: Progress) -> None:
        drawn = {
            "d": [found.curve("d_real"), found.curve("d_fake")],
            "loss": found.losses(),
            "score": [found.curve("score")],
        }
        for key, curves in drawn.items():
            card, chart = self.charts[key]
            some = [curve for curve in curves if curve.points]
            card.set_visibility(bool(some))
            chart.options["series"] = [_series(curve, self.place) for curve in some]
            chart.update()

    def _stop(self) -> None:
        self.runs.stop(self.name)
        self._seen = (-1, -1, "")

    def _resume(self) -> None:
        self.place.calm()
        try:
            self.runs.resume(self.name)
        except UserError as error:
            self.place.warn(error)
        self._seen = (-1, -1, "")


def why(found: Progress, name: str, say: Say) -> list[str]:
    """What is said beside a lamp that is lit: what the run itself said, else what it means."""
    if name not in found.lit:
        return []
    since = say("since", samples=f"{found.lit[name]:,}")
    own = found.sentences.get(name, "")
    return [f"{say.told(own) if own else say(f'why_{name}')} ({since})"]


def _series(curve: Curve, place: Place) -> dict[str, Any]:
    colour = COLOURS.get(curve.name, FAINT)
    return {
        "type": "line", "name": place.say.or_itself(f"curve_{curve.name}", curve.name),
        "showSymbol": len(curve.points) < 30, "data": [list(point) for point in curve.points],
        "lineStyle": {"color": colour, "width": 2}, "itemStyle": {"color": colour},
    }  # fmt: skip


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "-"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
