"""Train: begin one, and watch all that there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from nicegui import ui

from sparring.core.errors import UserError
from sparring.core.recipe import summaries
from sparring.data._inspect import inspect
from sparring.studio.run_view import RunView
from sparring.studio.runs import Runs
from sparring.studio.settings_form import SettingsForm
from sparring.studio.shell import Place, named, panel
from sparring.studio.sources import Source

PATH, TITLE, ICON, ORDER = "/train", "train", "fitness_center", 40

RECIPES = {"pictures": "folder", "recordings": "sounds", "texts": "text", "points": "ring"}
"""The recipe for data of one's own, by what they are called."""
OTHER = {"ring": {"data.name": "points_file"}}
"""What must be changed in a recipe that is made for other data."""
EVERY = 1.0  # seconds between two looks at the runs


def build(place: Place) -> None:
    """Draw the page."""
    TrainPage(place)


class TrainPage:
    """The list of runs, and beside it one of them or a new one."""

    def __init__(self, place: Place) -> None:
        say = place.say
        self.place = place
        self.runs = Runs(place.desk)
        self.open = named(place, "run", self.runs.names())
        with ui.element("div").classes("side-by-side"):
            with panel(say("runs")):
                ui.button(say("new_training"), icon="add", on_click=self.new).props(
                    "no-caps unelevated data-testid=new"
                ).style("width: 100%; margin-bottom: .6rem")
                self.list = ui.element("div").classes("form").props("data-testid=runs")
            with ui.element("div"):
                self.beside = ui.element("div")
        self.view: RunView | None = None
        self._drawn: list[tuple[str, str, int]] = []
        if self.open:
            self.show(self.open)
        else:
            self.new()
        ui.timer(EVERY, self.refresh)

    def new(self) -> None:
        """The form of a new training."""
        self.view, self.open = None, ""
        self.beside.clear()
        with self.beside:
            NewTraining(self.place, self.started)

    def show(self, name: str) -> None:
        """One run."""
        self.place.calm()
        self.open = name
        self.beside.clear()
        with self.beside:
            self.view = RunView(self.place, self.runs, name)

    def started(self, name: str) -> None:
        """A training has begun, or waits for its turn."""
        self.show(name)

    async def refresh(self) -> None:
        """Look at all runs, and draw what has changed."""
        rows = await asyncio.to_thread(self.runs.rows)
        key = [(row.name, row.state, round(row.share * 200)) for row in rows]
        if key != self._drawn:
            self._drawn = key
            self.list.clear()
            with self.list:
                if not rows:
                    ui.label(self.place.say("no_runs")).classes("quiet")
                for row in rows:
                    self._row(row.name, row.state, row.share)
        if self.view is not None:
            await self.view.refresh()

    def _row(self, name: str, state: str, share: float) -> None:
        say = self.place.say
        here = " here" if name == self.open else ""
        with ui.element("button").classes(f"tile run{here}").props(
            f'type=button data-testid="run-{name}"'
        ).on("click", lambda: self.show(name)):  # fmt: skip
            with ui.element("div").classes("line").style("justify-content: space-between"):
                ui.label(name).style("font-weight: 600; overflow-wrap: anywhere")
                ui.label(say(f"state_{state}")).classes("quiet")
            ui.linear_progress(share, show_value=False, size="6px").props(
                f'rounded aria-label="{name}"'
            )


class NewTraining:
    """Choose a recipe or data of one's own, change settings, start."""

    def __init__(self, place: Place, started: Callable[[str], None]) -> None:
        say = place.say
        self.place, self.started = place, started
        known = {row["name"]: row["summary"] for row in summaries()}
        with panel(say("new_training")), ui.element("div").classes("form"):
            self.recipe = ui.select(
                {name: f"{name}: {say.told(words)}" for name, words in known.items()},
                value=named(place, "recipe", known) or "digits_quick",
                label=say("recipe"), on_change=self._other, with_input=True,
            ).props("dense outlined options-dense data-testid=recipe")  # fmt: skip
            with ui.expansion(say("own_data"), icon="folder_open").classes("panel").style(
                "padding: 0; margin: 0"
            ), ui.element("div").classes("form"):  # fmt: skip
                Source(place, self._own)
                self.found = ui.label().classes("quiet")
            self.name = ui.input(say("run_name"), placeholder=str(self.recipe.value)).props(
                "dense outlined data-testid=run-name"
            )
            ui.button(say("start"), icon="play_arrow", on_click=self.start).props(
                "unelevated no-caps data-testid=start"
            )
            ui.label(say("settings")).classes("panel-title").props("role=heading aria-level=3")
            self.form = SettingsForm(place)
        self._other()

    def _other(self) -> None:
        self.name.props(f'placeholder="{self.recipe.value}"')
        self.form.open(str(self.recipe.value), {})

    async def _own(self, path: Path) -> None:
        report = await asyncio.to_thread(inspect, path)
        recipe = RECIPES[report.many]
        self.recipe.set_value(recipe)
        self.form.open(recipe, {**OTHER.get(recipe, {}), "data.path": str(path)})
        said = self.place.say.told
        lines = [f"{said(report.many)}: {report.count:,}.", *map(said, report.problems[:3])]
        self.found.set_text(" ".join(lines))
        self.name.set_value("".join(c if c.isalnum() or c in "-_" else "_" for c in path.stem))

    def start(self) -> None:
        """Begin, as a job."""
        self.place.calm()
        try:
            recipe = self.form.chosen
            job = self.place.desk.services.train(recipe, str(self.name.value or ""))
        except UserError as error:
            self.place.warn(error)
            return
        self.started(str(job.request["run"]))
