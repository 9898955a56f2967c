"""Rows of symbols: what is known of a symbol, all that share it know."""

from __future__ import annotations

import pytest
import torch

from sparring.core.spec import Condition, Spec
from sparring.networks import Generator
from sparring.networks._language import HOLE
from sparring.networks.recurrent import RecurrentGenerator
from sparring.networks.transformer import TransformerDiscriminator, TransformerGenerator

PLAIN = Spec("text", (12,), symbols=6)
KNOWN = Spec("text", (12,), symbols=6, traits=(0, 0b01, 0b10, 0b11, 0b01, 0))


def test_what_one_symbol_learns_its_kin_know() -> None:
    torch.manual_seed(0)
    read = TransformerGenerator(KNOWN, width=16, heads=2, depth=1, meaning=8).read
    assert read.shared is not None
    before = read.table.detach()
    with torch.no_grad():
        read.shared[0] += 1
        read.shared[1] -= 2
    moved = (read.table - before).detach()
    # Of symbols 0 to 5, then of the beginning and of a hole, of which nothing is known.
    assert moved[:, 0].tolist() == pytest.approx([0, 1, -2, -1, 1, 0, 0, 0], abs=1e-5)
    read.rows.grad = read.shared.grad = None
    read(torch.tensor([[1, 3]]), Condition()).sum().backward()
    assert read.shared.grad is not None
    assert read.shared.grad[:, 0].tolist() == [2, 1]
    weights = torch.eye(6)[None]
    exact = read(torch.arange(6)[None], Condition())
    torch.testing.assert_close(read(weights, Condition()), exact)


def test_traits_are_written_by_as_well_as_read() -> None:
    torch.manual_seed(0)
    for kind in (TransformerGenerator, RecurrentGenerator):
        writer = kind(KNOWN, width=16, meaning=8)
        text = torch.zeros(1, 12, dtype=torch.long)
        with torch.no_grad():
            before = writer.eval().logits(text, Condition())
            writer.read.shared[1] += 1
            after = writer.logits(text, Condition())
        moved = (after - before)[0, 0]
        assert torch.allclose(moved[[1, 4, 5]], moved[0].expand(3), atol=1e-4), "none has it"
        assert not torch.allclose(moved[2], moved[0], atol=1e-4)
        assert torch.allclose(moved[2], moved[3], atol=1e-4)


def test_where_nothing_is_known_there_is_nothing_to_store() -> None:
    def names(spec: Spec) -> set[str]:
        network: Generator = TransformerGenerator(spec, width=16, heads=2, depth=1, meaning=8)
        return set(network.state_dict())

    assert names(KNOWN) - names(PLAIN) == {"read.shared"}


def test_a_discriminator_takes_over_what_is_known() -> None:
    torch.manual_seed(0)
    sizes = {"width": 16, "heads": 2, "depth": 1, "meaning": 8}
    writer, judge = TransformerGenerator(KNOWN, **sizes), TransformerDiscriminator(KNOWN, **sizes)
    assert writer.read.shared is not None
    assert judge.read.shared is not None
    with torch.no_grad():
        writer.read.shared += 1
    judge.begin_as(writer)
    assert torch.equal(judge.read.table, writer.read.table)


def test_a_stored_spec_keeps_them_and_older_ones_have_none() -> None:
    assert Spec.from_json(KNOWN.to_json()) == KNOWN
    older = {name: value for name, value in PLAIN.to_json().items() if name != "traits"}
    assert Spec.from_json(older) == PLAIN
    for wrong in ([1, 2], [-1] * 6, ["1"] * 6, [1 << 62] * 6, "many"):
        with pytest.raises(TypeError, match="a stored Spec has"):
            Spec.from_json({**KNOWN.to_json(), "traits": wrong})


def test_places_are_rows_of_their_own_where_texts_have_them() -> None:
    torch.manual_seed(0)
    sizes = {"width": 16, "heads": 2, "depth": 1, "meaning": 8, "dropout": 0.0}
    placed = TransformerGenerator(PLAIN, placed=True, **sizes)
    free = TransformerGenerator(PLAIN, **sizes)
    assert set(placed.state_dict()) - set(free.state_dict()) == {"start.places"}
    # One symbol over and over, read in both directions: places alone can tell them apart.
    text = torch.full((1, 12), 3)
    spread = {}
    for is_placed in (False, True):
        judge = TransformerDiscriminator(PLAIN, placed=is_placed, **sizes).eval()
        for parameter in judge.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
        with torch.no_grad():
            spread[is_placed] = judge.verdicts(text, Condition()).std().item()
    assert spread[False] < 1e-5
    assert spread[True] > 0.1


def test_a_place_takes_after_another_in_what_is_known() -> None:
    torch.manual_seed(0)
    sizes = {"width": 16, "heads": 2, "depth": 1, "meaning": 8, "dropout": 0.0}
    writer = TransformerGenerator(KNOWN, placed=True, **sizes).eval()
    judge = TransformerDiscriminator(KNOWN, placed=True, **sizes).eval()
    text = torch.tensor([[1, 3, 3, 4] * 3])
    gap = text.clone()
    gap[0, 5] = HOLE

    def thought(told: Condition) -> torch.Tensor:
        with torch.no_grad():
            return writer.logits(text, told)[0, 5]

    before = thought(Condition())
    with torch.no_grad():
        for network in (writer, judge):
            assert network.echo is not None
            network.echo.looks[:, 5, 0] = 1.0  # after the first symbol, whose trait is the first
    moved = thought(Condition()) - before
    assert (moved > 2).tolist() == [False, True, False, True, True, False], "who has it is likelier"
    torch.testing.assert_close(moved[moved > 2], moved[1].expand(3))  # itself no more than others
    other = text.clone()
    other[0, 5] = 2
    with torch.no_grad():
        alike, apart = (judge.verdicts(each, Condition())[0, 5] for each in (text, other))
        assert alike > apart + 2
        # Behind its own place it listens only where all is known but what is to be found.
        for network in (writer, judge):
            network.echo.looks[:] = 0.0
            network.echo.looks[:, 5, 11] = 1.0  # the last symbol, which has the first trait alone
    late = thought(Condition(given=gap)) - thought(Condition())
    assert late[[1, 3, 4]].min() > late[[0, 2, 5]].max() + 2


def test_a_place_may_shun_the_very_symbol_of_another() -> None:
    torch.manual_seed(0)
    writer = TransformerGenerator(
        KNOWN, width=16, heads=2, depth=1, meaning=8, dropout=0.0, placed=True
    ).eval()
    assert writer.echo is not None
    text = torch.tensor([[1, 3, 3, 4] * 3])
    gap = text.clone()
    gap[0, 5] = HOLE
    with torch.no_grad():
        before = writer.logits(text, Condition())[0, 5]
        shown = writer.logits(text, Condition(given=gap))[0, 5]
        writer.echo.again[5, 0] = -3.0  # the first symbol, 1
        writer.echo.again[5, 11] = -2.0  # the last one, 4, which is known only where it is shown
        moved = writer.logits(text, Condition())[0, 5] - before
        both = writer.logits(text, Condition(given=gap))[0, 5] - shown
    torch.testing.assert_close(moved, torch.tensor([0.0, -3.0, 0.0, 0.0, 0.0, 0.0]))
    torch.testing.assert_close(both, torch.tensor([0.0, -3.0, 0.0, 0.0, -2.0, 0.0]))


def test_marks_are_alike_for_symbols_and_their_weights() -> None:
    read = TransformerGenerator(KNOWN, width=16, heads=2, depth=1, meaning=8).read
    symbols = torch.tensor([[1, 3, 3, 0], [5, 5, 5, 2]])
    weights = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    sums = read.marked(weights, symbols)
    assert sums[0, 1, 3] == weights[1, 1] + weights[1, 2], "where one stands twice, both count"
    torch.testing.assert_close(
        sums, read.marked(weights, torch.nn.functional.one_hot(symbols, 6).float())
    )
    symbols[0, 1] = HOLE
    assert read.marked(weights, symbols)[0, 1, 3] == weights[1, 2], "a hole is no symbol"
