"""`generate --like FILE`: pictures, sounds and texts are made again bit for bit."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import sparring
from sparring import cli
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation import likeness
from sparring.generation.batch import Ask, rows, together
from sparring.generation.explore import save_walk
from sparring.generation.generated import Generated
from sparring.generation.model_file import build_generator, modality_of
from sparring.generation.row import save_row, spell
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.provenance.facts import Facts
from sparring.provenance.labelling import Labelling
from sparring.provenance.verify import verify

PLAIN = Labelling(producer="me", signed=False)


@pytest.fixture(scope="module")
def drawer(trained: sparring.Run) -> Sampler:
    return trained.sampler().labelled(PLAIN)


@pytest.fixture(scope="module")
def speaker() -> Sampler:
    spec = Spec("audio", (64, 16), labels={"digit": ("0", "1"), "speaker": ("a", "b")}, rate=8_000)
    recipe = Recipe.read("spoken_digits_quick", {"networks.generator.width": 8})
    torch.manual_seed(0)
    return Sampler(build_generator(recipe, spec), recipe, modality_of(spec), {}).labelled(PLAIN)


@pytest.fixture(scope="module")
def writer(wrote: sparring.Run) -> Sampler:
    return wrote.sampler().labelled(PLAIN)


def facts_of(content: bytes, name: str) -> Facts:
    facts = verify(content, name).facts
    assert facts is not None
    return facts


def assert_same(paths: list[Path], sampler: Sampler) -> None:
    for path in paths:
        if path.suffix == ".jsonl":
            # Every line of it has a recipe of its own.
            layers = verify(path.read_bytes(), path.name).layers
            assert [each.state for each in layers if each.name == "iptc"] == ["valid"]
            continue
        content = path.read_bytes()
        made = likeness.again(facts_of(content, path.name), content, path.name, sampler, PLAIN)
        assert made.is_same, path
        assert not made.differences
        facts = facts_of(made.labelled.content, path.name)
        told = facts_of(content, path.name)
        assert replace(facts, created=told.created, identifier=told.identifier) == told


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_pictures_are_made_again(form: str, drawer: Sampler, tmp_path: Path) -> None:
    made = drawer.generate(3, seed=7, truncation=0.8)
    assert_same([*made.save(tmp_path, form), *save_walk(drawer, [3, 9], tmp_path)], drawer)
    assert_same([save_row(spell(drawer, "dark light dark"), "dark", tmp_path)], drawer)
    shown = drawer.labelled(replace(PLAIN, visible=True)).generate(1, seed=4, labels="dark")
    assert_same(shown.save(tmp_path / "shown", form), drawer)


@pytest.mark.parametrize("form", ["wav", "flac", "ogg"])
def test_sounds_are_made_again(form: str, speaker: Sampler, tmp_path: Path) -> None:
    paths = speaker.generate(2, labels="digit=1", seed=3).save(tmp_path, form)
    assert_same([each for each in paths if each.suffix == f".{form}"], speaker)
    shown = speaker.labelled(replace(PLAIN, visible=True))
    assert_same([save_row(spell(shown, "1 0"), "1 0", tmp_path, form)], speaker)


WORDINGS: Mapping[str, Wording] = {
    "usual": Wording(),
    "tame": Wording(temperature=0.5, top_p=0.9),
    "chosen": Wording(candidates=3),
    "likely": Wording(candidates=2, by="likelihood"),
    "begun": Wording(prefix="they w"),
    "mended": Wording(repair="we □□□□ here"),
}


@pytest.mark.parametrize("wording", WORDINGS.values(), ids=WORDINGS)
def test_texts_are_made_again(wording: Wording, writer: Sampler, tmp_path: Path) -> None:
    asked = worded(writer, wording)[0] if wording.ways else writer
    for form in ("txt", "md", "json"):
        assert_same(asked.generate(2, seed=5).save(tmp_path / form, form), writer)


def test_what_a_latent_made_is_made_again_in_its_way(writer: Sampler, tmp_path: Path) -> None:
    latent = tuple(writer.latents([8])[0].tolist())
    for number, wording in enumerate((None, Wording(temperature=0.5, top_p=0.9))):
        ask = Ask(seed=5, latent=latent, truncation=0.8, wording=wording)
        (made,) = together([rows(writer, ask)])
        assert isinstance(made, Generated)
        assert_same(made.save(tmp_path / str(number), "txt"), writer)
        content = made.encoded(0, "txt")
        facts = facts_of(content, "x.txt")
        assert facts.origin.ways == {**(wording.ways if wording else {}), "latent": [*latent]}
        huge = replace(facts.origin, ways={**facts.origin.ways, "latent": [10**400]})
        with pytest.raises(BadData, match="its latent is out of range"):
            likeness.again(replace(facts, origin=huge), content, "x.txt", writer, PLAIN)


def test_a_sample_of_a_walk_is_that_sample_again(drawer: Sampler) -> None:
    walk = sparring.interpolate(drawer, [0, 5], steps=4)
    content = walk.encoded(2)
    made = likeness.again(facts_of(content, "x.png"), content, "x.png", drawer, PLAIN)
    assert made.is_same
    assert content != walk.encoded(1)


def test_what_differs_is_told(drawer: Sampler, speaker: Sampler) -> None:
    content = drawer.generate(1).encoded(0)
    facts = facts_of(content, "x.png")
    with pytest.raises(BadData, match=r"was made by the model .* name the model that made it"):
        likeness.again(facts, content, "x.png", speaker, PLAIN)
    other = replace(facts, origin=replace(facts.origin, threads=64), seeds=[77])
    made = likeness.again(other, content, "x.png", drawer, PLAIN)
    assert not made.is_same
    assert made.differences == ["threads 64 then, 1 now"]
    wild = replace(facts, origin=replace(facts.origin, ways={"candidates": "many"}))
    with pytest.raises(BadData, match="cannot be followed: it has 'candidates' = 'many'"):
        likeness.again(wild, content, "x.png", drawer, PLAIN)


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["sparring", "generate", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert isinstance(end.value.code, int)
    return end.value.code


def test_the_verb_finds_the_run_that_made_a_file(
    drawer: Sampler,
    trained: sparring.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    path, *_ = drawer.generate(1, seed=3).save(tmp_path / "made")
    assert run(monkeypatch, "--like", path) == 3
    assert "name it: sparring generate MODEL --like FILE" in capsys.readouterr().err
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(trained.folder)
    assert run(monkeypatch, "--like", path, "--json") == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told == {"files": [f"samples/again-{path.name}"], "same": True, "differences": []}
    assert "bit for bit" in err
    assert verify(Path(told["files"][0]).read_bytes(), "x.png").is_sound
    assert run(monkeypatch, trained.folder, "--like", path, "--count", 3) == 2
    assert run(monkeypatch, "--like", tmp_path / "nothing.png") == 3


def test_labels_are_left_out_on_request_and_that_is_noted(
    trained: sparring.Run,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, trained.folder, "-n", 1, "--seed", 9, "--no-labels") == 0
    err = capsys.readouterr().err
    assert "will carry no label" in err
    assert str(cache / "unlabelled.jsonl") in err
    verdict = verify((tmp_path / "samples" / "sheet.png").read_bytes(), "sheet.png")
    assert {layer.state for layer in verdict.layers} == {"missing"}
    entries = [json.loads(line) for line in (cache / "unlabelled.jsonl").read_text().splitlines()]
    assert [entry["num_files"] for entry in entries] == [1, 1]
    assert entries[0]["seeds"] == [9]
    assert entries[0]["files"][0].startswith(str(tmp_path))
    options = ["--producer", "our-code", "--visible", "--form", "jpeg", "--no-credentials"]
    assert run(monkeypatch, trained.folder, "-n", 1, *options) == 0
    facts = facts_of(next((tmp_path / "samples").glob("*.jpeg")).read_bytes(), "x.jpeg")
    assert (facts.provider, facts.visible) == ("our-code", True)
    assert run(monkeypatch, trained.folder, "--producer", "某公司") == 2


def test_samples_that_take_the_place_of_others_are_told(
    trained: sparring.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    def said(*options: object) -> str:
        assert run(monkeypatch, trained.folder, "-n", 2, *options) == 0
        return capsys.readouterr().err

    replaced = (
        "sheet.png in samples shows what was made now, and no longer what an earlier call made; "
        "--out FOLDER keeps them apart.\n"
    )
    assert said() + said() == ""
    assert said("--seed", 9) == said("--form", "jpeg") == replaced
    name = min((tmp_path / "samples").glob("0*.png")).name
    assert said("--truncation", 0.5) == (
        f"2 files in samples took the place of other samples of the same names, such as {name}; "
        f"--out FOLDER keeps them apart.\n{replaced}"
    )
    (tmp_path / "samples" / name).write_bytes(b"a note of mine")
    assert said("--truncation", 0.5).startswith("1 file in samples took the place of ")


def test_lists_and_walks_that_are_made_anew_are_told(
    trained: sparring.Run,
    wrote: sparring.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    def told(*options: object) -> str:
        assert run(monkeypatch, *options) == 0
        return " ".join(each for each in capsys.readouterr().err.splitlines() if "call" in each)

    lines, later = (wrote.folder, "-n", 2), (wrote.folder, "-n", 2, "--seed", 7)
    assert told(*lines) + told(*lines) == ""
    assert told(*later).startswith("sheet.png, sheet.html, samples.md and samples.jsonl in samples")
    assert told(trained.folder, "-n", 1).startswith("sheet.png in samples shows ")
    assert told(trained.folder, "--between", "0,5") + told(trained.folder, "--between", "0,5") == ""
    walk = told(trained.folder, "--between", "0,6")
    assert walk.startswith("strip.png and walk.gif in samples show what was made now, and no ")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "fashion", "spoken-digits", "quatrains"])
def test_what_shipped_models_make_is_made_again(name: str, tmp_path: Path) -> None:
    sampler = sparring.load(name).labelled(PLAIN)
    for path in sampler.generate(2, seed=11).save(tmp_path):
        if path.suffix == ".jsonl":
            continue
        content = path.read_bytes()
        facts = facts_of(content, path.name)
        found = sparring.load(likeness.find_model(facts))
        assert likeness.again(facts, content, path.name, found, PLAIN).is_same, path
