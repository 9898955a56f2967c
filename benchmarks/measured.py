"""What one run came to: trained and judged where it was not yet, and boiled down to figures."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

import sparring
from plan import Entry
from sparring.core.recipe import Recipe, parse_override
from sparring.evaluation.judge import Judge
from sparring.evaluation.reference import reference
from sparring.evaluation.scores import Score
from sparring.evaluation.session import silent
from sparring.evaluation.subjects import subject
from sparring.extractors._choosing import looks_for

Result = dict[str, Any]  # what one row came to with one seed
Figures = dict[str, list[list[float | None]]]  # value and floor by each look
COPIES = "memorisation"  # the metric that tells how near samples are to those of the training


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
    if not path.is_file() or json.loads(path.read_text(encoding="utf-8"))["quick"]:
        run = trained(folder, entry, seed, threads)
        report = sparring.evaluate(run.folder, entry.data, hear=silent)
        report.save(path.parent)
        print(report.sentence, file=sys.stderr, flush=True)
    report = json.loads(path.read_text(encoding="utf-8"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    figures = {
        score["figure"]: [
            [reading["value"], reading["floor"]["value"] if reading["floor"] else None]
            for reading in score["readings"]
        ]
        for score in report["scores"]
    }
    recipe = sparring.Run(folder).recipe
    if entry.data and entry.data != recipe.data["name"]:
        figures |= of_own_copies(folder, entry.data)
    return {
        "seed": seed,
        "recipe": hash_of(recipe),
        "extractors": [look["sha256"][:12] for look in report["extractors"]],
        "counts": report["counts"],
        "shown": report["subject"]["samples_shown"],
        "seconds": round(manifest["seconds"], 1),
        "device": manifest["device_name"],
        "findings": [[found["name"], found["samples"]] for found in manifest["health"]],
        "figures": figures | worst_class(report["classes"]),
    }


def of_own_copies(folder: Path, data: str) -> Figures:
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
    return {score.name: _pairs(score) for score in judge.examine(model).scores}


def _pairs(score: Score) -> list[list[float | None]]:
    return [[each.figure.value, each.floor and each.floor.value] for each in score.readings]


def worst_class(classes: list[dict[str, Any]]) -> Figures:
    """How far the share of one class is from its share of real samples, at most; nothing without.

    Args:
        classes: rows of a report.
    """
    shifts = [abs(each["share"] / each["real_share"] - 1) for each in classes if each["real_share"]]
    return {"worst_class": [[max(shifts), None]]} if shifts else {}


def hash_of(recipe: Recipe) -> str:
    """The hash of what decides a row, whatever the seed and the machine."""
    return recipe.replace({"training.threads": 0}, seed=0).hash
