"""Phases begin and end where they should, and a training stopped between them goes on the same."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Batch, Loss, Moment
from sparring.core.weights import read
from sparring.modalities._tokens import END, PAD
from sparring.networks import Networks
from sparring.networks._language import HOLE
from sparring.objectives import Objective, Phase
from sparring.objectives._texts import damaged
from sparring.objectives.gumbel import Gumbel
from sparring.objectives.likelihood import Likelihood
from sparring.objectives.reinforce import Reinforce, discounted


def no_loss(networks: Networks, batch: Batch, moment: Moment) -> Loss:
    return Loss(torch.zeros(()))


@pytest.mark.parametrize(
    ("every", "start", "end", "due"),
    [
        (1, 0, None, [0, 1, 2, 3, 4, 5, 6, 7]),
        (3, 0, None, [0, 3, 6]),
        (1, 24, None, [3, 4, 5, 6, 7]),
        (1, 25, None, [4, 5, 6, 7]),
        (1, 0, 24, [0, 1, 2]),
        (1, 0, 25, [0, 1, 2, 3]),
        (1, 0, 0, []),
        (2, 24, 56, [4, 6]),
        (1, 40, 40, []),
    ],
)
def test_when_a_phase_is_due(every: int, start: int, end: int | None, due: list[int]) -> None:
    phase = Phase("generator", no_loss, every, start, end)
    assert [step for step in range(8) if phase.is_due(step, 8 * step)] == due


def test_a_discriminator_that_had_no_turn_has_no_say(writing: Recipe, tmp_path: Path) -> None:
    alone = writing.replace({"objective.warm_up": writing.samples})
    run = sparring.train(alone, out=tmp_path / "alone", quiet=True)
    assert run.sampler().judge is None  # the twin by likelihood of `writing`
    assert sparring.resume(run.folder, quiet=True).sampler().judge is None
    late = alone.replace({"objective.warm_up": writing.samples - writing.batch})
    assert sparring.train(late, out=tmp_path / "late", quiet=True).sampler().judge is not None


def test_likelihood_then_the_discriminator_then_both() -> None:
    def turns(objective: Objective) -> list[list[str]]:
        return [
            [p.player for p in objective.phases() if p.is_due(step, 16 * step)]
            for step in range(10)
        ]

    first = [["generator"]] * 4 + [["discriminator"]] * 2
    both = ["discriminator", "generator"]
    assert turns(Gumbel(warm_up=64, head_start=32)) == first + [both] * 4
    rarer = [both, ["discriminator"]] * 2
    assert turns(Reinforce(warm_up=64, head_start=32, every=2)) == first + rarer
    assert turns(Likelihood()) == [["generator"]] * 10


def test_a_match_may_begin_at_once() -> None:
    for objective in (Reinforce(), Gumbel()):
        due = [phase.player for phase in objective.phases() if phase.is_due(0, 0)]
        assert due == ["discriminator", "generator"]


def test_the_rows_of_a_training_tell_its_phases(wrote: sparring.Run) -> None:
    rows = {row["samples"]: row for row in wrote.metrics}
    assert list(rows) == list(range(16, 161, 16))
    for samples, row in rows.items():
        assert ("loss_generator" in row) == (samples <= 64 or samples > 96), samples
        assert ("loss_discriminator" in row) == (samples > 64), samples
        assert ("reward" in row) == (samples > 96), samples
        assert ("nats" in row) == (samples <= 64 or samples > 96), samples
    assert rows[64]["nats"] < rows[16]["nats"]


def weights_at(run: sparring.Run) -> dict[str, dict[str, torch.Tensor]]:
    return {each.name: read(each / "weights.safetensors")[0] for each in run.checkpoints}


def test_players_who_are_not_due_do_not_move(wrote: sparring.Run) -> None:
    moments = weights_at(wrote)
    order = sorted(moments)
    assert len(order) == 11
    for before, after in itertools.pairwise(order):
        samples = int(after)
        for player, moves in (("generator.", samples <= 64 or samples > 96),
                              ("discriminator.", samples > 64)):  # fmt: skip
            same = [torch.equal(moments[before][name], moments[after][name])
                    for name in moments[after] if name.startswith(player)]  # fmt: skip
            assert all(same) != moves, (player, samples)
    names = [name for name in moments[order[-1]] if name == "discriminator.expected"]
    assert moments[order[-1]][names[0]].any(), "what places earn is kept with the weights"


@pytest.mark.parametrize("name", ["reinforce", "gumbel"])
def test_a_training_resumes_bit_for_bit_from_every_phase(
    name: str, writing: Recipe, tmp_path: Path
) -> None:
    objective = {"name": name, "warm_up": 64, "head_start": 32, "gaps": 0.5}
    table = writing.to_json() | {"objective": objective}
    small = {"width": 16, "heads": 2, "depth": 1, "meaning": 8, "dropout": 0.3}
    table["networks"]["generator"] = {"name": "transformer", **small}
    run = sparring.train(Recipe.from_json(table), out=tmp_path / "run", quiet=True)
    whole = (run.checkpoints[0] / "weights.safetensors").read_bytes()
    rows = [{k: v for k, v in row.items() if k.startswith("loss")} for row in run.metrics]
    for stop in (64, 80, 96) if name == "reinforce" else (96,):
        folder = tmp_path / f"from {stop}"
        shutil.copytree(run.folder, folder)
        for checkpoint in sparring.Run(folder).checkpoints:
            if int(checkpoint.name) > stop:
                shutil.rmtree(checkpoint)
        again = sparring.resume(folder, quiet=True)
        assert (again.checkpoints[0] / "weights.safetensors").read_bytes() == whole, stop
        assert [{k: v for k, v in row.items() if k.startswith("loss")}
                for row in again.metrics] == rows  # fmt: skip


@pytest.mark.parametrize("name", ["likelihood", "reinforce", "gumbel"])
def test_gaps_need_a_generator_that_sees_behind_them(
    name: str, writing: Recipe, tmp_path: Path
) -> None:
    table = writing.to_json() | {"objective": {"name": name, "gaps": 0.25}}
    if name == "likelihood":
        table["networks"].pop("discriminator")
    told = r"gaps = 0\.25: .* such as transformer, or set objective\.gaps to 0"
    with pytest.raises(UserError, match=told) as refused:
        sparring.train(Recipe.from_json(table), out=tmp_path / "run", quiet=True)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_judging_begins_at_its_start(writing: Recipe, tmp_path: Path) -> None:
    def judged(every: int, start: int) -> dict[int, set[str]]:
        settings = {"judge.every": every, "judge.start": start, "judge.count": 100}
        recipe = writing.replace({**settings, "judge.budget": 1}, samples=64)
        run = sparring.train(recipe, out=tmp_path / f"{every} {start}", quiet=True)
        return {row["samples"]: set(row) for row in run.metrics}

    plain = judged(0, 0)
    for start, expected in ((0, [16, 32, 48, 64]), (33, [48, 64]), (64, [64]), (65, [])):
        rows = judged(16, start)
        assert [samples for samples in rows if rows[samples] - plain[samples]] == expected


def test_what_follows_counts_too() -> None:
    rewards = torch.tensor([[1.0, 2.0, 4.0], [0.0, 0.0, 8.0]])
    assert torch.equal(discounted(rewards, 0.0), rewards)
    assert torch.equal(discounted(rewards, 1.0), torch.tensor([[7.0, 6, 4], [8, 8, 8]]))
    assert torch.equal(discounted(rewards, 0.5), torch.tensor([[3.0, 4, 4], [2, 4, 8]]))


def test_damage_takes_a_symbol_at_least_and_half_at_most() -> None:
    real = torch.randint(3, 9, (400, 12), generator=torch.Generator().manual_seed(0))
    real[::2, 6:] = torch.tensor([END, *[PAD] * 5])
    moment = Moment(samples=0, progress=0.0, step=0, rng=Streams(0))
    holes = damaged(real, moment) == HOLE
    kept = damaged(real, Moment(samples=0, progress=0.0, step=0, rng=Streams(0)))
    assert torch.equal(kept[~holes], real[~holes])
    assert not holes[::2, 6:].any(), "what ends a text is seen"
    assert holes[1::2].any(1).all()
    share = holes[1::2].float().mean()
    assert 0.2 < share < 0.32, "half of a half, on average"
