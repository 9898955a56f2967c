"""What one may change in a lesson."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from sparring.core.recipe import Recipe
from sparring.studio.scenes import FACTORS, LOSSES, RATES, SHAPES, WIDTHS
from sparring.studio.words import Say

ANEW = True
"""A change that only takes effect from the beginning."""
OWN = "own"
"""The choice that stands for a drawing."""


Chosen = Callable[[dict[str, Any], bool], None]
"""Called with the settings that somebody changed, by dotted key, and whether they begin anew."""


class LessonForm:
    """Choices of data, loss, rates and widths.

    Args:
        say: the reader's language.
        chosen: hears what was changed.
    """

    def __init__(self, say: Say, chosen: Chosen) -> None:
        self._say, self._chosen, self._silent = say, chosen, False
        with ui.element("div").classes("choices"):
            self.shape = self._select("data_shape", self._shapes(drawn=False), self._shape)
            self.loss = self._select("loss", {n: say(f"loss_{n}") for n in LOSSES}, self._loss)
            self.rate = self._select("rate", _named(RATES), self._rate)
            self.factor = self._select("factor", _named(FACTORS), self._factor)
            self.generator = self._select("width_generator", _named(WIDTHS), self._width_generator)
            self.discriminator = self._select(
                "width_discriminator", _named(WIDTHS), self._width_discriminator
            )
        ui.label(say("loss_means")).classes("quiet")

    def show(self, recipe: Recipe) -> None:
        """What a lesson has, without telling anyone."""
        self._silent = True
        try:
            # A drawing has no name, and is a choice only while there is one.
            shape = recipe.data.get("shape", OWN)
            self.shape.set_options(self._shapes(drawn=shape == OWN), value=shape)
            self.loss.set_value(recipe.objective["name"])
            adam = recipe.optimiser
            _put(self.rate, adam.learning_rate.start, RATES)
            _put(self.factor, adam.discriminator_factor, FACTORS)
            for field, player in (
                (self.generator, "generator"), (self.discriminator, "discriminator")
            ):  # fmt: skip
                _put(field, recipe.networks[player]["widths"][0], WIDTHS)
        finally:
            self._silent = False

    def _select(self, key: str, options: Mapping[Any, str], heard: Any) -> ui.select:
        def changed() -> None:
            if not self._silent:
                heard()

        field = ui.select(dict(options), label=self._say(key), on_change=changed)
        return field.props(f"dense outlined options-dense data-testid={key}")

    def _shapes(self, *, drawn: bool) -> dict[str, str]:
        names = [*SHAPES, *([OWN] if drawn else [])]
        return {name: self._say(f"shape_{name}") for name in names}

    def _shape(self) -> None:
        self._chosen({"data.name": "points", "data.shape": self.shape.value}, ANEW)

    def _loss(self) -> None:
        self._chosen({"objective.name": self.loss.value}, not ANEW)

    def _rate(self) -> None:
        self._chosen({"optimiser.learning_rate": self.rate.value}, not ANEW)

    def _factor(self) -> None:
        self._chosen({"optimiser.discriminator_factor": self.factor.value}, not ANEW)

    def _width_generator(self) -> None:
        self._chosen({"networks.generator.widths": (self.generator.value,) * 2}, ANEW)

    def _width_discriminator(self) -> None:
        self._chosen({"networks.discriminator.widths": (self.discriminator.value,) * 2}, ANEW)


def _named(values: Sequence[float]) -> dict[float, str]:
    return {value: f"{value:g}" for value in values}


def _put(field: ui.select, value: float, known: Sequence[float]) -> None:
    """Choose a value, among the usual ones."""
    field.set_options(_named(sorted({*known, value})), value=value)
