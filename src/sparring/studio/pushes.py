"""Sliders along the directions in which samples differ most."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import torch
from jaxtyping import Float
from nicegui import ui
from torch import Tensor

from sparring.core.errors import UserError
from sparring.studio.atlas import Directions
from sparring.studio.shell import Place

FAR = 4.0  # standard deviations of a latent; further out a network has never been


class Pushes:
    """The sliders.

    Args:
        place: the page.
        changed: called where one is moved.
    """

    def __init__(self, place: Place, changed: Callable[[], Awaitable[None]]) -> None:
        self.place, self.changed = place, changed
        self._found: Directions | None = None
        self._sliders: list[ui.slider] = []
        self.box = ui.element("div").classes("form")

    @property
    def values(self) -> tuple[float, ...]:
        """How far each is pushed."""
        return tuple(float(slider.value or 0.0) for slider in self._sliders)

    @property
    def push(self) -> Float[Tensor, " latent"] | None:
        """What that adds to a latent; None where nothing is pushed."""
        if self._found is None or not any(self.values):
            return None
        return torch.tensor(self.values) @ self._found.steps

    def forget(self) -> None:
        """There are no directions yet."""
        self._found = None
        self._sliders = []
        self.box.clear()
        with self.box:
            ui.label(self.place.say("directions_wait")).classes("quiet")

    async def open(self, model: str, labels: Mapping[str, str]) -> None:
        """Those of a model."""
        say, desk = self.place.say, self.place.desk
        try:
            await asyncio.to_thread(desk.sampler, model)  # loading needs no turn of the device
            found = await desk.worked(lambda: desk.directions(model, labels))
        except UserError as error:
            self.place.warn(error)
            return
        self._found = found
        self.box.clear()
        with self.box:
            ui.label(say("directions")).classes("panel-title").props("role=heading aria-level=2")
            ui.label(say("directions_mean")).classes("quiet")
            for number, share in enumerate(found.shares, 1):
                words = say("direction", number=number, share=f"{share:.0%}")
                with ui.element("div"):
                    ui.label(words).classes("quiet")
                    slider = ui.slider(min=-FAR, max=FAR, step=0.1, value=0.0).props(
                        f'aria-label="{words}"'
                    )
                slider.on_value_change(self.changed)
                self._sliders.append(slider)
            ui.button(say("reset"), icon="restart_alt", on_click=self._reset).props("flat no-caps")

    async def _reset(self) -> None:
        for slider in self._sliders:
            slider.set_value(0.0)
        await self.changed()
