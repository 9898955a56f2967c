"""Gaps ranked by both sides of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparring.core.spec import Condition, Spec
from sparring.generation import mending
from sparring.generation.mending import ranked
from sparring.modalities._tokens import END, MADE_FROM, PAD
from sparring.networks._language import HOLE, LanguageModel
from sparring.networks.recurrent import RecurrentGenerator
from sparring.networks.transformer import TransformerGenerator

SPEC = Spec("text", (8,), symbols=20, labels={"kind": ("a", "b")})


def writer(name: str) -> LanguageModel:
    torch.manual_seed(0)
    small: dict[str, Any] = {"width": 16, "meaning": 8}
    made: LanguageModel = (
        RecurrentGenerator(SPEC, **small)
        if name == "recurrent"
        else TransformerGenerator(SPEC, heads=2, **small)
    )
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return made.eval()


def asked() -> tuple[torch.Tensor, torch.Tensor, Condition]:
    texts = torch.randint(MADE_FROM, 20, (4, 8), generator=torch.Generator().manual_seed(1))
    texts[:, 6:] = torch.tensor([END, PAD])
    return texts, torch.tensor([0, 2, 3, 5]), Condition({"kind": torch.tensor([0, 1, 0, 1])})


@pytest.mark.parametrize("name", ["recurrent", "transformer"])
def test_by_likelihood_whole_texts_decide(name: str) -> None:
    model, (texts, places, condition) = writer(name), asked()
    scores = ranked(model, texts, places, condition, "likelihood")
    assert scores.shape == (4, 20)
    assert (scores[:, :MADE_FROM] == -torch.inf).all()
    for row in range(4):
        for symbol in range(MADE_FROM, 20):
            tried = texts[row : row + 1].clone()
            tried[0, places[row]] = symbol
            kind = Condition({"kind": condition.labels["kind"][row : row + 1]})
            with torch.no_grad():
                logs = model.logits(tried, kind).log_softmax(2)
            mean = logs.gather(2, tried[..., None])[0, :7].mean()
            torch.testing.assert_close(scores[row, symbol], mean)


def test_by_what_is_given_the_gap_is_not_seen() -> None:
    model, (texts, places, condition) = writer("transformer"), asked()
    before = texts.clone()
    scores = ranked(model, texts, places, condition, "given")
    assert torch.equal(texts, before)
    holes = texts.clone()
    holes[range(4), places] = HOLE
    with torch.no_grad():
        whole = model.logits(texts, Condition(condition.labels, given=holes))
    expected = whole[range(4), places]
    torch.testing.assert_close(scores[:, MADE_FROM:], expected[:, MADE_FROM:])
    other = texts.clone()
    other[range(4), places] = 19
    torch.testing.assert_close(ranked(model, other, places, condition, "given"), scores)


def test_what_a_shown_gap_suggests_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (texts, places, condition) = writer("transformer"), asked()
    monkeypatch.setattr(mending, "TRIED", 5)
    rows = torch.arange(4)
    with torch.no_grad():
        left = model.logits(texts, condition)[rows, places]
    left[:, :MADE_FROM] = -torch.inf
    shown = ranked(model, texts, places, condition, "given")
    tried = ranked(model, texts, places, condition, "likelihood").isfinite()
    best = (left.softmax(1) + shown.softmax(1)).topk(5, dim=1).indices
    assert tried[rows[:, None], best].all()
    before = left.topk(5, dim=1).indices
    assert not tried[rows[:, None], before].all(), "some are there by what is shown alone"


def test_only_the_likeliest_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (texts, places, condition) = writer("recurrent"), asked()
    whole = ranked(model, texts, places, condition, "likelihood")
    monkeypatch.setattr(mending, "TRIED", 5)
    few = ranked(model, texts, places, condition, "likelihood")
    assert (few.isfinite().sum(1) == 5).all()
    assert torch.equal(few[few.isfinite()], whole[few.isfinite()])
