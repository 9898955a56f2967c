"""The form of a recipe's settings, drawn from the schema of its components."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from nicegui import events, ui

from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.studio.settings import CHOICE, NUMBER, SWITCH, WHOLE, Field, changed, groups
from sparring.studio.shell import Place, trouble

OPEN = ("", "data")  # groups that are shown at once


class SettingsForm:
    """Fields for everything that a recipe may say.

    Args:
        place: the page.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.recipe = ""
        self._given: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self.box = ui.element("div").classes("form")

    def open(self, recipe: str, given: Mapping[str, Any]) -> None:
        """The settings of this recipe, with some given already."""
        self.recipe, self._given = recipe, dict(given)
        self._draw()

    @property
    def chosen(self) -> Recipe:
        """The recipe as the form has it.

        Raises:
            UserError: a value that it cannot have; the sentence names it.
        """
        return Recipe.read(self.recipe, self._given)

    def _draw(self) -> None:
        self.box.clear()
        with self.box:
            try:
                drawn = groups(self.chosen)
            except UserError as error:
                trouble(self.place.say.told(str(error)))
                return
            self._before = {f.key: f.value for fields in drawn.values() for f in fields}
            for name, fields in drawn.items():
                if not name:
                    self._fields(fields)
                    continue
                with ui.expansion(name, value=name in OPEN).classes("panel").style(
                    "padding: 0; margin: 0"
                ), ui.element("div").classes("form"):  # fmt: skip
                    self._fields(fields)

    def _fields(self, fields: list[Field]) -> None:
        for each in fields:
            words = self.place.say.told(each.help)
            field = _drawn(each, words)
            field.on_value_change(functools.partial(self._take, each))
            if words:
                field.tooltip(words)

    def _take(self, field: Field, event: events.ValueChangeEventArguments[Any]) -> None:
        value = event.value
        if field.kind == WHOLE and value is not None:
            value = int(value)
        try:
            taken = changed(self._before, {field.key: value})
        except UserError as error:
            self.place.warn(error)
            return
        self.place.calm()
        self._given.pop(field.key, None)
        self._given.update(taken)
        if field.name == "name":  # another component has other settings
            where = field.key.rpartition(".")[0]
            stale = [k for k in self._given if k.startswith(f"{where}.") and k != field.key]
            for key in stale:
                del self._given[key]
            self._draw()


def _drawn(field: Field, words: str) -> Any:
    props = "dense outlined options-dense" + (f' hint="{words}"' if words else "")
    props = props.replace("'", "’")
    match field.kind:
        case kind if kind == CHOICE:
            made = ui.select(list(field.choices), value=field.value, label=field.name)
        case kind if kind == SWITCH:
            return ui.switch(field.name, value=bool(field.value))
        case kind if kind == WHOLE:
            made = ui.number(
                field.name, value=field.value, min=field.low, max=field.high, precision=0,
                format="%d",
            )  # fmt: skip
        case kind if kind == NUMBER:
            made = ui.number(field.name, value=field.value, min=field.low, max=field.high)
        case _:
            made = ui.input(field.name, value=str(field.value))
    return made.props(props).props(f'data-testid="{field.key}"')
