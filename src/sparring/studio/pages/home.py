"""Home: what one can do in five minutes, and models to play with."""

from __future__ import annotations

import asyncio

from nicegui import ui

from sparring.core.errors import UserError
from sparring.generation.sampler import Sampler
from sparring.studio.shell import Place, found, panel, trouble
from sparring.studio.showing import Shown, sheet, shown_whole

PATH, TITLE, ICON, ORDER = "/", "home", "home", 10

STEPS = (
    ("generate", "auto_awesome", "/generate"),
    ("explore", "explore", "/explore"),
    ("train", "fitness_center", "/train?recipe=digits_quick"),
    ("learn", "school", "/learn"),
    ("judge", "balance", "/judge"),
    ("data", "folder_open", "/data"),
)
MODELS = 8  # that are shown; each has to be loaded
TASTE = 6  # samples of each model


def build(place: Place) -> None:
    """Draw the page."""
    say = place.say
    with panel():
        ui.label(say("welcome")).style("font-size: 1.1rem; max-width: 60rem")
    ui.label(say("five_minutes")).classes("panel-title").props("role=heading aria-level=2")
    with ui.element("div").classes("tiles steps").style("margin: .6rem 0 1.2rem"):
        there = {page.title for page in found()}
        for key, icon, target in (step for step in STEPS if step[0] in there):
            with ui.link(target=target).classes("tile step"):
                ui.icon(icon, size="1.6rem", color="primary").props("aria-hidden=true")
                ui.label(say(key)).classes("panel-title")
                ui.label(say(f"{key}_does")).classes("quiet")
    ui.label(say("ready_models")).classes("panel-title").props("role=heading aria-level=2")
    with ui.element("div").classes("halves").style("margin-top: .6rem"):
        for name in place.desk.names()[:MODELS]:
            _model(place, name)


def _model(place: Place, name: str) -> None:
    say = place.say
    with panel(name, made=True) as card:
        try:
            about = place.desk.describe(name)
        except UserError as error:
            trouble(say.told(str(error)))
            return
        ui.label(say.told(about.summary)).classes("quiet")
        with ui.element("div").style("min-height: 90px; margin: .5rem 0") as shelf:
            ui.spinner()
        with ui.element("div").classes("line"):
            for key, target in (("generate", "generate"), ("explore", "explore"),
                                ("judge", "judge")):  # fmt: skip
                ui.button(
                    say(key), on_click=lambda t=target: ui.navigate.to(f"/{t}?model={name}")
                ).props("flat no-caps dense")
    card.props(f'data-testid="model-{name}"')

    async def taste() -> None:
        try:
            sampler = await asyncio.to_thread(place.desk.sampler, name)
            picture, first = await place.desk.worked(lambda: _taste(sampler))
        except UserError as error:
            shelf.clear()
            with shelf:
                trouble(say.told(str(error)))
            return
        shelf.clear()
        with shelf:
            if first.text:
                ui.label(first.text).classes("text").style("white-space: pre-wrap")
            else:
                words = say("samples_of", model=name).replace('"', "'")
                ui.element("img").props(f'src="{picture}" alt="{words}"').classes("taste")
            if first.sound:
                ui.element("audio").props(f'controls src="{first.sound}"')

    ui.timer(0.05, taste, once=True)


def _taste(sampler: Sampler) -> tuple[str, Shown]:
    """A few samples as one picture, and the first of them to be read or heard."""
    texts = sampler.modality.spec.symbols is not None
    made = sampler.generate(1 if texts else TASTE, seed=1)
    first = shown_whole(made, 0)
    return "" if texts else sheet(sampler.modality, made.samples, TASTE, made.captions), first
