"""Judge: the report of a model, and two of them on the same seeds."""

from __future__ import annotations

import asyncio
import functools

from nicegui import ui

from sparring.core.errors import UserError
from sparring.generation.sampler import Sampler
from sparring.serve.jobs import CANCELLED
from sparring.studio.asking_form import model_field
from sparring.studio.shell import Place, panel, tell, trouble
from sparring.studio.showing import Shown, sheet, shown

PATH, TITLE, ICON, ORDER = "/judge", "judge", "balance", 60
SAME = 12  # samples of each, on the same seeds
Sample = tuple[Shown, str]
"""What is seen or read, and its classes."""


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
                frame = ui.element("iframe").classes("paper")
                frame.props["sandbox"] = ""
                frame.props(f'src="{address}?{moment}" title="{say("report")}"')
        await self._same_seeds(models)

    async def _same_seeds(self, models: list[str]) -> None:
        desk = self.place.desk
        found: list[list[Sample] | UserError] = []
        for name in models if len(set(models)) > 1 else ():
            try:
                sampler = await asyncio.to_thread(desk.sampler, name)
                found.append(await desk.worked(functools.partial(_drawn, sampler)))
            except UserError as error:
                found.append(error)
        if models != self.models:
            return
        self.same.clear()
        if found:
            with self.same, panel(self.place.say("same_seeds"), made=True), _halves():
                for name, each in zip(models, found, strict=True):
                    self._half(name, each)

    def _half(self, name: str, found: list[Sample] | UserError) -> None:
        say = self.place.say
        with ui.element("div"):
            ui.label(name).classes("panel-title")
            if isinstance(found, UserError):
                trouble(say.told(str(found)))
                return
            alone = len(found) == 1
            with ui.element("div").classes("" if alone or found[0][0].text else "tiles"):
                for each, words in found:
                    if each.text:
                        ui.label(each.text).classes("text").style("padding: .4rem 0")
                        continue
                    told = words or say("samples_of", model=name)
                    with ui.element("figure").classes("moment"):
                        picture = ui.element("img").classes("pixels")
                        # Classes are words of whoever made the model; props() would read them.
                        picture.props["src"], picture.props["alt"] = each.picture, told
                        ui.label(words).classes("quiet").style("overflow-wrap: anywhere")

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
        self.status.set_text(self._told(next((line for line in reversed(lines) if line), "")))
        if job.is_over:
            self.timer.deactivate()
            self._busy(False)
            self.status.set_text("")
            if job.error and job.status != CANCELLED:
                self.place.warn(UserError(job.error))
            await self.show()

    def _told(self, line: str) -> str:
        """A line of progress, which is English as the command line says it."""
        say = self.place.say
        what, by, who = line.partition(", by ")
        if by:
            return say("by_whom", what=say.told(what), who=who)
        return say.told(line) if line else say("judging")

    def _busy(self, busy: bool) -> None:
        self.button.set_enabled(not busy)
        self.stop.set_visibility(busy)


def _drawn(sampler: Sampler) -> list[Sample]:
    """Some samples with their words; those without words on one sheet."""
    writes = sampler.spec.symbols is not None
    made = sampler.generate(4 if writes else SAME, seed=0)
    if not writes and not any(made.captions):
        return [(Shown(sheet(made.modality, made.samples, 4)), "")]
    words = made.captions or [""] * len(made.samples)
    return [
        (shown(made.modality, sample), each)
        for sample, each in zip(made.samples, words, strict=True)
    ]


def _halves() -> ui.element:
    return ui.element("div").classes("halves")
