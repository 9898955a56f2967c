"""Samples: reproducible one by one, with the labels that were asked for, and the label of AI."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

import sparring
from sparring.core import memory
from sparring.core.errors import OutOfResources, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation.asking import MOST, conditions, parse_labels
from sparring.generation.explore import between, save_walk
from sparring.generation.model_file import write_model
from sparring.provenance.facts import Facts
from sparring.provenance.verify import verify

TWO = Spec("image", (1, 8, 8), labels={"digit": ("0", "1", "2"), "speaker": ("ann", "bob")})


@pytest.fixture(scope="module")
def sampler(trained: sparring.Run) -> sparring.Sampler:
    return trained.sampler()


def test_a_sample_is_the_same_in_any_company(sampler: sparring.Sampler) -> None:
    many = sampler.generate(37, seed=5, labels="dark").samples
    one_by_one = [sampler.generate(1, seed=5 + i, labels="dark").samples for i in range(37)]
    assert torch.equal(many, torch.cat(one_by_one))


def test_who_waits_hears_how_many_are_made_and_written(
    sampler: sparring.Sampler, tmp_path: Path
) -> None:
    made: list[int] = []
    written: list[int] = []
    generated = sampler.generate(37, progress=made.append)
    generated.save(tmp_path, progress=written.append)
    assert made == [16, 32, 37]
    assert written == list(range(1, 38))


def test_samples_say_in_a_line_what_they_are(sampler: sparring.Sampler) -> None:
    said = "<3 samples of shape (1, 8, 8); `save` writes, `sheet` shows>"
    assert repr(sampler.generate(3)) == said


def test_other_seeds_and_labels_give_other_samples(sampler: sparring.Sampler) -> None:
    dark, light = (sampler.generate(4, labels=name).samples for name in ("dark", "light"))
    assert not torch.equal(dark, light)
    assert not torch.equal(dark[0], dark[1])


def test_less_truncation_is_closer_to_the_mean(sampler: sparring.Sampler) -> None:
    spread = [sampler.generate(32, labels="dark", truncation=t).samples.std(0).mean()
              for t in (0.1, 0.5, 1.0)]  # fmt: skip
    assert spread == sorted(spread)


def test_labels_left_out_take_all_classes_in_turn(sampler: sparring.Sampler) -> None:
    assert sampler.generate(3).captions == ["dark", "light", "dark"]
    free = conditions(TWO, range(6), {})
    assert free.labels["digit"].tolist() == [0, 1, 2, 0, 1, 2]
    assert free.labels["speaker"].tolist() == [0, 0, 0, 1, 1, 1]
    half = conditions(TWO, range(3), {"digit": "2"})
    assert half.labels["digit"].tolist() == [2, 2, 2]
    assert half.labels["speaker"].tolist() == [0, 1, 0]
    assert conditions(TWO, [2**63 - 1], {}).labels["digit"].tolist() == [(2**63 - 1) % 3]


def test_labels_left_out_follow_the_seed_and_not_the_place(sampler: sparring.Sampler) -> None:
    sixth = sampler.generate(1, seed=5)
    many = sampler.generate(16, seed=0)
    assert sixth.captions == many.captions[5:6] == ["light"]
    assert torch.equal(sixth.samples[0], many.samples[5])


def test_labels_are_read_as_people_write_them() -> None:
    both = {"digit": "1", "speaker": "bob"}
    assert parse_labels("digit=1, speaker=bob", TWO.labels) == both
    # A caption joins them, and is the same whichever came first.
    assert list(parse_labels("speaker=bob,digit=1", TWO.labels)) == list(TWO.labels)
    assert parse_labels(both, TWO.labels) == both
    assert parse_labels("", TWO.labels) == parse_labels("", {}) == {}
    assert parse_labels("1", TWO.labels) == {"digit": "1"}
    assert parse_labels(0, TWO.labels) == parse_labels({"digit": 0}, TWO.labels) == {"digit": "0"}
    assert parse_labels("bob,2", TWO.labels) == {"speaker": "bob", "digit": "2"}
    shared = {"first": ("0", "1"), "second": ("1", "2")}
    for labels, classes in (("1", shared), ("7", TWO.labels)):
        with pytest.raises(UserError, match="needs the name of its set"):
            parse_labels(labels, classes)
    with pytest.raises(UserError, match="There is no digit '17'"):
        parse_labels("17", {"digit": ("1", "7")})
    with pytest.raises(UserError, match="Did you mean 'speaker'"):
        parse_labels("speeker=ann", TWO.labels)
    for anything in ("7", "digit=7", {"digit": "7"}, 7):
        with pytest.raises(UserError, match=r"This model heeds no labels; leave out .*7"):
            parse_labels(anything, {})
    one = {"digit": ("3", "7")}
    for twice in ("3,7", "digit=3,7", "digit=3, digit = 7"):
        with pytest.raises(UserError, match="'digit' is asked to be '3' and '7'"):
            parse_labels(twice, one)
    for long in ("x" * 9_000, {"digit": "x" * 9_000}, f"{'x' * 9_000}=3", {"x" * 9_000: "3"}):
        for sets in (one, TWO.labels, {}):
            with pytest.raises(UserError) as caught:
                parse_labels(long, sets)
            assert len(str(caught.value)) < 400


def test_labels_that_were_left_out_of_the_training_are_neither_shown_nor_taken(
    tiny: Recipe, tmp_path: Path
) -> None:
    players = ("generator", "discriminator")
    recipe = tiny.replace({f"networks.{p}.conditional": False for p in players}, samples=16)
    sampler = sparring.train(recipe, out=tmp_path / "run", quiet=True).sampler()
    assert sampler.spec.labels == {"class": ("dark", "light")}
    assert sampler.labels == {}
    made = sampler.generate(3)
    assert made.captions == ["", "", ""]
    assert [path.name for path in made.save(tmp_path / "made")] == [
        "000000.png", "000001.png", "000002.png", "sheet.png",
    ]  # fmt: skip
    assert sparring.interpolate(sampler, [0, 1], steps=1).labels == [{}, {}]
    assert "| labels | none |" in (tmp_path / "run" / "model" / "README.md").read_text()
    refused = "This model heeds no labels; leave out 'light'"
    with pytest.raises(UserError, match=refused):
        sampler.generate(labels="light")
    with pytest.raises(UserError, match=refused):
        sparring.interpolate(sampler, [0, 1], labels="light")


def test_a_walk_asks_for_what_can_be_made(sampler: sparring.Sampler, tmp_path: Path) -> None:
    for seeds, settings, sentence in (
        ([1, -2], {}, "seed = -2"),
        ([1, 2**63], {}, "seed = 9223372036854775808"),
        ([1, 2], {"truncation": 0.0}, "truncation = 0"),
        ([1, 2], {"truncation": 1.5}, "truncation = 1.5"),
        ([1, 2], {"steps": MOST}, "count = 100001"),
    ):
        with pytest.raises(UserError, match=sentence):
            sparring.interpolate(sampler, seeds, **settings)
        with pytest.raises(UserError):
            save_walk(sampler, seeds, tmp_path, **settings)
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way_gets_a_sentence(sampler: sparring.Sampler, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for save in (
        lambda folder: sampler.generate(1).save(folder),
        sampler.save,
        lambda folder: save_walk(sampler, [0, 1], folder, steps=1),
    ):
        for folder in (tmp_path / "file", tmp_path / "file" / "inside"):
            with pytest.raises(UserError, match="cannot be written"):
                save(folder)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ..."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_memory_that_does_not_suffice(
    sampler: sparring.Sampler, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def forward(*_: object) -> None:
        raise error

    monkeypatch.setattr(sampler.generator, "forward", forward)
    with pytest.raises(OutOfResources, match="memory does not suffice") as caught:
        sampler.generate(1)
    assert caught.value.code == 5


def test_other_errors_are_not_taken_for_missing_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory.enough():
        raise RuntimeError("shapes differ")


def told(content: bytes) -> Facts:
    facts = verify(content, "x.png").facts
    assert facts is not None
    return facts


def test_every_file_says_that_it_is_made_by_a_machine(
    sampler: sparring.Sampler, tmp_path: Path
) -> None:
    *samples, sheet = sampler.generate(2, seed=9).save(tmp_path)
    for path, seeds in ((samples[0], [9]), (samples[1], [10]), (sheet, [9, 10])):
        with Image.open(path) as picture:
            assert picture.info["Description"] == "AI-generated"
        facts = told(path.read_bytes())
        assert facts.seeds == seeds
        assert facts.origin.model == sampler.model_hash
    for shown in (sampler.generate(2), sampler):  # as notebooks show them
        assert told(shown._repr_png_()).origin.model == sampler.model_hash
    strip, walk = save_walk(sampler, [1, 2], tmp_path, steps=3)
    assert told(strip.read_bytes()).walk == {"between": [1, 2], "steps": 3, "closed": False}
    assert told(walk.read_bytes()).made == "walk"
    with Image.open(walk) as film:
        assert b"AI-generated" in film.info["comment"]
        assert getattr(film, "n_frames", 1) == 12


def test_the_arc_keeps_length_and_ends() -> None:
    a, b = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(between(a, b, 0.0), a)
    torch.testing.assert_close(between(a, b, 1.0), b)
    middle = between(a / a.norm(), b / b.norm(), 0.5)
    torch.testing.assert_close(middle.norm(), torch.tensor(1.0))
    torch.testing.assert_close(between(a, 2 * a, 0.5), 1.5 * a)


def test_a_walk_begins_and_ends_at_its_seeds(sampler: sparring.Sampler) -> None:
    walk = sparring.interpolate(sampler, [3, 8], steps=4, labels="light")
    ends = torch.cat([sampler.generate(1, seed=s, labels="light").samples for s in (3, 8)])
    assert len(walk) == 5
    torch.testing.assert_close(walk.samples[[0, 4]], ends)


def test_a_model_folder_gives_the_same_samples(sampler: sparring.Sampler, tmp_path: Path) -> None:
    again = sparring.load(sampler.save(tmp_path / "model"))
    assert again.model_hash == sampler.model_hash
    assert torch.equal(again.generate(3).samples, sampler.generate(3).samples)
    assert {p.name for p in (tmp_path / "model").iterdir()} == {
        "model.safetensors", "config.json", "README.md",
    }  # fmt: skip


def test_half_precision_keeps_the_name_of_the_model_and_what_is_known_of_it(
    sampler: sparring.Sampler, tmp_path: Path
) -> None:
    once = sparring.load(sampler.save(tmp_path / "once"))
    assert once.facts == sampler.facts
    assert once.model_hash == sampler.model_hash
    once.generator.half()
    halved = sparring.load(once.save(tmp_path / "halved"))
    config = json.loads((tmp_path / "halved" / "config.json").read_text())
    assert config["model_hash"] == halved.model_hash
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("once", "halved")]
    assert sizes[1] < 0.9 * sizes[0]


def test_a_model_does_not_tell_where_the_data_lie(trained: sparring.Run) -> None:
    place = trained.recipe.data["path"]
    assert str(Path(place).parent) in trained.manifest["data"]["source"]  # a run is one's own
    for path in (trained.folder / "model").iterdir():
        assert str(Path(place).parent).encode() not in path.read_bytes(), path.name
    again = sparring.load(trained.folder)
    assert again.recipe.data["path"] == Path(place).name
    assert again.recipe.hash == trained.recipe.hash == trained.manifest["recipe_hash"]


def test_a_licence_beside_the_data_is_named_without_its_folder(
    trained: sparring.Run, sampler: sparring.Sampler, tmp_path: Path
) -> None:
    path = trained.recipe.data["path"]
    facts = {"samples": 3, "licence": f"see LICENSE in {path}", "chosen": "the newest"}
    write_model(tmp_path, sampler.generator, trained.recipe, sampler.spec, facts)
    assert sparring.load(tmp_path).facts["licence"] == f"see LICENSE in {Path(path).name}"


def test_one_sample_is_a_file_in_memory(sampler: sparring.Sampler, tmp_path: Path) -> None:
    made = sampler.generate(2, seed=5)
    paths = made.save(tmp_path)
    assert _pixels(made.encoded(1)) == _pixels(paths[1].read_bytes())
    assert made.encoded(0, "jpeg").startswith(b"\xff\xd8")
    with pytest.raises(UserError, match=r"There are: jpeg, png"):
        made.encoded(0, "midi")


def _pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.tobytes()
