"""The form on which one says what shall be made."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from nicegui import ui

from sparring.core.errors import UserError
from sparring.studio.making import MOST, Asked
from sparring.studio.shell import Place, named

LARGEST_SEED = 10**9  # of those that the dice throw, which is as long a number as one likes to read


class LabelFields:
    """One choice for each label set of a model.

    Args:
        place: the page.
        changed: called where a person chooses.
        whole: whether a class must be chosen, so that there is no "any".
    """

    def __init__(self, place: Place, changed: Callable[[], object], *, whole: bool = False) -> None:
        self.place, self.changed, self.whole = place, changed, whole
        self.fields: dict[str, ui.select] = {}
        self.box = ui.element("div").classes("form")

    def draw(self, model: str, chosen: Mapping[str, str]) -> None:
        """The label sets of this model."""
        self.box.clear()
        self.fields = {}
        labels = self.place.desk.describe(model).labels
        with self.box:
            for name, classes in labels.items():
                any_of = {} if self.whole else {"": self.place.say("any")}
                now = chosen.get(name, classes[0] if self.whole else "")
                now = now if now in classes or not self.whole else classes[0]
                self.fields[name] = ui.select(
                    {**any_of, **{each: each for each in classes}},
                    value=now if now in classes else next(iter(any_of), classes[0]),
                    label=name, on_change=self.changed,
                ).props("dense outlined options-dense")  # fmt: skip

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for."""
        return {name: str(each.value) for name, each in self.fields.items() if each.value}


def model_field(place: Place, changed: Callable[[], object]) -> ui.select:
    """The choice of a model; the one in the address first.

    Raises:
        UserError: there is none.
    """
    names = place.desk.names()
    if not names:
        raise UserError(place.say("no_models"))
    now = named(place, "model", names) or names[0]
    return ui.select(names, value=now, label=place.say("model"), on_change=changed).props(
        "dense outlined options-dense data-testid=model"
    )


class AskingForm:
    """Model, labels, seed, count, and how bold.

    Args:
        place: the page.
    """

    def __init__(self, place: Place) -> None:
        say = self.say = place.say
        self.place = place
        self.model = model_field(place, self._other_model)
        self.labels = LabelFields(place, lambda: None)
        with ui.element("div").classes("line"):
            self.seed = ui.number(say("seed"), value=0, min=0, precision=0, format="%d").props(
                "dense outlined data-testid=seed"
            ).style("flex: 1")  # fmt: skip
            ui.button(icon="casino", on_click=self.roll).props(
                f'flat round aria-label="{say("dice")}"'
            ).tooltip(say("dice"))
        self.count = ui.number(say("count"), value=8, min=1, max=MOST, precision=0).props(
            "dense outlined data-testid=count"
        )
        with ui.element("div").classes("form") as self.seen:
            self.truncation = self._slider("truncation", 0.05, 1.0, 1.0)
        with ui.element("div").classes("form") as self.read:
            self.temperature = self._slider("temperature", 0.1, 2.0, 1.0)
            self.top_p = self._slider("top_p", 0.05, 1.0, 1.0)
            self.prefix = ui.input(say("prefix")).props("dense outlined")
            self.verse = ui.input(say("verse"), placeholder="seven,rhyme,tones").props(
                "dense outlined"
            )
        self._other_model()

    def _slider(self, key: str, low: float, high: float, value: float) -> ui.slider:
        with ui.element("div"):
            label = ui.label()
            slider = ui.slider(min=low, max=high, step=0.05, value=value).props(
                f'aria-label="{self.say(key)}"'
            )
            label.bind_text_from(slider, "value", lambda v: f"{self.say(key)}: {v:.2f}")
            ui.label(self.say(f"{key}_means")).classes("quiet")
        return slider

    def _other_model(self) -> None:
        try:
            about = self.place.desk.describe(str(self.model.value))
            self.labels.draw(about.name, self.labels.chosen)
        except UserError as error:
            self.place.warn(error)
            return
        self.place.calm()
        writes = about.spec.symbols is not None
        self.read.set_visibility(writes)
        self.seen.set_visibility(not writes)

    def roll(self) -> None:
        """Another seed."""
        self.seed.set_value(secrets.randbelow(LARGEST_SEED))

    @property
    def asked(self) -> Asked:
        """What the form says.

        Raises:
            UserError: a field is empty.
        """
        if self.seed.value is None or self.count.value is None:
            raise UserError(self.say("fill_in"))
        plain = Asked(int(self.count.value), int(self.seed.value), self.labels.chosen)
        if self.seen.visible:
            return replace(plain, truncation=_number(self.truncation))
        return replace(
            plain,
            temperature=_number(self.temperature),
            top_p=_number(self.top_p),
            prefix=self.prefix.value or "",
            verse=self.verse.value or "",
        )

    def fill(self, model: str, asked: Asked) -> None:
        """Say the same as a wish, where the model is here."""
        if model in self.place.desk.names():
            self.model.set_value(model)
            self.labels.draw(model, asked.labels)
        self.seed.set_value(asked.seed)
        self.count.set_value(asked.count)
        self.truncation.set_value(asked.truncation)
        self.temperature.set_value(asked.temperature)
        self.top_p.set_value(asked.top_p)
        self.prefix.set_value(asked.prefix)
        self.verse.set_value(asked.verse)


def _number(slider: ui.slider) -> float:
    return round(float(slider.value or 0.0), 6)
