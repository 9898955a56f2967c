"""What one run came to: trained and judged where it was not yet, and boiled down to figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

import sparring
from plan import Entry
from sparring.core.files import atomic_write
from sparring.core.recipe import Recipe, parse_override
from sparring.evaluation.judge import Judge
from sparring.evaluation.reference import reference
from sparring.evaluation.scores import Score
from sparring.evaluation.session import silent
from sparring.evaluation.subjects import subject
from sparring.extractors._choosing import looks_for

Result = dict[str, Any]  # what one row came to with one seed
Figures = dict[str, list[list[float | None]]]  # value and floor by each look
OWN = "own_copies.json"  # beside a report: copies among the samples that a model saw
COPIES = "memorisation"  # the metric of samples that are near to those of the training


def trained(folder: Path, entry: Entry, seed: int, threads: int) -> sparring.Run:
    """The finished run of one row and seed."""
    settings = dict(parse_override(text) for text in entry.settings)
    settings |= {"seed": seed, "training.threads": threads}
    if not (folder / "recipe.json").is_file():
        return sparring.train(entry.recipe, settings, out=folder)
    return sparring.resume(folder, inexact=True)


def judged(folder: Path, entry: Entry, seed: int, *, threads: int) -> Result:
    """What one row and seed came to; trained and judged where there is no full report yet."""
    path = folder / "report" / "report.json"
    report = _read(path)
    if report is None or report["quick"]:
        run = trained(folder, entry, seed, threads)
        made = sparring.evaluate(run.folder, entry.data, hear=silent)
        made.save(path.parent)
        (path.parent / OWN).unlink(missing_ok=True)
        print(made.sentence, file=sys.stderr, flush=True)
        report = made.to_json()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    recipe = sparring.Run(folder).recipe
    figures = _figures(report["scores"])
    if entry.data and entry.data != recipe.data["name"]:
        figures |= _figures(_own_copies(folder, entry.data))
    if report["classes"]:
        figures["worst_class"] = [[farthest(report["classes"]), None]]
    return {
        "seed": seed,
        "recipe": hash_of(recipe),
        "extractors": [look["sha256"][:12] for look in report["extractors"]],
        "counts": report["counts"],
        "shown": report["subject"]["samples_shown"],
        "seconds": round(manifest["seconds"], 1),
        "device": manifest["device_name"],
        "findings": [[found["name"], found["samples"]] for found in manifest["health"]],
        "figures": figures,
    }


def _own_copies(folder: Path, data: str) -> list[dict[str, Any]]:
    """As `of_own_copies`, which is asked once for every run."""
    path = folder / "report" / OWN
    scores = _read(path)
    if scores is None:
        scores = [score.to_json() for score in of_own_copies(folder, data)]
        atomic_write(path, json.dumps(scores).encode())
    return scores


def of_own_copies(folder: Path, data: str) -> tuple[Score, ...]:
    """How near samples are to those that the model learned from, against held-out ones of `data`.

    A model of few samples is judged by more of their kind. Whatever lies near to the few that it
    knows is diluted among all of these, as real ones lie nearer to many than to few.
    """
    model, whole = subject(folder), reference({"name": data})
    own = replace(whole, train=reference(model.data).train)
    looks = looks_for(
        whole.table, whole.dataset, whole.modality, device=torch.device("cpu"), hear=silent
    )
    judge = Judge(own, looks, count=0, seed=0, quick=False, hear=silent)
    judge.metrics = {COPIES: judge.metrics[COPIES]}
    return judge.examine(model).scores


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _figures(scores: Sequence[dict[str, Any]]) -> Figures:
    return {
        score["figure"]: [
            [reading["value"], reading["floor"] and reading["floor"]["value"]]
            for reading in score["readings"]
        ]
        for score in scores
    }


def farthest(classes: Sequence[dict[str, Any]]) -> float:
    """How far the share of one class is from its share of real samples, at most.

    Args:
        classes: rows of a report.
    """
    return max(abs(row["share"] / row["real_share"] - 1) for row in classes if row["real_share"])


def hash_of(recipe: Recipe) -> str:
    """The hash of what decides a row, whatever the seed and the machine."""
    return recipe.replace({"training.threads": 0}, seed=0).hash
