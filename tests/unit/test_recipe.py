"""Recipes: defaults, overrides, refusals and hashes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sparring.core import device
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe, failing, parse_override, shipped, summaries, to_toml
from sparring.generation.model_file import SHIPPED, shipped_names

TEXT = """
summary = "for tests"
samples = 1_000
[data]
name  = "mnist"
batch = 20
[networks.generator]
name = "mlp"
[networks.discriminator]
name = "mlp"
[objective]
name = "relativistic"
gamma = [1.0, 0.1]
"""


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe.read(written(tmp_path))


def test_defaults_are_filled_in(recipe: Recipe) -> None:
    assert recipe.name == "mine"
    assert (recipe.batch, recipe.steps) == (20, 50)
    assert recipe.networks["generator"]["latent"] == 100
    assert recipe.objective["penalty"] == "exact"
    assert recipe.augment == {}


def test_length_is_rounded_up_to_whole_steps(recipe: Recipe) -> None:
    assert recipe.replace(samples=1_001).steps == 51


def test_survives_json_and_toml(recipe: Recipe, tmp_path: Path) -> None:
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    (tmp_path / "again.toml").write_text(to_toml(recipe), encoding="utf-8")
    again = Recipe.read(tmp_path / "again.toml")
    assert again == recipe


def test_hash_depends_on_content_alone(recipe: Recipe, tmp_path: Path) -> None:
    swapped = TEXT.replace(
        'summary = "for tests"\nsamples = 1_000', 'samples=1000\nsummary="for tests"'
    )
    assert swapped != TEXT
    assert Recipe.read(written(tmp_path, swapped)).hash == recipe.hash
    spelt_out = {"objective.penalty": "exact", "networks.generator.latent": 100}
    assert recipe.replace(spelt_out).hash == recipe.hash
    assert recipe.replace(seed=1).hash != recipe.hash
    assert re.fullmatch(r"[0-9a-f]{64}", recipe.hash)


def test_hash_leaves_out_words_and_places(tmp_path: Path) -> None:
    text = TEXT.replace('name  = "mnist"', 'name = "image_folder"\npath = "/home/ann/photos"')
    recipe = Recipe.read(written(tmp_path, text))
    assert recipe.replace(name="other", summary="?", source="?", profile=True).hash == recipe.hash
    assert recipe.replace(expected={"distance": 3}).hash == recipe.hash
    assert recipe.replace({"data.path": "../photos"}).hash == recipe.hash
    assert recipe.replace({"data.path": "/home/ann/pictures"}).hash != recipe.hash
    assert recipe.replace({"data.size": 32}).hash != recipe.hash


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("/home/ann/photos", "photos"),
        ("/home/ann/photos/", "photos"),
        ("C:\\Users\\Ann\\photos.zip", "photos.zip"),
        ("~/photos", "photos"),
        ("ann/photos", "photos"),
        ("photos", "photos"),
        ("/", "."),
        (".", "."),
    ],
)
def test_only_the_last_part_of_a_path_is_shown_to_others(
    path: str, left: str, tmp_path: Path
) -> None:
    text = TEXT.replace('name  = "mnist"', 'name = "image_folder"\npath = "."')
    shown = Recipe.read(written(tmp_path, text), {"data.path": path}).without_paths()
    assert shown.data["path"] == left
    assert shown.without_paths() == shown
    assert Recipe.from_json(shown.to_json()) == shown


def test_replace_changes_settings_and_leaves_the_original(recipe: Recipe) -> None:
    changed = recipe.replace({"objective.gamma": 0.5, "data.batch": 10}, seed=7)
    assert (changed.seed, changed.batch) == (7, 10)
    assert changed.objective["gamma"]["start"] == 0.5
    assert (recipe.seed, recipe.batch) == (0, 20)


def test_another_component_brings_its_own_settings(recipe: Recipe) -> None:
    changed = recipe.replace({"objective.name": "hinge"})
    assert set(changed.objective) == {"name", "r1"}
    assert recipe.replace({"data.name": "fashion_mnist"}).batch == 20


def test_settings_may_come_before_the_name_that_they_belong_to(tmp_path: Path) -> None:
    overrides = {"objective.penalty": 5.0, "objective.name": "wasserstein_gp"}
    path = written(tmp_path)
    for recipe in (Recipe.read(path, overrides), Recipe.read(path).replace(overrides)):
        assert recipe.objective["penalty"]["start"] == 5.0


def test_overrides_complete_an_open_recipe(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.replace('name  = "mnist"', 'name = "image_folder"'))
    with pytest.raises(UserError, match=r"^'data\.path' is missing\.$"):
        Recipe.read(path)
    assert Recipe.read(path, {"data.path": "pictures"}).data["path"] == "pictures"


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"sample": 3}, "There is no setting 'sample'. Did you mean 'samples'?"),
        ({"objective.gama": 3}, "There is no setting 'objective.gama'. Did you mean 'gamma'?"),
        ({"objective.name": "hinges"}, "There is no 'hinges' in objectives. Did you mean 'hinge'?"),
        (
            {"training.log_evry": 3},
            "There is no setting 'training.log_evry'. Did you mean 'log_every'?",
        ),
        ({"batch": 3}, "There is no setting 'batch'. Did you mean 'data.batch'?"),
        ({"training.batch": 3}, "no setting 'training.batch'. Did you mean 'data.batch'?"),
        ({"loss": "hinge"}, "There is no setting 'loss'. Did you mean 'objective.name'?"),
        (
            {"device": "cpu"},
            "There is no setting 'device'. It is no part of a recipe but an option: --device.",
        ),
        ({"objective.loss": "hinge"}, "setting 'objective.loss'. Did you mean 'objective.name'?"),
        ({"data.out": 3}, "There is no setting 'data.out'. There are: "),
        ({"lr": 1e-3}, "There is no setting 'lr'. Did you mean 'optimiser.learning_rate'?"),
        ({"epochs": 3}, "no setting 'epochs'. How long a training is, 'samples' says, in real"),
        ({"data.batch_size": 8}, "no setting 'data.batch_size'. Did you mean 'data.batch'?"),
        ({"objective.lr": 1}, "'objective.lr'. Did you mean 'optimiser.learning_rate'?"),
        ({"training.name": "x"}, "There is no setting 'training.name'. There are: accumulate"),
        ({"networks.generator": "dcgan"}, "the name goes to networks.generator.name."),
        (
            {"latent": 8},
            "There is no setting 'latent'. Did you mean 'networks.generator.latent'?",
        ),
        ({"augment": "gentle"}, "it must be a table; the name goes to augment.name."),
        ({"networks.generator": 3}, "networks.generator = 3: it must be a table."),
        ({"samples": 0}, "samples = 0: it must be above 0."),
        ({"optimiser.betas": [0.5, 1.0]}, "each beta must lie in [0, 1)"),
        (
            {"optimiser.learning_rate": -1},
            "optimiser.learning_rate = -1: a learning rate must not be negative",
        ),
        (
            {"optimiser.learning_rate": [2e-4, -1e-4]},
            "optimiser.learning_rate = [0.0002, -0.0001]: a learning rate must not be negative",
        ),
        ({"optimiser.learning_rate.start": -1}, "a learning rate must not be negative"),
        ({"data.batch": 0}, "data.batch = 0: a whole number from 1 to 16,384 is needed."),
        ({"data.batch": True}, "data.batch = True: a whole number from 1 to 16,384 is needed."),
        ({"data.batch": "x"}, "data.batch = 'x': a whole number from 1 to 16,384 is needed."),
        ({"samples.more": 1}, "'samples' is a value, not a table."),
        ({"training.accumulate": 3}, "cannot be cut into training.accumulate = 3"),
        ({"networks.generator.widths": [-1]}, "networks.generator.widths"),
        ({"objective.gamma": "much"}, "objective.gamma"),
        ({"objective.penalty": "rough"}, "objective.penalty = 'rough'"),
        ({"augment.name": "gentel"}, "Did you mean 'gentle'?"),
        ({"seed": -1}, "seed = -1"),
    ],
    ids=str,
)
def test_every_mistake_gets_a_sentence(
    recipe: Recipe, overrides: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError) as caught:
        recipe.replace(overrides)
    text = str(caught.value)
    assert sentence in text
    assert "\n" not in text
    assert text[-1] in ".?"


def test_a_recipe_needs_a_generator(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'networks\.generator' is missing"):
        Recipe.read(written(tmp_path, TEXT.replace("networks.generator", "networks.painter")))


def test_a_component_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'objective\.name' is missing\. There are: .*hinge"):
        Recipe.read(written(tmp_path, TEXT.replace('name = "relativistic"', "")))


@pytest.mark.parametrize("text", ["samples = ", "\ufffd[[", "a = 1\na = 2"])
def test_what_is_not_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="is not a TOML file"):
        Recipe.read(written(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not a TOML file"):
        Recipe.read(tmp_path / "mine.toml")


def test_no_such_recipe() -> None:
    with pytest.raises(UserError, match="Did you mean 'tutorial'"):
        Recipe.read("tutoral")
    with pytest.raises(UserError, match="There is no recipe file"):
        Recipe.read("nowhere/mine.toml")


def test_stored_recipes_name_built_in_components_only(recipe: Recipe, tmp_path: Path) -> None:
    local = TEXT.replace('"relativistic"', '"sparring.objectives.relativistic:Relativistic"')
    stored = Recipe.read(written(tmp_path, local)).to_json()
    with pytest.raises(UserError, match=r"'sparring\.objectives.* --trusted"):
        Recipe.from_json(stored)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed=3", ("seed", 3)),
        ("objective.gamma=[1, 0.1]", ("objective.gamma", [1, 0.1])),
        ("samples=50_000", ("samples", 50_000)),
        ("profile=true", ("profile", True)),
        ("objective.name=hinge", ("objective.name", "hinge")),
        ('summary="a b"', ("summary", "a b")),
        ("data.path=/my pictures", ("data.path", "/my pictures")),
    ],
)
def test_overrides_on_a_command_line(text: str, expected: tuple[str, object]) -> None:
    assert parse_override(text) == expected


@pytest.mark.parametrize("text", ["seed", "=3", "a..b=3", "a b=3", ".a=1", ""])
def test_what_is_no_override(text: str) -> None:
    with pytest.raises(UserError, match="is not a setting"):
        parse_override(text)


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_read(name: str) -> None:
    open_settings = {"data.path": "mine"} if name in ("folder", "sounds", "text") else {}
    recipe = Recipe.read(name, open_settings)
    assert recipe.name == name
    assert recipe.source
    assert recipe.samples % recipe.batch == 0


def test_summaries_need_no_complete_recipe() -> None:
    rows = summaries()
    assert {row["name"] for row in rows} == shipped().keys() | failing().keys()
    assert all(row["summary"] and len(row["summary"]) <= 100 for row in rows)


def test_folders_may_be_called_like_numbers_and_dates(tmp_path: Path) -> None:
    for name in ("2024", "2024-01-01"):
        key, value = parse_override(f"data.path={name}")
        assert Recipe.read("folder", {key: value}).data["path"] == name


def test_recipes_of_windows_editors_are_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert Recipe.read(file).name


def test_more_threads_than_the_machine_has_are_refused() -> None:
    with pytest.raises(UserError, match="this machine has"), device.threads(100_000):
        pass


@pytest.mark.parametrize("name", shipped_names())
def test_what_came_later_leaves_the_hashes_of_shipped_models_alone(name: str) -> None:
    config = json.loads((SHIPPED / name / "config.json").read_text())
    recipe = Recipe.from_json(config["recipe"])
    card = (SHIPPED / name / "README.md").read_text()
    assert f"| recipe | SHA-256 `{recipe.hash}` |" in card


TWIN = "_likelihood"


@pytest.mark.parametrize("name", [name for name in shipped() if name.endswith(TWIN)])
def test_what_a_match_is_held_against_is_no_weaker(name: str) -> None:
    twin, match = Recipe.read(name), Recipe.read(name.removesuffix(TWIN))
    assert twin.networks["generator"] == match.networks["generator"]
    for each in ("data", "samples", "seed"):
        assert getattr(twin, each) == getattr(match, each)
    for each in ("learning_rate", "betas", "epsilon"):
        assert getattr(twin.optimiser, each) == getattr(match.optimiser, each)
    assert twin.objective["gaps"] == match.objective["gaps"]
