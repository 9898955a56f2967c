"""The training example beside what was made."""

from __future__ import annotations

import asyncio

from nicegui import ui
from torch import Tensor

from sparring.core.errors import UserError
from sparring.studio.neighbours import Neighbour, Neighbours
from sparring.studio.shell import Place
from sparring.studio.showing import Shown, View, shown_real

COPY = 0.5  # of the usual distance between neighbours, below which one should look twice


class Nearest:
    """Shows the nearest training example, and how near it is.

    Args:
        place: the page.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._model = ""
        say = place.say
        self.view = View(say("nearest"))
        ui.label(say("nearest")).classes("panel-title").props("role=heading aria-level=3")
        self.words = ui.label().classes("quiet").props("data-testid=nearest aria-live=polite")

    def open(self, model: str) -> None:
        """Another model has other data."""
        self._model = model
        self.view.show(Shown())
        self.words.set_text("")

    async def show(self, sample: Tensor) -> None:
        """The one nearest to this sample."""
        say, model = self.place.say, self._model
        if not self.place.desk.knows_neighbours(model):
            self.words.set_text(say("nearest_wait"))
        try:
            found = await asyncio.to_thread(self.place.desk.neighbours, model)
            near = await asyncio.to_thread(found.nearest, sample)
        except UserError as error:
            self.words.set_text(say.told(str(error)))
            return
        if model == self._model:
            self.view.show(await asyncio.to_thread(shown_real, found.modality, near.sample))
            self.words.set_text(self._told(found, near))

    def _told(self, found: Neighbours, near: Neighbour) -> str:
        say = self.place.say
        ratio = near.distance / max(near.usual, 1e-9)
        key = "nearest_copy" if ratio < COPY else "nearest_far"
        seen = f"{len(found):,}" if len(found) == found.of else f"{len(found):,} / {found.of:,}"
        how = say("by_extractor", name=found.by.split(" ")[0]) if found.by else say("by_values")
        return f"{say(key, ratio=f'{ratio:.2f}')} {say('looked_through', count=seen)} {how}"
