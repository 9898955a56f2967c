"""The measurements behind benchmarks/sound.md: the right numbers, and rows in their places."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import recogniser
import sound_page
import sound_speed
import sparring
import vocoder
from sparring.core.errors import UserError


def test_rows_take_the_place_of_those_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "sound.md"
    page.write_text("# Sound\n<!-- a -->\n| x | y |\n| --- | --- |\n<!-- end of a -->\nrest\n")
    monkeypatch.setattr(sound_page, "PAGE", page)
    for row in (["one", "1"], ["two", "2"], ["one", "3"]):
        sound_page.keep_row("a", row)
    rows = "| x | y |\n| --- | --- |\n| one | 3 |\n| two | 2 |"
    assert page.read_text() == f"# Sound\n<!-- a -->\n{rows}\n<!-- end of a -->\nrest\n"


def test_a_missing_recogniser_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(UserError, match=r"run: pip install 'pocketsphinx>=5'$"):
        recogniser.decoder(tmp_path)


def test_what_is_understood_is_counted() -> None:
    heard = recogniser.Heard("clips", np.array([1, 1, 2, 3]), np.array([1, 7, 2, -1]))
    assert heard.accuracy().startswith("50.0% [")
    assert heard.accuracy(2).startswith("100.0% [")
    assert heard.accuracy(9) == "-"


def test_real_words_are_understood(full_data: Path) -> None:
    pytest.importorskip("pocketsphinx")
    test = recogniser.SpokenDigits().split("test")
    found = recogniser.understood(test.values[:40])
    assert (found == test.labels["digit"][:40]).mean() > 0.6
    assert (recogniser.understood(np.zeros((2, 5_120), np.int16)) < 10).all()


def test_speed_is_sound_made_in_a_second() -> None:
    head, one, two = sound_speed.rows({1: 2.0, 2: 1.0}, 41.0)
    assert len(head) == 3
    assert (one, two) == (["1", "20.5", "1.00"], ["2", "41.0", "2.00"])


def test_every_number_of_threads_is_timed() -> None:
    threads = torch.get_num_threads()
    try:
        times = sound_speed.seconds(sparring.load("spoken-digits", "cpu"), 2, 1)
    finally:
        torch.set_num_threads(threads)
    assert times.keys() == {1, 2}
    assert all(taken > 0 for taken in times.values())


def test_a_sound_is_at_no_distance_of_itself_and_noise_is_far() -> None:
    rng = torch.Generator().manual_seed(0)
    waves = 0.1 * torch.randn((2, 5_120), generator=rng)
    assert vocoder.stft_distance(waves, waves) == (0.0, 0.0)
    assert vocoder.mel_error(waves, waves, 64) == 0.0
    near = vocoder.stft_distance(waves + 0.01 * torch.randn(waves.shape, generator=rng), waves)
    far = vocoder.stft_distance(0.1 * torch.randn(waves.shape, generator=rng), waves)
    assert 0 < near[0] < far[0] and 0 < near[1] < far[1]
    assert vocoder.mel_error(waves / 2, waves, 64) == pytest.approx(6.02, abs=0.1)
