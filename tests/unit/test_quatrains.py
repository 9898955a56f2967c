"""Quatrains: what becomes of the poems, and a file that is known by what is inside."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sparring.core.errors import BadData, UserError
from sparring.data import quatrains
from sparring.data._published import PublishedText
from sparring.data.quatrains import Quatrains
from sparring.modalities._tokens import END, PAD, UNKNOWN
from sparring.modalities.text import Text


def poem(lines: str, dynasty: str = "tang", split: str = "train") -> dict[str, Any]:
    parts = lines.split()
    return {"dynasty": dynasty, "form": len(parts[0]), "lines": parts, "split": split}


POEMS = [
    poem("白日依山盡 黃河入海流 欲窮千里目 更上一層樓"),
    poem("白日依山盡 黃河入海流 欲窮千里目 更上一層流", "song"),
    poem("白日白日山盡盡 黃河黃河海流流 欲窮欲窮千里目 更上更上一層樓"),
    poem("白日依山盡 黃河入海流 欲窮千里目 更上一層鶴"),  # a character that occurs once
    poem("白日依山盡 黃河入海流 欲窮千里目 更上一层樓"),  # as the first, but for a variant
    poem("黃河入海流 白日依山盡 欲窮千里目 更上一層樓"),  # as the next, likewise
    poem("黃河入海流 白日依山盡 欲窮千里目 更上一层樓", split="test"),
    poem("更上一層樓 欲窮千里目 黃河入海流 白日依山鶯", "song", "test"),
]


def put(place: Path, monkeypatch: pytest.MonkeyPatch, poems: list[dict[str, Any]]) -> Path:
    text = "\n".join(json.dumps(poem, ensure_ascii=False) for poem in poems).encode()
    digest = hashlib.sha256(text).hexdigest()
    file = PublishedText("chinese-quatrains", "quatrains.jsonl", len(text), digest)
    monkeypatch.setattr(quatrains, "FILE", file)
    path = place / "chinese-quatrains" / "quatrains.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(text))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where data sets are looked for."""
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    return tmp_path


def texts(data: Quatrains, part: Any) -> list[str]:
    return Text(data.spec).texts(torch.from_numpy(data.split(part).values))


def test_poems_become_texts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(place, monkeypatch, POEMS)
    data = Quatrains(least=2)
    train, test = texts(data, "train"), texts(data, "test")
    assert sorted(train) == [
        "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
        "白日依山尽，黄河入海流。欲穷千里目，更上一层流。",
        "白日白日山尽尽，黄河黄河海流流。欲穷欲穷千里目，更上更上一层楼。",
    ]
    assert sorted(test) == [
        "更上一层楼，欲穷千里目。黄河入海流，白日依山\N{REPLACEMENT CHARACTER}。",
        "黄河入海流，白日依山尽。欲穷千里目，更上一层楼。",
    ]
    assert data.spec.shape == (32,)
    assert len(data.spec.traits) == data.spec.symbols
    for part, found in (("train", train), ("test", test)):
        samples = data.split(part)
        for text, row, form in zip(found, samples.values, samples.labels["form"], strict=True):
            assert data.spec.labels["form"][form] == ("seven" if len(text) == 32 else "five")
            if len(text) == 24:
                assert row[24] == END
                assert set(row[25:]) == {PAD}
        dynasty = samples.labels["dynasty"]
        assert sorted(data.spec.labels["dynasty"][i] for i in dynasty)[0] == "song"


def test_held_out_poems_can_be_read_with_their_rare_characters(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, monkeypatch, POEMS)
    data = Quatrains(least=2)
    whole = data.held_out_texts
    assert "更上一层楼，欲穷千里目。黄河入海流，白日依山莺。" in whole
    as_symbols = [text.replace("莺", "\N{REPLACEMENT CHARACTER}") for text in whole]
    assert as_symbols == texts(data, "test")


def test_the_source_script_is_kept_where_asked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, monkeypatch, POEMS)
    data = Quatrains(script="traditional", least=2)
    assert "黃河入海流，白日依山盡。欲窮千里目，更上一層樓。" in texts(data, "train")
    assert len(data.split("train")) == 4, "variants are different characters there"


def test_without_the_converter_it_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, monkeypatch, POEMS)
    whole = importlib.import_module

    def missing(name: str) -> Any:
        if name == "opencc":
            raise ImportError(name)
        return whole(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"pip install 'sparring\[text\]'"):
        Quatrains().split("train")
    assert len(Quatrains(script="traditional", least=2).split("test")) == 2


def test_damaged_and_foreign_files_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(place, monkeypatch, POEMS)
    good = path.read_bytes()
    for content in (b"", b"<html>", good[:-20], gzip.compress(b"{}"), gzip.compress(b"x" * 10**7)):
        path.write_bytes(content)
        with pytest.raises(BadData, match=r"cannot be read|does not hold the text"):
            Quatrains().split("train")
    path.unlink()
    path.with_suffix("").write_bytes(gzip.decompress(good))  # plain is as good
    assert Quatrains().is_here
    assert len(Quatrains(least=2).split("train")) == 3


def test_where_it_is_missing_it_says_where_to_put_it(place: Path) -> None:
    assert not Quatrains().is_here
    with pytest.raises(BadData, match=r"put it into the folder chinese-quatrains of SPARRING_DATA"):
        Quatrains().split("train")


@pytest.mark.parametrize(("script", "count"), [("simplified", 22_560), ("traditional", 22_501)])
def test_the_real_ones_are_all_there(full_data: Path, script: Any, count: int) -> None:
    if not (full_data / "chinese-quatrains").is_dir():
        pytest.skip("SPARRING_DATA has no folder chinese-quatrains")
    data = Quatrains(script=script)
    train, test = data.split("train"), data.split("test")
    assert (len(train), len(test)) == (count, 2_762)
    assert data.spec.symbols == {"simplified": 4_601, "traditional": 4_798}[script]
    assert not {row.tobytes() for row in train.values} & {row.tobytes() for row in test.values}
    assert len({row.tobytes() for row in train.values}) == count
    assert not (train.values == UNKNOWN).any()
    assert 0.11 < (test.values == UNKNOWN).any(1).mean() < 0.13
    # Any stretch holds everything.
    assert all(len(set(index[:100])) == 2 for index in train.labels.values())
    assert np.bincount(test.labels["form"]).tolist() == [1_750, 1_012]
