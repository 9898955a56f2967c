"""A model on disk: one file of weights with all that it takes to use them, and papers beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparring.core import components, files, weights
from sparring.core.errors import BadData, UserError, nearest
from sparring.core.recipe import Recipe, last_part
from sparring.core.recipe import shipped as recipes
from sparring.core.spec import Spec
from sparring.modalities import Modality
from sparring.networks import Discriminator, Generator
from sparring.provenance import manifest
from sparring.provenance.card import card

MODEL_FILE = "model.safetensors"
JUDGE = "discriminator."
"""What the weights of the discriminator begin with, where it is kept in the same file."""
SHIPPED = Path(__file__).parents[1] / "weights"
"""Models that come with Sparring, one folder each."""


def build_generator(recipe: Recipe, spec: Spec) -> Generator:
    """The generator that a recipe describes, with fresh weights."""
    return components.build(
        components.GENERATOR, recipe.networks["generator"], spec, where="networks.generator"
    )


def modality_of(spec: Spec, *, built_in_only: bool = False) -> Modality:
    """How data of this Spec are read, written and shown; `built_in_only` for those of others."""
    return components.build(
        components.MODALITY,
        {"name": spec.modality},
        spec,
        where="modality",
        built_in_only=built_in_only,
    )


def build_judge(recipe: Recipe, spec: Spec) -> Discriminator:
    """The discriminator that a recipe describes, with fresh weights.

    Raises:
        UserError: it describes none.
    """
    table = recipe.networks.get("discriminator")
    if table is None:
        raise UserError("its recipe has no discriminator, though it holds weights of one.")
    return components.build(components.DISCRIMINATOR, table, spec, where="networks.discriminator")


def write_model(
    folder: Path,
    generator: Generator,
    recipe: Recipe,
    spec: Spec,
    facts: Mapping[str, Any],
    judge: Discriminator | None = None,
) -> Path:
    """Write `model.safetensors` (recipe and Spec in its header), `config.json` and the card.

    A model is made to be given away, so it does not say where on this machine the data lie. `judge`
    is the discriminator, where it is kept with the generator to choose among what that makes.
    """
    tensors = generator.state_dict()
    model_hash = manifest.tensors_hash(tensors)
    facts = _shown(facts, recipe)
    recipe = recipe.without_paths()
    header = {"recipe": recipe.to_json(), "spec": spec.to_json(), "facts": facts}
    whole = dict(tensors)
    if judge is not None:
        whole |= {JUDGE + name: tensor for name, tensor in judge.state_dict().items()}
    weights.write(folder / MODEL_FILE, whole, header)
    config = json.dumps({**header, "model_hash": model_hash}, indent=1)
    files.atomic_write(folder / "config.json", config.encode())
    text = card(recipe, spec, model_hash=model_hash, **facts)
    files.atomic_write(folder / "README.md", text.encode())
    return folder


def _shown(facts: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """The facts with the last part of the data's path in its place."""
    place = Path(str(recipe.data.get("path", ""))).expanduser()
    shown = dict(facts)
    for long in (str(place.absolute()), str(place)):
        for name, fact in shown.items():
            if isinstance(fact, str) and len(long) > 1:
                shown[name] = fact.replace(long, last_part(long))
    return shown


def shipped_names() -> list[str]:
    """The models that come with Sparring; `load` takes their names."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{MODEL_FILE}"))


def locate(path: Path) -> Path:
    """The model file in a run or model folder, that file itself, or a shipped one's.

    Raises:
        BadData: there is none.
    """
    if path.is_dir():
        for candidate in (path / MODEL_FILE, path / "model" / MODEL_FILE):
            if candidate.is_file():
                return candidate
        raise BadData(f"There is no model in {path}; it has no {MODEL_FILE} yet.")
    if path.exists():
        return path
    shipped = SHIPPED / path / MODEL_FILE
    if path.name == str(path) and shipped.is_file():
        return shipped
    hint = nearest(str(path), shipped_names())
    if str(path) in recipes():
        hint = f"That is a recipe: 'sparring train {path}' makes the run runs/{path}."
    raise BadData(f"There is no run, model folder, model file or shipped model {path}. {hint}")
