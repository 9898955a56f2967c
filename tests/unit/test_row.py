"""Words in a row: spelled of classes, in one file, pictures and sounds alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from PIL import Image

import sparring
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation.explore import save_walk
from sparring.generation.model_file import build_generator, modality_of
from sparring.generation.row import save_row, spell
from sparring.generation.sampler import Sampler

SPOKEN = Spec(
    "audio",
    (64, 16),
    labels={"digit": tuple("0123456789"), "speaker": ("jackson", "theo")},
    rate=8_000,
)


def sampler_of(spec: Spec) -> Sampler:
    recipe = Recipe.read("spoken_digits_quick", {"networks.generator.width": 8})
    torch.manual_seed(0)
    return Sampler(build_generator(recipe, spec), recipe, modality_of(spec), {})


@pytest.fixture(scope="module")
def speaker() -> Sampler:
    return sampler_of(SPOKEN)


def test_every_word_is_asked_for_by_one_speaker(speaker: Sampler) -> None:
    spelled = spell(speaker, "4 0 7 1", labels="speaker=theo", seed=3)
    assert spelled.captions == ["4 theo", "0 theo", "7 theo", "1 theo"]
    alone = speaker.generate(1, seed=5, labels="digit=7,speaker=theo")
    assert torch.equal(spelled.samples[2], alone.samples[0])


def test_a_speaker_left_out_is_the_same_for_all_words(speaker: Sampler) -> None:
    speakers = [labels["speaker"] for labels in spell(speaker, "1 2 3").labels]
    assert len(set(speakers)) == 1


def test_sounds_follow_each_other_in_one_file(speaker: Sampler, tmp_path: Path) -> None:
    path = save_row(spell(speaker, "4 4 1", labels="speaker=jackson"), "4 4 1", tmp_path / "new")
    assert path.name == "said-000000-4-4-1.wav"
    with soundfile.SoundFile(path) as file:
        assert file.comment == "AI-generated"
        assert file.frames > 2 * 0.12 * 8_000


def test_a_file_is_named_by_what_was_said(speaker: Sampler, tmp_path: Path) -> None:
    said = " theo  theo"
    path = save_row(spell(speaker, said, labels="digit=7"), said, tmp_path)
    assert path.name == "said-000000-theo-theo.wav"


def test_the_longest_class_that_fits_is_said(tmp_path: Path) -> None:
    drums = sampler_of(replace(SPOKEN, labels={"class": ("kick", "deep kick", "deep", "clap")}))
    said = "deep kick kick deep clap"
    spelled = spell(drums, said)
    assert spelled.captions == ["deep kick", "kick", "deep", "clap"]
    assert save_row(spelled, said, tmp_path).name == "said-000000-deep-kick-kick-deep-clap.wav"
    with pytest.raises(UserError, match=r"^snare cannot be said"):
        spell(drums, "deep snare")


def test_what_follows_each_other_in_one_file_has_an_end(speaker: Sampler, tmp_path: Path) -> None:
    most = speaker.modality.most_in_a_row
    assert most == int(600 / (16 * 0.008 + 0.12))
    for too_much in (
        lambda: spell(speaker, "7 " * (most + 1)),
        lambda: save_walk(speaker, [0, 1], tmp_path, steps=most // 4 + 1),
    ):
        with pytest.raises(
            UserError, match=rf"in a row are too long for one file: at most {most:,}"
        ):
            too_much()
    assert not list(tmp_path.iterdir())


def test_pictures_stand_side_by_side(trained: sparring.Run, tmp_path: Path) -> None:
    path = save_row(spell(trained.sampler(), "dark light dark"), "dark light dark", tmp_path)
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
