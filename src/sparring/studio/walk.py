"""From A to B: a strip of samples that can be played and scrubbed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from nicegui import ui

from sparring.core.errors import UserError
from sparring.generation.explore import interpolate
from sparring.generation.sampler import Sampler
from sparring.studio.shell import Place, panel
from sparring.studio.showing import Shown, View, sheet, shown_whole

FRAME = 0.18  # seconds
MOST = 32  # steps


class Walk:
    """The panel.

    Args:
        place: the page.
        chosen: the model and the labels that are chosen now.
    """

    def __init__(self, place: Place, chosen: Callable[[], tuple[str, Mapping[str, str]]]) -> None:
        say = place.say
        self.place, self.chosen = place, chosen
        self.frames: list[Shown] = []
        with panel(say("walk"), made=True):
            with ui.element("div").classes("line"):
                self.start, self.end, self.steps = (
                    ui.number(say(key), value=value, min=low, max=high, precision=0).props(
                        "dense outlined"
                    ).style("width: 8rem")
                    for key, value, low, high in (
                        ("from_seed", 1, 0, None), ("to_seed", 2, 0, None), ("steps", 12, 2, MOST)
                    )
                )  # fmt: skip
                self.button = ui.button(
                    say("walk_go"), icon="directions_walk", on_click=self.go
                ).props("no-caps data-testid=walk")
            self.strip = ui.element("img").classes("pixels").props(f'alt="{say("walk")}"')
            self.strip.style("margin: .8rem 0; border-radius: 8px")
            with ui.element("div").classes("walk-stage") as self.stage:
                with ui.element("div").classes("walk-view"):
                    self.view = View(say("walk"))
                with ui.element("div").classes("line").style("flex: 1"):
                    self.play = ui.button(icon="play_arrow", on_click=self.toggle).props(
                        f'round aria-label="{say("play")}" data-testid=play'
                    )
                    self.place_on = ui.slider(min=0, max=1, step=1, value=0).props(
                        f'aria-label="{say("walk")}"'
                    ).style("flex: 1; min-width: 8rem")  # fmt: skip
            self.place_on.on_value_change(self._show)
        for element in (self.strip, self.stage):
            element.set_visibility(False)
        self.timer = ui.timer(FRAME, self._next, active=False)

    async def go(self) -> None:
        """Make the walk."""
        model, labels = self.chosen()
        self.place.calm()
        self.button.disable()
        try:
            seeds = [int(self.start.value or 0), int(self.end.value or 0)]
            sampler = await asyncio.to_thread(self.place.desk.sampler, model)
            steps = int(self.steps.value or 2)
            strip, self.frames = await self.place.desk.worked(
                lambda: _walked(sampler, seeds, steps, labels)
            )
        except UserError as error:
            self.place.warn(error)
            return
        finally:
            self.button.enable()
        self.strip.set_visibility(bool(strip))
        if strip:
            self.strip.props["src"] = strip
            self.strip.update()
        self.stage.set_visibility(True)
        self.place_on.props["max"] = len(self.frames) - 1
        self.place_on.update()
        self.place_on.set_value(0)
        self._show()

    def toggle(self) -> None:
        """Play, or stop."""
        self.timer.active = not self.timer.active
        self.play.props(f"icon={'pause' if self.timer.active else 'play_arrow'}")

    def _next(self) -> None:
        if self.frames:
            self.place_on.set_value((int(self.place_on.value or 0) + 1) % len(self.frames))

    def _show(self) -> None:
        if self.frames:
            self.view.show(self.frames[min(int(self.place_on.value or 0), len(self.frames) - 1)])


def _walked(
    sampler: Sampler, seeds: list[int], steps: int, labels: Mapping[str, str]
) -> tuple[str, list[Shown]]:
    made = interpolate(sampler, seeds, steps=min(steps, MOST), labels=labels)
    frames = [shown_whole(made, number) for number in range(len(made))]
    texts = made.modality.spec.symbols is not None
    return "" if texts else sheet(made.modality, made.samples, len(made)), frames
