"""Explore: drag over a map of latent space, push along directions, walk from A to B."""

from __future__ import annotations

import asyncio
import functools

from nicegui import ui
from torch import Tensor

from sparring.core.errors import UserError
from sparring.generation.sampler import Sampler
from sparring.studio.asking_form import LabelFields, model_field
from sparring.studio.atlas import Plane, condition_of, first_of, glimpse
from sparring.studio.making import Asked, make
from sparring.studio.map import Map
from sparring.studio.nearest import Nearest
from sparring.studio.pushes import Pushes
from sparring.studio.shell import Place, panel, tell
from sparring.studio.showing import Shown, View, sheet, shown, shown_whole
from sparring.studio.walk import Walk

PATH, TITLE, ICON, ORDER = "/explore", "explore", "explore", 30
SIDE = 9  # samples along each side of the map's ground
REST = 0.3  # seconds without a move after which the nearest training example is looked for


def build(place: Place) -> None:
    """Draw the page."""
    Explorer(place)


class Explorer:
    """One person's place in one model's latent space."""

    def __init__(self, place: Place) -> None:
        say = place.say
        self.place = place
        self.seed, self.x, self.y = 0, 0.0, 0.0
        self.sampler: Sampler | None = None
        self.plane: Plane | None = None
        self.sample: Tensor | None = None
        self.latent: Tensor | None = None
        self._wanted = self._busy = False
        with ui.element("div").classes("explore"):
            with ui.element("div").classes("explore-form"), panel(), _form():
                self.model = model_field(place, self.open)
                self.labels = LabelFields(place, self.open_labels, whole=True)
                ui.button(say("other_map"), icon="shuffle", on_click=self.other_map).props(
                    "no-caps outline"
                )
                self.pushes = Pushes(place, self.look)
            with panel(say("map"), made=True):
                self.map = Map(say, self.go)
                ui.label(say("map_means")).classes("quiet")
            with panel(say("here"), made=True), _twins():
                with ui.element("div"):
                    self.view = View(say("here"))
                    ui.button(say("keep"), icon="bookmark_add", on_click=self.keep).props(
                        "no-caps data-testid=keep"
                    ).style("margin-top: .6rem")
                with ui.element("div"):
                    self.nearest = Nearest(place)
        self.walk = Walk(place, lambda: (str(self.model.value), self.labels.chosen))
        self.resting = ui.timer(REST, self.rest, active=False)
        ui.timer(0.05, self.open, once=True)

    async def open(self) -> None:
        """Another model: its labels, its map."""
        self.place.calm()
        try:
            self.labels.draw(str(self.model.value), self.labels.chosen)
            self.sampler = await asyncio.to_thread(self.place.desk.sampler, str(self.model.value))
        except UserError as error:
            self.place.warn(error)
            return
        self.nearest.open(str(self.model.value))
        await self.open_labels()

    async def open_labels(self) -> None:
        """Other classes: the same map of others."""
        if self.sampler is None:
            return
        self.plane = Plane.through(self.sampler, self.seed)
        self.pushes.forget()
        await self.look()
        ground = functools.partial(self._ground, self.sampler, self.plane)
        self.map.lay(await self.place.desk.worked(ground))
        await self.pushes.open(str(self.model.value), self.labels.chosen)

    def _ground(self, sampler: Sampler, plane: Plane) -> str:
        if sampler.spec.symbols is not None:
            return ""  # texts so small could not be read
        condition = condition_of(sampler, self.labels.chosen, SIDE * SIDE)
        return sheet(sampler.modality, sampler(plane.grid(SIDE), condition), SIDE)

    async def other_map(self) -> None:
        """Three other seeds."""
        self.seed += 3
        await self.open_labels()

    async def go(self, x: float, y: float) -> None:
        """To another place."""
        self.x, self.y = x, y
        await self.look()

    async def look(self) -> None:
        """Show what is here; where one moves on meanwhile, only the last place is shown."""
        self._wanted = True
        if self._busy:
            return
        self._busy = True
        try:
            while self._wanted:
                self._wanted = False
                await self._draw()
        finally:
            self._busy = False

    async def _draw(self) -> None:
        sampler, plane = self.sampler, self.plane
        if sampler is None or plane is None:
            return
        latent = self.latent = plane.at(self.x, self.y, self.pushes.push)
        condition = condition_of(sampler, self.labels.chosen)

        def compute() -> tuple[Tensor, Shown]:
            sample = glimpse(sampler, latent, condition)
            return sample, shown(sampler.modality, sample)

        self.sample, picture = await self.place.desk.worked(compute)
        self.view.show(picture)
        self.resting.deactivate()
        self.resting.activate()

    async def rest(self) -> None:
        """Where one stays: the sound, and the nearest training example."""
        self.resting.deactivate()
        sampler = self.sampler
        sample = self.sample
        if sampler is None or sample is None or self._busy:
            return
        try:
            full = await self._heard(sampler, sample)
        except UserError as error:
            self.place.warn(error)
            return
        if sample is self.sample:
            if full is not None:
                self.view.show(full)
            await self.nearest.show(sample)

    async def _heard(self, sampler: Sampler, sample: Tensor) -> Shown | None:
        """What is here as a file would hold it; None where there is nothing to be heard."""
        modality, asked = sampler.modality, self._asked(sampler)
        if asked is None or not modality.clips(modality.to_raw(sample[None])):
            return None

        ((made, _),) = await self.place.desk.worked(lambda: make(sampler, asked))
        return await asyncio.to_thread(shown_whole, made, 0)

    def _asked(self, sampler: Sampler) -> Asked | None:
        """The wish that makes what is here; None where nothing is."""
        if self.latent is None:
            return None
        labels = first_of(sampler, self.labels.chosen)
        return Asked(1, self.seed, labels, latent=tuple(self.latent.tolist()))

    async def keep(self) -> None:
        """Put what is here on the shelf."""
        model, sampler, say = str(self.model.value), self.sampler, self.place.say
        asked = self._asked(sampler) if sampler is not None else None
        if sampler is None or asked is None:
            return

        desk = self.place.desk
        self.place.calm()
        try:
            made = await desk.worked(lambda: make(sampler, asked))
            await asyncio.to_thread(desk.pieces.add, made, model)
            tell(say("kept"))
        except UserError as error:
            self.place.warn(error)


def _form() -> ui.element:
    return ui.element("div").classes("form")


def _twins() -> ui.element:
    return ui.element("div").classes("twins")
