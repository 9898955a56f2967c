"""What is asked for on a page is made, kept, and made again to the same bits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import BadData, UserError
from sparring.provenance.verify import verify
from sparring.studio.atlas import Plane, condition_of, directions, features, glimpse
from sparring.studio.making import MOST, Asked, alike, make
from sparring.studio.pieces import Pieces

WISHES = [
    Asked(3, 5),
    Asked(2, 0, {"class": "light"}, truncation=0.5),
    Asked(1, 6, {"class": "dark"}, latent=(0.5, -1.0, 0.1, 0.0, 2.0, -0.25, 1.0, 0.3)),
    Asked(3, 7, {"class": "dark"}, near=True),
    Asked(2, 7, {"class": "dark"}, latent=(1.0,) * 8, near=True, truncation=0.7),
]


@pytest.mark.parametrize("asked", WISHES, ids=lambda each: json.dumps(each.to_json()))
def test_each_piece_on_the_shelf_is_made_again_to_the_same_bits(
    sampler: sparring.Sampler, tmp_path: Path, asked: Asked
) -> None:
    made = make(sampler, asked)
    samples = torch.cat([some.samples for some, _ in made])
    pieces = Pieces(tmp_path)
    kept = pieces.add(made, "tiny")
    assert len(kept) == asked.count
    for piece, sample in zip(kept, samples, strict=True):
        stored = pieces.piece(piece.name)
        assert stored == piece
        ((again, _),) = make(sampler, stored.again())
        assert torch.equal(again.samples[0], sample)


@pytest.mark.parametrize("asked", WISHES, ids=lambda each: json.dumps(each.to_json()))
def test_each_file_says_by_what_it_can_be_made_again(
    sampler: sparring.Sampler, tmp_path: Path, asked: Asked
) -> None:
    made = make(sampler, asked)
    samples = torch.cat([some.samples for some, _ in made])
    pieces = Pieces(tmp_path)
    for piece, sample in zip(pieces.add(made, "tiny"), samples, strict=True):
        verdict = verify(pieces.path(piece).read_bytes(), piece.file)
        assert verdict.is_sound and verdict.facts is not None
        assert verdict.facts.origin.model == sampler.model_hash
        ((again, _),) = make(sampler, Asked.of(verdict.facts))
        assert torch.equal(again.samples[0], sample)


def test_wishes_are_the_same_after_json() -> None:
    for asked in WISHES:
        assert Asked.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    assert Asked.from_json({"seed": 3, "else": "left aside"}) == Asked(seed=3)
    for wrong in (
        {"seed": "many"}, {"latent": ["a"]}, {"latent": 3}, {"labels": 1},
        {"truncation": 10**400}, {"latent": [10**400]}, {"count": float("inf")},
    ):  # fmt: skip
        with pytest.raises(UserError, match="cannot be used"):
            Asked.from_json(wrong)


def test_more_like_this_lies_nearer_than_other_seeds(sampler: sparring.Sampler) -> None:
    first = Asked(1, 3, {"class": "dark"})
    ((made, _),) = make(sampler, first)
    own = made.samples[0]
    close = torch.cat([some.samples for some, _ in make(sampler, alike(first))])
    ((others, _),) = make(sampler, Asked(8, 100, {"class": "dark"}))
    assert len(close) == 8 and not torch.equal(close[0], own)

    def distance(samples: torch.Tensor) -> float:
        return float((samples - own).flatten(1).norm(dim=1).mean())

    assert distance(close) < 0.8 * distance(others.samples)


def test_wrong_wishes_get_a_sentence(sampler: sparring.Sampler) -> None:
    for asked, words in (
        (Asked(MOST + 1), f"up to {MOST}"),
        (Asked(1, labels={"class": "gray"}), "no class 'gray'"),
        (Asked(1, -4, near=True), "seed = -4"),
        (Asked(1, latent=(1.0, 2.0)), "is 8 numbers, not 2"),
        (Asked(1, temperature=0.5), "writes no texts"),
    ):
        with pytest.raises(UserError, match=words):
            make(sampler, asked)


def test_what_is_not_on_the_shelf_is_not_found(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path)
    with pytest.raises(UserError, match="not the name"):
        pieces.piece("../secret")
    with pytest.raises(BadData, match="no 2"):
        pieces.piece("20260101000000000-000")
    (tmp_path / "20260101000000000-000.json").write_text("{")
    assert pieces.newest(5) == [] and len(pieces) == 1


def test_pieces_are_newest_first_and_can_be_thrown_away(
    sampler: sparring.Sampler, tmp_path: Path
) -> None:
    pieces = Pieces(tmp_path)
    kept = pieces.add(make(sampler, Asked(3, 0)), "tiny")
    assert [piece.seed for piece in pieces.newest(2)] == [2, 1]
    assert [piece.seed for piece in pieces.newest(2, skip=2)] == [0]
    pieces.remove(kept[1])
    assert [piece.seed for piece in pieces.newest(9)] == [2, 0]
    assert len([*tmp_path.iterdir()]) == 4


def test_a_plane_keeps_the_length_of_its_middle(sampler: sparring.Sampler) -> None:
    plane = Plane.through(sampler, 4)
    assert torch.equal(plane.at(0.0, 0.0), sampler.latents([4])[0])
    lengths = plane.grid(5).norm(dim=1)
    assert torch.allclose(lengths, plane.middle.norm().expand(25))
    assert torch.allclose(plane.grid(3)[4], plane.middle, atol=1e-6)
    assert torch.equal(plane.grid(3)[0], plane.at(-2 / 3, 2 / 3))  # the upper left


def test_a_glimpse_is_the_sample_that_a_file_would_hold(sampler: sparring.Sampler) -> None:
    latent = sampler.latents([8])[0]
    condition = condition_of(sampler, {"class": "light"})
    whole = sampler(latent[None], condition)[0]
    assert torch.allclose(glimpse(sampler, latent, condition), whole, atol=1e-4)


def test_the_first_direction_changes_most(sampler: sparring.Sampler) -> None:
    found = directions(sampler, {"class": "dark"}, count=4)
    assert found.steps.shape == (4, sampler.generator.latent)
    assert torch.allclose(found.steps.norm(dim=1), torch.ones(4), atol=1e-4)
    assert list(found.shares) == sorted(found.shares, reverse=True) and sum(found.shares) <= 1.001
    latents = sampler.latents(range(200, 264))
    condition = condition_of(sampler, {"class": "dark"}, 64)

    def moved(step: torch.Tensor) -> float:
        change = sampler(latents + 0.5 * step, condition) - sampler(latents - 0.5 * step, condition)
        return float(change.flatten(1).norm(dim=1).mean())

    chance = torch.nn.functional.normalize(torch.randn(20, sampler.generator.latent), dim=1)
    assert moved(found.steps[0]) > sum(map(moved, chance)) / 20


def test_texts_are_compared_by_their_pairs_of_symbols() -> None:
    texts = torch.tensor([[5, 6, 7, 0, 0], [5, 6, 8, 0, 0], [9, 10, 11, 12, 0]])
    seen = features(texts)
    assert (seen[0] - seen[1]).norm() < (seen[0] - seen[2]).norm()
