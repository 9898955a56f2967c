"""What the studio takes from the rest of Sparring has a Chinese text: no sentence lacks one."""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel

from sparring.core import components
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe, summaries
from sparring.core.settings import Care, Judging, Optimiser, Training
from sparring.evaluation.differences import overall, row
from sparring.evaluation.report import sentence
from sparring.evaluation.scores import Reading, Score, label
from sparring.evaluation.sweep import DRAWN, Curve, Point
from sparring.evaluation.sweep import sentence as helps
from sparring.generation.model_file import SHIPPED, shipped_names
from sparring.metrics import Figure
from sparring.modalities import _sheet
from sparring.provenance.labelling import marked
from sparring.provenance.verify import verify
from sparring.studio.progress import LAMPS
from sparring.studio.translating import FIELD, chinese, in_chinese, page_in_chinese
from sparring.training.advice import DETECTORS
from sparring.training.health import Health

HAN = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]+")
SPEAKERS = (
    "training.detectors", "training.advice", "training.health",
    "provenance.verify", "provenance.aigc", "provenance.carriers.json_lines",
    "evaluation.report", "evaluation.comparison", "evaluation.differences",
    "evaluation.sweep", "evaluation._sweep_paper", "evaluation.limits",
    "data._report", "data._sound_report", "data._overlap", "data._text_report",
    "data._points_report", "modalities._scatter", "studio.looking", "studio.making",
)  # fmt: skip
"""Modules whose sentences stand on pages."""
NAMES = re.compile(r"sparring data (check|get)|name = 'gentle'")
"""What one types, which is the same in every language."""
PARTS = {
    # Words of a line of progress, names of formats and files, and what only the command line says.
    "classes missing", "not a number", "discriminator certain", "discriminator wins", "no gradient",
    "lost classes", "discriminator blind", "labels ignored", "labels wrong", "waiting for data",
    "sparring comparison 1", "sparring report 1", "offset points", "JSON lines",
    "producer = {0} cannot stand in a label: give 1 to 128 Latin letters, digits and signs without "
    "blanks, quotes and backslashes ({1}), as the code of a company and not its Chinese name.",
    # In a drawing, which is a picture.
    "nats a symbol by a model of real texts: quality",
    "nats a symbol of real texts: quality and diversity",
    # Parts of sentences, which are told as a whole below.
    ", {0} times the floor", "held-out real", "held-out for the floor", "of the training part",
    "of the training part, as in published tables", " and then ", " is better",
    ", and both extractors agree", ", by one extractor; no second one confirms it", " where {0}",
    "there is no floor", "real samples score {0}",
    "Only {0} {1} samples for {2} features: near the floor the Fréchet distance owes more to which "
    "samples these are than to the model.",
    "{0} against {1}", " but it is worse elsewhere", "as drawn", "best of {0} by likelihood",
    "best of {0} by the discriminator", "at no extra cost", "{0} of the training part",
    "Training failed after {0} samples; going back to the best checkpoint {1} times did not help. "
    "{2} Checkpoints are kept.",
    "Training was stopped after {0} samples, as health.policy asks. {1} Checkpoints are kept.",
    "It says that it was made by {0}.", "{0} section 5, explicit label",
    "{0}, ReservedCode1, as Sparring writes it", "{0}, where real samples score {1}{2}.",
    "{0}; there is no floor to compare it with.", "{0} and {1} are the same",
    "From top to bottom as many samples of each: {0}", " Of the other figures, {0}.",
    "No claim: {0} differ, but {1}, so that neither is surely nearer.",
    "No claim: {0}, and the extractors do not say the same.", "No real difference: {0} (± {1}).",
    "{0} is better: {1}{2}, a difference of {3} ± {4}{5}.",
    "{0} is nearer to real than {1}: {2}{3}",
    "texts have a vocabulary", "{0}: {1}, at temperatures {2}",
    "{0}, with the temperature at every point", "constant offset", "line ends",
    "{0}: {1}, such as {2}",
}  # fmt: skip


def templates(module: str) -> Iterator[str]:
    """Every text of a module but docstrings, with numbers in braces where figures stand."""
    path = Path(str(importlib.import_module(f"sparring.{module}").__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Expr)
        for child in ast.walk(node)
        if child is not node and (isinstance(node, ast.JoinedStr) or child is node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield numbered(node.value)
        if isinstance(node, ast.JoinedStr) and id(node) not in parts:
            pieces = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield numbered("".join(map(str, pieces)))


def numbered(text: str) -> str:
    try:
        pieces = [*string.Formatter().parse(text)]
    except ValueError:
        return text
    told = ""
    for number, (fixed, name, _, _) in enumerate(pieces):
        told += fixed + ("" if name is None else f"{{{number}}}")
    return told


@pytest.mark.parametrize("module", SPEAKERS)
def test_every_sentence_has_a_chinese_text(module: str) -> None:
    said = {each for each in templates(module) if WORDS.search(FIELD.sub("", each))}
    assert said, f"{module} says nothing"
    assert [each for each in sorted(said - PARTS) if not is_told(each)] == []


def is_told(template: str) -> bool:
    """Whether a sentence is told with figures in it, or without those that may be left out."""
    for figure in ("7", ""):
        text = " ".join(FIELD.sub(figure, template).split())
        for each in (text, f"{text[:1].upper()}{text[1:]}."):
            if not WORDS.search(NAMES.sub("", in_chinese(each))):
                return True
    return False


def in_full(text: str) -> bool:
    return bool(HAN.search(told := in_chinese(text))) and not WORDS.search(NAMES.sub("", told))


def around(value: float, reach: float = 0.1) -> Figure:
    return Figure(float(value), value - reach, value + reach)


def score(*values: float, floor: float | None = 1.0, metric: str = "frechet") -> Score:
    readings = [
        Reading(f"look {n}", around(v), None if floor is None else around(floor))
        for n, v in enumerate(values)
    ]
    return Score(metric, "Fréchet distance", metric, "lower", "", tuple(readings))


@pytest.mark.parametrize(
    "scores",
    [
        score(5, 5),
        score(5, 1),
        score(1, 1),
        score(5),
        score(5, 5, floor=None),
        score(5, 5, floor=0),
    ],
)
def test_every_verdict_is_told_in_full(scores: Score) -> None:
    assert in_full(sentence("my-model", [scores]))


@pytest.mark.parametrize("first", [(5, 5), (3, 3), (1, 1), (5, 3)])
@pytest.mark.parametrize("second", [(5, 5), (3, 3), (3, 5), (0.5, 0.5)])
@pytest.mark.parametrize("floor", [1.0, None])
def test_every_comparison_is_told_in_full(
    first: tuple[float, float], second: tuple[float, float], floor: float | None
) -> None:
    looks = ["look 0", "look 1"]
    rows = [row([score(*first, floor=floor), score(*second, floor=floor)], looks)]
    rows += [row([score(a, a, metric=metric), score(b, b, metric=metric)], looks)
             for a, b, metric in ((2, 9, "kernel"), (9, 2, "diversity"))]  # fmt: skip
    for seen in (2, 1):
        rows[0] = row([score(*pair[:seen], floor=floor) for pair in (first, second)], looks[:seen])
        assert in_full(overall(rows[:1], ["mine", "other"], 1))
        assert in_full(overall(rows, ["mine", "other"], 1))


@pytest.mark.parametrize("kind", ["training", "held-out"])
def test_how_many_samples_there_were_is_told_in_full(kind: str) -> None:
    assert in_full(
        f"Only 4,500 {kind} samples for 2,048 features: near the floor the Fréchet distance owes "
        "more to which samples these are than to the model."
    )
    assert in_full(
        "There is no floor of Fréchet distance, Coverage by residual. A floor needs as many "
        f"{kind} samples as generated ones: 4,500 are fewer than 10,000."
    )
    assert in_full(
        f"There is no floor of Coverage. A floor needs {kind} samples with as large a share of "
        f"each 'digit' as {'held-out' if kind == 'training' else 'training'} ones have."
    )


@pytest.mark.parametrize("gain", [-1.0, 0.05, 1.0])
@pytest.mark.parametrize("cost", [1, 4])
def test_whether_sparring_helps_is_told_in_full(gain: float, cost: int) -> None:
    plain = Curve("plain", DRAWN, 1, (point(1, 3), point(3, 3)), False)
    way = DRAWN if cost == 1 else "best of 4 by the discriminator"
    curve = Curve("mine", way, cost, (point(2, 3 - gain),), True)
    assert in_full(helps([plain, curve]))
    far = Curve("mine", way, cost, (point(9, 3),), True)
    assert in_full(helps([plain, far]))
    alone = replace(plain, model="mine", sparred=True)  # no twin that never sparred
    assert in_full(helps([alone, replace(curve, way="best of 4 by the discriminator", cost=4)]))


def point(forward: float, reverse: float) -> Point:
    return Point(0.7, around(forward), around(reverse))


def test_findings_and_ends_of_trainings_are_told_in_full() -> None:
    for detector in DETECTORS:
        found = detector.finding(9, "The score turned 4 times in six looks.")
        assert in_full(found.sentence), detector.name
        ends = [Care(policy="stop"), Care(policy="rollback", rollbacks=1)]
        for care in ends if found.acts else ():
            health = Health()
            health.returns = 1
            _, said = health.response([found], care, can_return=True)
            assert in_full(said), said
        assert in_full(
            f"After 9 samples the health check found: {detector.name}.".replace("_", " ")
        )
    assert {detector.name for detector in DETECTORS} < set(LAMPS)


@pytest.mark.parametrize("name", components.names("metrics"))
def test_every_metric_has_a_chinese_name(name: str) -> None:
    metric = components.find(components.METRIC, name)
    alone = len(metric.better) == 1
    for figure in metric.better:
        for words in (metric.title, label(metric.title, figure, alone)):
            assert in_full(words) or "BLEU" in words, words


def test_what_recipes_and_shipped_models_are_for_is_told_in_chinese() -> None:
    told = [row["summary"] for row in summaries()]
    for name in shipped_names():
        config = json.loads((SHIPPED / name / "config.json").read_text(encoding="utf-8"))
        told.append(config["recipe"]["summary"])
    assert [each for each in told if not HAN.search(in_chinese(each))] == []


def test_what_settings_mean_is_told_in_chinese() -> None:
    models: list[type[BaseModel]] = [Recipe, Optimiser, Training, Judging, Care]
    for slot in (components.DATASET, components.GENERATOR, components.DISCRIMINATOR,
                 components.OBJECTIVE, components.AUGMENT):  # fmt: skip
        for name in components.names(slot.folder):
            with contextlib.suppress(UserError):  # a family that has no such player
                models.append(components.schema(components.find(slot, name)))
    told = {info.description for model in models for info in model.model_fields.values()}
    assert len(told) > 80
    lacking = [each for each in sorted(filter(None, told)) if not HAN.search(in_chinese(each))]
    assert lacking == []


def test_labels_of_a_file_are_told_in_full() -> None:
    picture = _sheet.png(Image.fromarray(np.zeros((8, 8), np.uint8)))
    for content in (picture, marked(picture, "preview.png")):
        found = verify(content, "a.png")
        for layer in found.layers:
            assert in_full(layer.says) and not WORDS.search(in_chinese(layer.rule)), layer
        assert in_full(found.sentence)


def test_no_text_lacks_a_figure_or_has_one_too_many() -> None:
    for english, told in chinese().items():
        figures = sorted(each.strip("#") for each in FIELD.findall(english))
        assert figures == sorted(FIELD.findall(told)), english
        assert figures == sorted(set(figures)), english
        same = told.lower() == english.lower().replace("#", "") or not re.search(
            "[A-Za-z]{3}", english
        )
        assert same or HAN.search(told), english


def test_what_nobody_here_said_stays_as_it_is() -> None:
    for text in ("", "A cat. A dog sits by the sea.", "runs/my-model", "白日依山尽", "7 george"):
        assert in_chinese(text) == text
    odd = "No real difference: " + "a b (± " * 2_000
    assert in_chinese(odd) == odd


def test_a_page_is_told_and_what_is_strange_in_it_stays_harmless() -> None:
    page = (
        '<html lang="en"><head><title>What &lt;b&gt; is worth</title><style>p > a {}</style></head>'
        '<body><main><h1>What &lt;b&gt; is worth</h1><p class="soft">Limit: &amp; odd</p>'
        '<img alt="Losses" src="data:image/png;base64,Lo"><table><th>floor</th></table></main>'
    )
    told = page_in_chinese(page)
    assert '<html lang="zh-CN">' in told and "<title>&lt;b&gt; 的评判</title>" in told
    assert "<h1>&lt;b&gt; 的评判</h1>" in told and "p > a {}" in told
    assert 'alt="损失"' in told and "<th>底线</th>" in told and "局限：&amp; odd" in told
