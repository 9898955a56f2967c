"""Data: problems first, then balance, copies, and a contact sheet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from nicegui import ui

from sparring.core.errors import UserError
from sparring.data._catalogue import catalogue
from sparring.studio.look import AXIS, REAL
from sparring.studio.looking import Look, look_at_place, look_at_set
from sparring.studio.shell import Place, panel, trouble
from sparring.studio.showing import data_address
from sparring.studio.sources import Source

PATH, TITLE, ICON, ORDER = "/data", "data", "folder_open", 70


def build(place: Place) -> None:
    """Draw the page."""
    say = place.say
    names = [line.name for line in catalogue() if not line.needs]

    async def by_name() -> None:
        place.calm()
        name = str(known.value)
        await draw(lambda: look_at_set(name))

    async def by_place(path: Path) -> None:
        await draw(lambda: look_at_place(path))

    async def draw(look: Callable[[], Look]) -> None:
        found.clear()
        with found, panel():
            ui.spinner()
            ui.label(say("looking")).classes("quiet")
        try:
            seen = await asyncio.to_thread(look)
        except UserError as error:
            found.clear()
            with found:
                trouble(say.told(str(error)))
            return
        found.clear()
        with found:
            _draw(place, seen)

    with ui.element("div").classes("halves"):
        with panel(say("known_sets")), ui.element("div").classes("line"):
            known = ui.select(names, value="mnist_5k" if "mnist_5k" in names else names[0]).props(
                f'dense outlined options-dense data-testid=dataset aria-label="{say("known_sets")}"'
            ).style("flex: 1")  # fmt: skip
            ui.button(say("look"), icon="search", on_click=by_name).props(
                "no-caps outline data-testid=look-set"
            )
        with panel(say("own_data")):
            Source(place, by_place)
    found = ui.element("div").props("data-testid=found aria-live=polite")


def _draw(place: Place, look: Look) -> None:
    say = place.say
    with panel(say("problems")) as card:
        card.props("data-testid=problems")
        if not look.problems:
            ui.label(say("no_problems"))
        for sentence in look.problems:
            with ui.element("div").classes("lamp on"):
                ui.element("i").props("aria-hidden=true")
                ui.label(say.told(sentence))
    with ui.element("div").classes("halves"):
        with panel(look.title):
            ui.label(say("examples", count=f"{look.count:,}"))
            for line in look.facts:
                ui.label(say.told(line)).classes("quiet").style("overflow-wrap: anywhere")
        for label, counts in look.balance.items():
            with panel(f"{say('balance')}: {label}"):
                _bars(counts)
    if look.copies:
        with panel(say("copies")):
            for words, pictures in look.copies:
                with ui.element("div").classes("line").style("margin-bottom: .4rem"):
                    for content in pictures:
                        ui.element("img").props(
                            f'src="{data_address(content, "image/png")}" alt=""'
                        ).style("image-rendering: pixelated; max-height: 96px")
                    ui.label(words).classes("quiet").style("overflow-wrap: anywhere")
    if look.sheet or look.texts:
        with panel(say("contact_sheet")):
            if look.sheet:
                ui.element("img").props(
                    f'src="{data_address(look.sheet, "image/png")}" alt="{say("contact_sheet")}"'
                ).style("max-width: 100%; image-rendering: pixelated")
            for text in look.texts:
                ui.label(text).style("white-space: pre-wrap; margin-bottom: .5rem")


def _bars(counts: Mapping[str, int]) -> None:
    ui.echart(
        {
            "animation": False,
            "grid": {"left": 8, "right": 8, "top": 10, "bottom": 4, "containLabel": True},
            "tooltip": {"trigger": "axis"},
            "xAxis": {"type": "category", "data": [*counts], "axisLabel": AXIS},
            "yAxis": {"type": "value", "axisLabel": AXIS},
            "series": [{"type": "bar", "data": [*counts.values()], "itemStyle": {"color": REAL}}],
        }
    ).style("height: 220px")
