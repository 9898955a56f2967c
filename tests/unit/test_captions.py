"""Captions and plays: published texts that are fetched once, cut to length and known by content."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sparring.core.errors import BadData
from sparring.data import captions, tiny_shakespeare
from sparring.data._published import PublishedText
from sparring.data.captions import Captions
from sparring.data.tiny_shakespeare import TinyShakespeare
from sparring.modalities._tokens import END, UNKNOWN
from sparring.modalities.text import Text

LINES = {
    "train": "a man rides a horse.\na dog, a cat and a man.\na man rides a very very very old dog.",
    "test": "a man rides a dog.\na zebra rides a man.",
}
PLAY = "To be, or not to be: that is the question.\n" * 10


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small texts in place of the published ones, packed, but for the plain play."""
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    made = {}
    for part, text in {**LINES, "play": PLAY}.items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        made[part] = PublishedText("published", f"{part}.txt", len(text), digest)
    monkeypatch.setattr(captions, "FILES", {part: made[part] for part in LINES})
    monkeypatch.setattr(tiny_shakespeare, "FILE", made["play"])
    (tmp_path / "published").mkdir()
    for part, text in LINES.items():
        (tmp_path / "published" / f"{part}.txt.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "published" / "play.txt").write_text(PLAY)
    return tmp_path / "published"


def texts(data: Any, part: Any) -> list[str]:
    return Text(data.spec).texts(torch.from_numpy(data.split(part).values))


def test_captions_are_words(place: Path) -> None:
    data = Captions(length=8)
    assert data.is_here
    assert data.spec.shape == (8,)
    assert texts(data, "train") == ["a man rides a horse."], "longer ones are left out"
    assert texts(data, "test") == LINES["test"].replace("zebra", "\N{REPLACEMENT CHARACTER}").split(
        "\n"
    )
    assert data.split("train").values[0].tolist()[6:] == [END, 0]
    assert len(Captions(length=9).split("train")) == 2, "one of nine symbols needs no end"
    (place / "test.txt.gz").unlink()
    assert not Captions().is_here


def test_windows_of_the_training_part_overlap_by_half(place: Path) -> None:
    data = TinyShakespeare(length=16)
    train, test = texts(data, "train"), texts(data, "test")
    border = int(len(PLAY) * 0.9)
    assert all(text == PLAY[8 * i : 8 * i + 16] for i, text in enumerate(train))
    assert len(train) == (border - 16) // 8 + 1
    assert test == [PLAY[border:][16 * i : 16 * i + 16] for i in range(len(test))]
    assert len(test) == (len(PLAY) - border) // 16
    assert not (data.split("train").values == END).any()


def test_a_changed_plain_text_is_refused(place: Path) -> None:
    (place / "play.txt").write_text(PLAY.replace("be", "Be"))
    with pytest.raises(BadData, match=r"play\.txt does not hold the text that was published"):
        TinyShakespeare().split("test")


def test_without_a_network_it_says_where_to_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    for data in (Captions(), TinyShakespeare()):
        assert not data.is_here
        with pytest.raises(BadData, match=r"Fetch it by hand and put it at .*\.txt"):
            data.split("train")
    assert "1.1 MB" in capsys.readouterr().err


def test_the_real_captions_are_all_there(full_data: Path) -> None:
    if not (full_data / "coco-captions").is_dir():
        pytest.skip("SPARRING_DATA has no folder coco-captions")
    data = Captions()
    train, test = data.split("train").values, data.split("test").values
    assert (len(train), len(test), data.spec.symbols) == (9_968, 9_978, 4_684)
    known = {row.tobytes() for row in train}
    assert sum(row.tobytes() in known for row in test) == 15
    assert not (train == UNKNOWN).any()
    assert (test == UNKNOWN).any(1).mean() == pytest.approx(0.32, abs=0.005)


def test_the_real_play_is_all_there(full_data: Path) -> None:
    if not (full_data / "tiny-shakespeare").is_dir():
        pytest.skip("SPARRING_DATA has no folder tiny-shakespeare")
    data = TinyShakespeare()
    train, test = data.split("train").values, data.split("test").values
    assert (train.shape, test.shape, data.spec.symbols) == ((15_684, 128), (871, 128), 68)
    assert not (np.concatenate([train, test]) == UNKNOWN).any()
    assert (
        Text(data.spec).texts(torch.from_numpy(train[:1]))[0].startswith("First Citizen:\nBefore")
    )
