"""Ready-made beginnings of a lesson: each makes one thing happen that is worth seeing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.data._shapes import ShapeName
from sparring.studio.lesson import Lesson

SHAPES: tuple[str, ...] = get_args(ShapeName)
LOSSES = (
    "minimax", "non_saturating", "least_squares", "hinge", "wasserstein_gp", "relativistic"
)  # fmt: skip
WIDTHS = (8, 16, 32, 64, 128)
RATES = (1e-4, 3e-4, 1e-3, 2e-3, 5e-3)
FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 300.0)
RECIPE = "ring"
"""The recipe that every lesson on points begins with."""
STILL: dict[str, Any] = {"training.ema_half_life": 0, "training.preview_count": 300}
"""What is seen is the generator itself, not its average."""
CORNER = ((0.75, 0.7), (0.8, 0.5), (0.6, 0.8))
DIGITS = "digits_quick"


@dataclass(frozen=True)
class Scene:
    """One beginning; its words stand under `scene_NAME` and `scene_NAME_look`.

    Attributes:
        name: of the scene.
        settings: what differs from the recipe, by dotted key.
        cure: the loss that mends what goes wrong; "" where nothing does.
    """

    name: str
    settings: Mapping[str, Any]
    cure: str = ""


_FAR: dict[str, Any] = {
    "data.name": "drawn_points", "data.drawn": CORNER, "data.brush": 0.05, "data.batch": 64,
    "optimiser.learning_rate": 3e-4, "optimiser.discriminator_factor": 300.0,
    "optimiser.betas": (0.5, 0.99),
    "optimiser.epsilon": 1.0,  # a weak slope then makes a short step, as in plain descent
}  # fmt: skip
_HASTY: dict[str, Any] = {
    "data.shape": "eight_gaussians", "data.batch": 64,
    "networks.discriminator.widths": (16, 16),
    "optimiser.learning_rate": 1e-3, "optimiser.betas": (0.9, 0.99),
}  # fmt: skip

SCENES = (
    Scene("first", {}),
    Scene("vanishing", {**_FAR, "objective.name": "minimax"}, cure="non_saturating"),
    Scene("flowing", {**_FAR, "objective.name": "non_saturating"}),
    Scene("collapse", {**_HASTY, "objective.name": "non_saturating"}),
    Scene("all_heaps", {"data.shape": "eight_gaussians"}),
)


def recipe_of(settings: Mapping[str, Any]) -> Recipe:
    """The recipe of a lesson on points.

    Raises:
        UserError: a setting is out of range.
    """
    return Recipe.read(RECIPE, {**STILL, **settings})


def command_of(settings: Mapping[str, Any]) -> str:
    """What one types to train the same without a lesson."""
    words = [f"{key}={_word(value)}" for key, value in settings.items()]
    return shlex.join(["sparring", "train", RECIPE, *words])


def digits() -> Lesson:
    """A lesson on handwritten digits, of which 4,500 come with a package.

    Raises:
        BadData: neither they nor the full data set are here.
    """
    recipe = Recipe.read(DIGITS, {"training.preview_count": 36, "training.threads": 1})
    try:
        return Lesson(recipe)
    except BadData:
        if not components.build(components.DATASET, {"name": "mnist"}, where="data").is_here:
            raise
    return Lesson(recipe.replace({"data.name": "mnist"}))


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(_word(each) for each in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
