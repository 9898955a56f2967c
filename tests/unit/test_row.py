"""Words in a row: spelled of classes, in one file, pictures and sounds alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
import torch
from PIL import Image

import sparring
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation.model_file import build_generator, modality_of
from sparring.generation.row import save_row, spell
from sparring.generation.sampler import Sampler

SPOKEN = Spec(
    "audio",
    (64, 16),
    labels={"digit": tuple("0123456789"), "speaker": ("jackson", "theo")},
    rate=8_000,
)


@pytest.fixture(scope="module")
def speaker() -> Sampler:
    recipe = Recipe.read("spoken_digits_quick", {"networks.generator.width": 8})
    torch.manual_seed(0)
    return Sampler(build_generator(recipe, SPOKEN), recipe, modality_of(SPOKEN), {})


def test_every_word_is_asked_for_by_one_speaker(speaker: Sampler) -> None:
    spelled = spell(speaker, "4 0 7 1", labels="speaker=theo", seed=3)
    assert spelled.captions == ["4 theo", "0 theo", "7 theo", "1 theo"]
    alone = speaker.generate(1, seed=5, labels="digit=7,speaker=theo")
    assert torch.equal(spelled.samples[2], alone.samples[0])


def test_a_speaker_left_out_is_the_same_for_all_words(speaker: Sampler) -> None:
    speakers = [labels["speaker"] for labels in spell(speaker, "1 2 3").labels]
    assert len(set(speakers)) == 1


def test_sounds_follow_each_other_in_one_file(speaker: Sampler, tmp_path: Path) -> None:
    path = save_row(spell(speaker, "4 4 1", labels="speaker=jackson"), tmp_path / "new")
    assert path.name == "said-000000-4-4-1.wav"
    with soundfile.SoundFile(path) as file:
        assert "AIGC" in file.comment or "AI" in file.comment
        assert file.frames > 2 * 0.12 * 8_000


def test_pictures_stand_side_by_side(trained: sparring.Run, tmp_path: Path) -> None:
    path = save_row(spell(trained.sampler(), "dark light dark"), tmp_path)
    assert path.name == "said-000000-dark-light-dark.png"
    with Image.open(path) as picture:
        assert picture.width == 3 * picture.height


@pytest.mark.parametrize(
    ("text", "labels", "words"),
    [
        ("", "", "There is nothing to say"),
        ("4 theo", "", "all words must be classes of one label set"),
        ("4 x", "", "x cannot be said"),
        ("4", "digit=4", "4 cannot be said"),
    ],
)
def test_what_cannot_be_said_is_told(speaker: Sampler, text: str, labels: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        spell(speaker, text, labels=labels)


def test_samples_to_hear_get_a_page(speaker: Sampler, tmp_path: Path) -> None:
    names = [path.name for path in speaker.generate(2, labels="digit=7").save(tmp_path)]
    assert names == ["000000-7-jackson.wav", "000001-7-theo.wav", "sheet.png", "sheet.html"]
    assert (tmp_path / "sheet.html").read_text().count("<audio") == 2
