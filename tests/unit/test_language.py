"""Writing symbol by symbol: drawn by their chances, one text whatever its company or the path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.core.spec import Condition, Spec
from sparring.modalities._tokens import END, PAD, UNKNOWN
from sparring.networks._language import (
    HOLE,
    LIKELY,
    Choosy,
    Decoding,
    LanguageModel,
    Likely,
    Worded,
    drawn,
)
from sparring.networks.recurrent import RecurrentDiscriminator, RecurrentGenerator
from sparring.networks.transformer import TransformerGenerator

SPEC = Spec("text", (12,), symbols=30, labels={"kind": ("a", "b")})
VERSE = replace(SPEC, traits=tuple(number % 8 for number in range(30)))
"""The same, and something is known of symbols, so that places may take after others."""
MANY = 700  # symbols, more than are put in order at first
SHARES = (torch.arange(4_000).double() + 0.5) / 4_000
EVEN = torch.special.erfinv(SHARES) * 2**0.5
"""Latents that are spread as evenly as normal ones can be."""


def model(name: str = "recurrent", *, dropout: float = 0.0) -> LanguageModel:
    """A writer whose weights are far from those that it begins with."""
    torch.manual_seed(0)
    made: LanguageModel
    if name == "recurrent":
        made = RecurrentGenerator(SPEC, width=16, meaning=8, dropout=dropout)
    else:
        sizes = {"width": 16, "heads": 2, "depth": 2, "meaning": 8}
        placed = name == "placed"
        spec = VERSE if placed else SPEC
        made = TransformerGenerator(spec, **sizes, dropout=dropout, placed=placed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return made.eval()


models = pytest.mark.parametrize("name", ["recurrent", "transformer", "placed"])


def asked(count: int, given: Tensor | None = None) -> Condition:
    return Condition({"kind": torch.arange(count) % 2}, given=given)


def latents(count: int, seed: int = 1) -> Tensor:
    return torch.randn((count, 12), generator=torch.Generator().manual_seed(seed))


def logits(kind: str) -> Tensor:
    chance = torch.Generator().manual_seed(2)
    plain = torch.randn(MANY, generator=chance) * 2
    return {"different": plain, "alike": plain.round(), "equal": torch.zeros(MANY),
            "half": plain.bfloat16()}[kind]  # fmt: skip


def expected(row: Tensor, temperature: float, top_p: float) -> Tensor:
    """Chances of symbols, by the definition."""
    scaled = row.float().clone() / temperature
    scaled[[PAD, UNKNOWN]] = -torch.inf
    chances = scaled.double().softmax(0)
    ordered = chances.sort(descending=True).values
    enough = int((ordered.cumsum(0) < top_p).sum()) + 1
    least = ordered[min(enough, MANY) - 1]
    return torch.where(chances >= least, chances, 0.0) / ordered[:enough].sum()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("top_p", [0.2, 0.9, 1.0])
def test_symbols_come_as_often_as_they_are_likely(temperature: float, top_p: float) -> None:
    row = logits("different")
    found = drawn(row.expand(len(EVEN), -1), EVEN.float(), Decoding(temperature, top_p))
    shares = found.bincount(minlength=MANY) / len(EVEN)
    torch.testing.assert_close(
        shares.double(), expected(row, temperature, top_p), atol=1.1 / len(EVEN), rtol=0
    )


@pytest.mark.parametrize("kind", ["alike", "equal", "half"])
def test_equally_likely_symbols_come_equally_often(kind: str) -> None:
    row = logits(kind)
    found = drawn(row.expand(len(EVEN), -1), EVEN.float())
    shares = found.bincount(minlength=MANY) / len(EVEN)
    torch.testing.assert_close(
        shares.double(), expected(row, 1.0, 1.0), atol=1.1 / len(EVEN), rtol=0
    )


@pytest.mark.parametrize("kind", ["different", "alike", "equal", "half"])
@pytest.mark.parametrize("top_p", [0.9, 1.0])
def test_a_row_gives_its_symbol_in_any_company(kind: str, top_p: float) -> None:
    rows = torch.stack([logits(kind).roll(n) for n in range(300)])
    draws = torch.randn(300, generator=torch.Generator().manual_seed(3)) * 2
    together = drawn(rows, draws, Decoding(top_p=top_p))
    alone = [drawn(rows[n : n + 1], draws[n : n + 1], Decoding(top_p=top_p)) for n in range(300)]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.parametrize("first", [(1,), (3, 50), (MANY,), (5_000,)])
def test_how_many_are_put_in_order_at_first_changes_nothing(
    first: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = logits("different").expand(500, -1)
    draws = torch.randn(500, generator=torch.Generator().manual_seed(3)) * 1.5
    usual = {top_p: drawn(rows, draws, Decoding(top_p=top_p)) for top_p in (0.5, 1.0)}
    assert first != LIKELY
    monkeypatch.setattr("sparring.networks._language.LIKELY", first)
    for top_p, symbols in usual.items():
        assert torch.equal(symbols, drawn(rows, draws, Decoding(top_p=top_p)))


def test_nearer_to_the_mean_is_likelier() -> None:
    row = logits("different")
    order = drawn(row.expand(len(EVEN), -1), EVEN.float())
    assert order[0] == row[2:].argmax() + 2
    assert (row[order].diff() <= 0).all()
    assert torch.equal(drawn(row[None], torch.zeros(1)), order[:1])
    assert torch.equal(drawn(row.expand(2, -1), torch.tensor([-1.3, 1.3])).diff(), torch.zeros(1))


def test_some_symbols_are_never_drawn() -> None:
    row = torch.zeros(30)
    row[[PAD, UNKNOWN]] = 50.0
    far = torch.cat([EVEN.float(), torch.tensor([30.0, -40.0, torch.inf])])
    found = drawn(row.expand(len(far), -1), far)
    assert set(found.tolist()) == set(range(30)) - {PAD, UNKNOWN}
    allowed = torch.zeros(30, dtype=torch.bool)
    allowed[[4, 7]] = True
    found = drawn(row.expand(len(far), -1), far, allowed=allowed.expand(len(far), -1))
    assert set(found.tolist()) == {4, 7}
    row[4] = -torch.inf
    found = drawn(row.expand(len(far), -1), far)
    assert 4 not in found


def test_what_is_no_number_gives_symbols_all_the_same() -> None:
    rows = torch.full((3, 30), torch.nan)
    found = drawn(rows, torch.tensor([0.0, 1.0, -5.0]))
    assert ((found >= 0) & (found < 30)).all()


@models
@pytest.mark.parametrize("gaps", [False, True])
def test_what_is_remembered_is_what_is_read_anew(name: str, gaps: bool) -> None:
    writer = model(name)
    text = torch.randint(3, 30, (5, 12), generator=torch.Generator().manual_seed(4))
    given = torch.where(latents(5) > 0, text, HOLE) if gaps else None
    condition = asked(5, given)
    with torch.no_grad():
        whole = writer.logits(text, condition)
        state = writer.opened(5, condition)
        last, steps = None, []
        for place in range(12):
            steps.append(writer.following(last, state))
            last = text[:, place]
    torch.testing.assert_close(torch.stack(steps, 1), whole, rtol=1e-4, atol=1e-5)
    assert writer.heeds_given == (name != "recurrent")
    heeds = writer.heeds_given and gaps
    with torch.no_grad():
        assert torch.allclose(whole, writer.logits(text, asked(5)), atol=1e-3) != heeds


@models
def test_what_comes_later_changes_nothing_before(name: str) -> None:
    writer = model(name)
    text = torch.randint(3, 30, (4, 12), generator=torch.Generator().manual_seed(4))
    other = text.clone()
    other[:, 7:] = 5
    with torch.no_grad():
        one, two = (writer.logits(each, asked(4)) for each in (text, other))
    torch.testing.assert_close(one[:, :8], two[:, :8])
    assert not torch.allclose(one[:, 8:], two[:, 8:])


@models
def test_texts_end_with_padding_alone_behind(name: str) -> None:
    texts = model(name)(latents(64), asked(64))
    ended = (texts == END).cumsum(1) > 0
    assert ended.any()
    assert not ended.all(1).all()
    after = ended & (texts != END)
    assert (texts[after] == PAD).all()
    assert not torch.isin(texts[~ended], torch.tensor([PAD, UNKNOWN])).any()
    assert ((texts == END).sum(1) <= 1).all()


@models
def test_a_text_is_the_same_beside_longer_ones(name: str) -> None:
    writer, draws = model(name), latents(64)
    together = writer(draws, asked(64))
    length = (together != PAD).sum(1)
    for n in (int(length.argmin()), int(length.argmax())):
        kind = Condition({"kind": torch.tensor([n % 2])})
        assert torch.equal(writer(draws[n : n + 1], kind)[0], together[n])


@models
def test_dropout_has_no_part_in_writing(name: str) -> None:
    writer = model(name, dropout=0.5)
    still = writer(latents(8), asked(8))
    writer.train()
    assert torch.equal(writer(latents(8), asked(8)), still)
    assert writer.training


@models
def test_prefixes_are_kept_and_gaps_alone_are_filled(name: str) -> None:
    writer = model(name)
    begun = Worded(writer, Decoding(prefix=(9, 4, 4)))(latents(32), asked(32))
    assert (begun[:, :3] == torch.tensor([9, 4, 4])).all()
    assert len(begun[:, 3].unique()) > 3
    given = torch.full((12,), PAD)
    given[:6] = torch.tensor([5, HOLE, 7, HOLE, 9, HOLE])
    given[6] = END
    texts = Worded(writer, Decoding(places=6))(latents(500), asked(500, given.expand(500, -1)))
    assert (texts[:, [0, 2, 4, 6, 7]] == torch.tensor([5, 7, 9, END, PAD])).all()
    assert (texts[:, :6] > END).all(), "a gap is no place for an end"
    whole = torch.tensor([5] * 11 + [HOLE])
    texts = Worded(writer, Decoding(places=12))(latents(500), asked(500, whole.expand(500, -1)))
    assert (texts[:, 11] > END).all()


def test_a_temperature_makes_texts_tamer_or_bolder() -> None:
    writer = model()
    texts = {t: Worded(writer, Decoding(t))(latents(200), asked(200)) for t in (0.3, 1.0, 3.0)}
    likely = [float(Likely(writer)(each, asked(200)).mean()) for each in texts.values()]
    assert likely == sorted(likely, reverse=True)
    plain = writer(latents(200), asked(200))
    assert torch.equal(texts[1.0], plain)
    surest = Worded(writer, Decoding(top_p=1e-9))(latents(20), asked(20))
    assert torch.equal(surest, writer(torch.zeros(20, 12), asked(20)))


def test_the_best_candidate_is_kept() -> None:
    writer, score = model(), Likely(model())
    few = Choosy(Worded(writer, Decoding()), score, 5)
    assert few.latent == 5 * writer.latent
    draws, condition = torch.cat([latents(6, seed) for seed in range(5)], 1), asked(6)
    best = few(draws, condition)
    each = [writer(part, condition) for part in draws.chunk(5, 1)]
    scores = torch.stack([score(texts, condition) for texts in each], 1)
    assert torch.equal(best, torch.stack(each, 1)[torch.arange(6), scores.argmax(1)])
    assert (score(best, condition) >= scores.max(1).values - 1e-6).all()


@models
def test_likelihood_counts_every_symbol_and_the_end(name: str) -> None:
    writer = model(name)
    text = torch.tensor([[5, 6, 7, END] + [PAD] * 8])
    with torch.no_grad():
        logs = writer.logits(text, asked(1)).log_softmax(2)[0]
    mean = torch.stack([logs[place, text[0, place]] for place in range(4)]).mean()
    torch.testing.assert_close(Likely(writer)(text, asked(1))[0], mean)


def test_padding_says_nothing_to_a_discriminator() -> None:
    torch.manual_seed(0)
    settings: Any = {"width": 8, "meaning": 4}
    judge = RecurrentDiscriminator(SPEC, **settings).eval()
    text = torch.tensor([[5, 6, END] + [PAD] * 9])
    mean = judge.verdicts(text, asked(1))[0, :3].mean()
    torch.testing.assert_close(judge(text, asked(1))[0], mean)
    weights = torch.nn.functional.one_hot(text, 30).float()
    torch.testing.assert_close(judge(weights, asked(1)), judge(text, asked(1)))
