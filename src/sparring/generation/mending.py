"""Ranks what may stand in the one gap of a text, by both sides of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.spec import Condition
from sparring.modalities._tokens import MADE_FROM
from sparring.networks._language import HOLE, LanguageModel, Likely

Route = Literal["given", "likelihood"]
"""By what a generator thinks of a gap that it is shown, or by how likely whole texts become."""

TRIED = 64  # symbols that are tried in the gap


@torch.no_grad()
def ranked(
    model: LanguageModel,
    texts: Int[Tensor, "b t"],
    places: Int[Tensor, " b"],
    condition: Condition,
    route: Route,
) -> Float[Tensor, "b v"]:
    """Scores of all symbols for one place of each text, higher where they fit better.

    By likelihood, the symbols that fit best after the places before, or where the gap is shown, are
    tried one after the other, and p(text with it) decides, which by Bayes' rule is in proportion to
    p(symbol | all others).

    Args:
        model: in evaluation mode.
        texts: with anything at those places.
        places: the gap of each text.
        condition: the labels of each.
        route: the way.
    """
    rows = torch.arange(len(texts), device=texts.device)
    holes = texts.clone()
    holes[rows, places] = HOLE
    shown = model.logits(texts, replace(condition, given=holes))[rows, places].float()
    shown[:, :MADE_FROM] = -torch.inf
    return shown if route == "given" else _tried(model, texts, places, condition, shown)


def _tried(
    model: LanguageModel,
    texts: Int[Tensor, "b t"],
    places: Int[Tensor, " b"],
    condition: Condition,
    shown: Float[Tensor, "b v"],
) -> Float[Tensor, "b v"]:
    """Mean log-probabilities of texts with each of the likeliest symbols; -inf for the others."""
    rows = torch.arange(len(texts), device=texts.device)
    thought = model.logits(texts, condition)[rows, places].float()
    thought[:, :MADE_FROM] = -torch.inf
    fitting = thought.softmax(1) + shown.softmax(1)
    best = fitting.topk(min(TRIED, thought.shape[1] - MADE_FROM), dim=1).indices
    score = Likely(model)
    scores = torch.full_like(thought, -torch.inf)
    for number, text in enumerate(texts):
        tried = text.repeat(best.shape[1], 1)
        tried[:, places[number]] = best[number]
        alone = condition.map(partial(_repeated, number=number, count=len(tried)))
        scores[number, best[number]] = score(tried, alone)
    return scores


def _repeated(rows: Tensor, *, number: int, count: int) -> Tensor:
    return rows[number : number + 1].expand(count, *rows.shape[1:])
