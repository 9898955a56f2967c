"""What models of texts are worth, beside likelihood, published tables and counts of characters.

    python benchmarks/texts.py MODEL...      runs, model folders or names of shipped models
    python benchmarks/texts.py               only draws the tables and the picture anew

For each model: quality against diversity over temperatures, as drawn and chosen among four; BLEU
as published tables have it; copies, variety, and whether a classifier tells its texts from real
ones; for quatrains the rules of verse; for models that learned to fill gaps how often they find a
missing character; and how fast one thread writes. What is measured is kept in texts.json at once
and is not measured again for the same weights and settings; from there come the tables of texts.md
and docs/pictures/texts-curve.svg. Likelihood twins are trained with `objective.name=likelihood` and
without a discriminator; give them too, as the curves need them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import text_measures as measures
import text_page as page
from sparring.core.files import atomic_write
from sparring.evaluation.sweep import CANDIDATES
from text_measures import Material

RESULTS = Path(__file__).with_name("texts.json")


def hear(line: str) -> None:
    """Progress, on the side."""
    print(line, file=sys.stderr, flush=True)


def plan(given: Material, asked: argparse.Namespace) -> dict[str, tuple[Any, dict[str, Any]]]:
    """What is to be measured of a model, by name: the function and its settings."""
    seed = {"seed": asked.seed}
    curve = {"count": asked.count, **seed}
    found: dict[str, tuple[Any, dict[str, Any]]] = {
        f"sweep at {degree:g}": (measures.swept, {"temperature": degree, **curve})
        for degree in asked.temperatures
    }
    found["real texts"] = measures.real_texts, curve
    for degree in asked.tamely:
        settings = {"temperature": degree, "count": asked.texts, **seed}
        found[f"figures at {degree:g}"] = measures.figures, settings
    if set(measures.LENGTHS) <= set(given.reference.spec.labels.get("form", ())):
        found["verse"] = measures.verse, {"candidates": CANDIDATES, **curve}
    if given.model.recipe.objective.get("gaps", 0):
        found["mending"] = measures.mending, {"count": asked.gaps, **seed}
    found["speed"] = measures.speed, {"rounds": asked.rounds, **seed}
    return found


def measure(given: Material, asked: argparse.Namespace, kept: dict[str, Any]) -> None:
    """Whatever is not there yet; each part is stored as soon as it is measured."""
    name, facts = given.model.name, given.model.facts
    if kept.get(name, {}).get("model_sha256") != facts["model_sha256"]:
        kept[name] = {
            "model_sha256": facts["model_sha256"],
            "recipe": facts["recipe"],
            "samples_shown": facts["samples_shown"],
            "data": given.reference.table["name"],
            "parts": {},
        }
    parts = kept[name]["parts"]
    for part, (function, settings) in plan(given, asked).items():
        if parts.get(part, {}).get("settings") == settings:
            hear(f"{name}: {part}: there already")
            continue
        hear(f"{name}: {part}")
        parts[part] = {"settings": settings, **function(given, **settings)}
        store(kept)


def stored() -> dict[str, Any]:
    """What was measured before."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}


def store(kept: Mapping[str, Any]) -> None:
    """Keep it."""
    text = json.dumps(kept, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    atomic_write(RESULTS, text.encode())


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", nargs="*", help="runs, model folders or names of shipped models")
    parser.add_argument("--count", type=int, default=2_000, help="texts at every point")
    parser.add_argument("--texts", type=int, default=10_000, help="texts for BLEU and copies")
    parser.add_argument("--tamely", type=float, nargs="+", default=[1.0, 0.9], help="and of those")
    parser.add_argument("--gaps", type=int, default=500, help="texts of which one symbol is lost")
    parser.add_argument("--rounds", type=int, default=9, help="in which speed is measured")
    parser.add_argument("--temperatures", type=float, nargs="+", default=[0.6, 0.8, 1.0, 1.2])
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> None:
    """Measure, keep, write."""
    asked = arguments(words)
    torch.set_num_threads(1)
    kept = stored()
    for path in asked.models:
        measure(measures.material(path, hear), asked, kept)
        page.publish(kept)
    page.publish(kept)


if __name__ == "__main__":
    main()
