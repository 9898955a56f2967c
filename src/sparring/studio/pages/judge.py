"""Judge: the report of a model, and two of them on the same seeds."""

from __future__ import annotations

import asyncio
import functools

from nicegui import ui

from sparring.core.errors import UserError
from sparring.generation.sampler import Sampler
from sparring.studio.asking_form import model_field
from sparring.studio.shell import Place, panel, tell, trouble
from sparring.studio.showing import Shown, sheet, shown

PATH, TITLE, ICON, ORDER = "/judge", "judge", "balance", 60
SAME = 12  # samples of each, on the same seeds


def build(place: Place) -> None:
    """Draw the page."""
    JudgePage(place)


class JudgePage:
    """One model, or two."""

    def __init__(self, place: Place) -> None:
        say = place.say
        self.place = place
        self.job = ""
        with panel(), ui.element("div").classes("line"):
            self.first = model_field(place, self.show)
            self.second = ui.select(
                {"": say("nothing"), **{name: name for name in place.desk.names()}},
                value="", label=say("compare_with"), on_change=self.show,
            ).props("dense outlined options-dense data-testid=second")  # fmt: skip
            for field in (self.first, self.second):
                field.style("min-width: 11rem")
            self.quick = ui.switch(say("quick"), value=True)
            self.button = ui.button(say("judge_now"), icon="balance", on_click=self.start).props(
                "no-caps data-testid=judge-now"
            )
            self.stop = ui.button(say("stop"), icon="stop", on_click=self.cancel).props(
                "no-caps outline color=negative"
            )
        self.stop.set_visibility(False)
        self.status = ui.label().classes("quiet").props("role=status aria-live=polite")
        self.same = ui.element("div")
        self.paper = ui.element("div")
        self.timer = ui.timer(0.5, self.look, active=False)
        ui.timer(0.05, self.show, once=True)

    @property
    def models(self) -> list[str]:
        """What is chosen."""
        return [str(each) for each in (self.first.value, self.second.value) if each]

    async def show(self) -> None:
        """The report that there is, and samples of the same seeds."""
        say, models = self.place.say, self.models
        self.place.calm()
        try:
            report = await asyncio.to_thread(self.place.desk.judgings.report, models, say.language)
        except UserError as error:
            self.paper.clear()
            self.same.clear()
            self.place.warn(error)
            return
        if models != self.models:
            return  # somebody has chosen others meanwhile
        self.paper.clear()
        with self.paper:
            if report is None:
                with panel():
                    ui.label(say("no_report")).classes("quiet")
            else:
                moment = report.stat().st_mtime_ns
                address = self.place.desk.address_of(report)
                # What a report says may come from anywhere; it gets no scripts and no cookies.
                ui.element("iframe").classes("paper").props(
                    f'src="{address}?{moment}" sandbox title="{say("report")}"'
                )
        await self._same_seeds(models)

    async def _same_seeds(self, models: list[str]) -> None:
        say, desk = self.place.say, self.place.desk
        self.same.clear()
        if len(models) < 2:
            return
        with self.same, panel(say("same_seeds"), made=True), _halves():
            for name in models:
                with ui.element("div"):
                    ui.label(name).classes("panel-title")
                    try:
                        sampler = await asyncio.to_thread(desk.sampler, name)
                        picture, texts = await desk.worked(functools.partial(_drawn, sampler))
                    except UserError as error:
                        trouble(say.told(str(error)))
                        continue
                    if picture:
                        ui.element("img").classes("pixels").props(
                            f'src="{picture}" alt="{say("samples_of", model=name)}"'
                        )
                    for each in texts:
                        ui.label(each.text).classes("text").style("padding: .4rem 0")

    def start(self) -> None:
        """Judge anew, as a job."""
        self.place.calm()
        if len(set(self.models)) < len(self.models):
            tell(self.place.say("two_different"))
            return
        request = {"models": self.models, "quick": bool(self.quick.value)}
        self.job = self.place.desk.judging.add("judge", request).id
        self._busy(True)
        self.timer.activate()

    def cancel(self) -> None:
        """Stop it."""
        self.place.desk.judging.cancel(self.job)

    async def look(self) -> None:
        """How far it is."""
        job = self.place.desk.judging.get(self.job)
        lines = [e.data.get("line", "") for e in self.place.desk.judging.events(self.job)]
        self.status.set_text(next((line for line in reversed(lines) if line), job.status))
        if job.is_over:
            self.timer.deactivate()
            self._busy(False)
            self.status.set_text("")
            if job.error:
                self.place.warn(UserError(job.error))
            await self.show()

    def _busy(self, busy: bool) -> None:
        self.button.set_enabled(not busy)
        self.stop.set_visibility(busy)


def _drawn(sampler: Sampler) -> tuple[str, list[Shown]]:
    made = sampler.generate(SAME if sampler.spec.symbols is None else 4, seed=0)
    if sampler.spec.symbols is not None:
        return "", [shown(made.modality, sample) for sample in made.samples]
    captions = made.captions if any(made.captions) else ()
    return sheet(made.modality, made.samples, 4, captions), []


def _halves() -> ui.element:
    return ui.element("div").classes("halves")
