"""The model card: what a model is, learned from what, and what it makes."""

from __future__ import annotations

from sparring.core.recipe import Recipe
from sparring.core.spec import Spec


def card(
    recipe: Recipe,
    spec: Spec,
    *,
    samples: int,
    model_hash: str,
    licence: str,
    chosen: str,
) -> str:
    """The README.md of a model folder, in Markdown with the front matter that model hubs read."""
    heeded = spec.labels if recipe.conditional else {}
    labels = "; ".join(f"{name}: {', '.join(c)}" for name, c in heeded.items()) or "none"
    use = (
        "It makes nothing by itself"
        if spec.given
        else "Make some: `sparring generate FOLDER --count 16`"
    )
    return f"""---
library_name: sparring
tags: [sparring, gan, {spec.modality}]
---
# {recipe.name}

{recipe.summary or "A model trained with Sparring."}

| | |
|---|---|
| makes | {spec.modality}, shape {_sizes(spec.shape)} |
| from | {_sizes(spec.given) or "nothing but chance and labels"} |
| labels | {labels} |
| method | {recipe.objective["name"]} on {recipe.networks["generator"]["name"]} |
| source | {recipe.source or "not stated"} |
| learned from | {recipe.data["name"]} ({licence}) |
| samples shown | {samples:,} of {recipe.samples:,} |
| of all its checkpoints | {chosen} |
| model | SHA-256 of the values of its weights, in any precision: `{model_hash}` |
| recipe | SHA-256 `{recipe.hash}` |

{use}. Everything it makes is AI-generated and says so
in its metadata; keep that label when you pass it on.
"""


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in shape)
