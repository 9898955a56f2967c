"""Which texts of the part to test with stand in the part to train on too."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparring import cli
from sparring.core.errors import BadData, UserError
from sparring.data import captions, tiny_shakespeare
from sparring.data._inspect import inspect, inspect_named
from sparring.data._near_texts import NearTexts, first_alike
from sparring.data._overlap import TEST_SHARE
from sparring.data._published import PublishedText
from sparring.data._text_lines import SHARES, share_of
from sparring.data._text_report import TextReport
from sparring.data.text_file import TextFile

COUNT = 600


def sentences(count: int = COUNT, seed: int = 0) -> list[str]:
    """Lines of words that are made up, no two of them alike."""
    chance = np.random.RandomState(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return [
        " ".join("".join(chance.choice(letters, chance.randint(2, 9))) for _ in range(9))
        for _ in range(count)
    ]


def is_held_out(text: str) -> bool:
    return share_of(text) < TEST_SHARE * SHARES


def looked_over(path: Path, lines: list[str], against: Path | None = None) -> TextReport:
    path.write_text("\n".join(lines) + "\n")
    report = inspect(path, against)
    assert isinstance(report, TextReport)
    return report


def test_what_would_be_held_out_is_compared_with_the_rest(tmp_path: Path) -> None:
    lines = sentences()
    train = [line for line in lines if not is_held_out(line)]
    shouted = [line.upper() for line in train if is_held_out(line.upper())][:9]
    almost = [f"{line[:-1]}!" for line in train if is_held_out(f"{line[:-1]}!")]
    almost = [line for line in almost if line[:-1].upper() not in str(shouted)][:7]
    report = looked_over(tmp_path / "a.txt", [*lines, *shouted, *almost, almost[0]])
    found = report.held_out
    assert found.train == len(train)
    assert found.test == COUNT - len(train) + 9 + 7 + 1
    assert (found.repeated, found.nearly_repeated, found.almost_same) == (0, 9, 7)
    assert found.compared == COUNT - len(train) + 7, (
        "those that differ in more than blanks and case"
    )
    place = 1 + lines.index(next(line for line in train if line.upper() == shouted[0]))
    assert list(found.pairs[0]) == [f"line {COUNT + 1}", f"line {place}"]
    assert len(found.pairs) == 16
    said = " ".join(report.problems)
    assert "Texts of the held-out part that stand among those to train on too" in said
    assert f"blanks and case at most: 9 of {found.test}" in said
    assert f"almost the same as some to train on: 7 of {found.compared}" in said
    assert f"held-out part: {found.test} texts beside {found.train} others; in both: 0" in (
        report.text()
    )


def test_the_part_is_the_one_that_a_training_holds_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    for count in (2, 5, 300):
        report = looked_over(tmp_path / "a.txt", sentences(count))
        data = TextFile(path=str(tmp_path / "a.txt"), length=100)
        assert report.held_out.test == len(data.split("test"))
        assert report.held_out.train == len(data.split("train"))
    same = looked_over(tmp_path / "a.txt", ["a", "a"])
    assert same.held_out.test == 0
    assert "held-out part" not in same.text() + str(same.problems)


def test_a_file_is_compared_with_another(tmp_path: Path) -> None:
    lines, others = sentences(), sentences(400, seed=1)
    test = tmp_path / "test.jsonl"
    texts = [*others, lines[3], lines[4], f" {lines[5].upper()}", f"{lines[6][:-1]}!"]
    test.write_text("\n".join(json.dumps({"text": text}) for text in texts) + "\nno JSON\n")
    report = looked_over(tmp_path / "a.txt", lines, test)
    found = report.against
    assert found is not None
    assert (found.test, found.train, found.unusable) == (404, COUNT, 1)
    assert (found.repeated, found.nearly_repeated, found.almost_same) == (2, 1, 1)
    assert found.compared == 401
    assert [list(pair) for pair in found.pairs] == [
        ["test.jsonl line 401", "line 4"], ["test.jsonl line 402", "line 5"],
        ["test.jsonl line 403", "line 6"], ["test.jsonl line 404", "line 7"],
    ]  # fmt: skip
    said = " ".join(report.problems)
    assert "blanks and case at most: 3 of 404 (0.7%)" in said, "one is too many here"
    assert "that cannot be used, and were not compared: 1." in said
    assert "file to compare with: 404 texts beside 600 others; in both: 2" in report.text()
    assert json.loads(json.dumps(report.to_json(), allow_nan=False)) == report.to_json()
    clean = looked_over(tmp_path / "b.txt", sentences(500, seed=2), test)
    assert clean.against is not None
    assert (clean.against.repeated, clean.against.almost_same) == (0, 0)
    assert inspect(tmp_path / "b.txt").to_json()["against"] is None


def test_a_folder_is_compared_with_a_packed_file(tmp_path: Path) -> None:
    folder, test = tmp_path / "folder", tmp_path / "test.txt.gz"
    folder.mkdir()
    lines = sentences(20)
    test.write_bytes(gzip.compress("\n".join(lines[:2]).encode()))
    (folder / "b.txt").write_text("a line of its own\n")
    report = looked_over(folder / "a.txt", lines)
    whole = inspect(folder, test)
    assert isinstance(whole, TextReport)
    assert report.against is None
    assert whole.against is not None
    assert whole.against.repeated == 2
    assert list(whole.against.pairs[0]) == ["test.txt.gz line 1", "a.txt line 1"]


def test_what_cannot_be_compared_is_refused(tmp_path: Path, pictures: Path) -> None:
    place, bad = tmp_path / "a.txt", tmp_path / "bad.txt"
    place.write_text("\n".join(sentences(9)))
    bad.write_bytes("words".encode("utf-16"))
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    for against, told in (
        (tmp_path / "none.txt", "There is no file"),
        (tmp_path, "There is no file"),
        (bad, "cannot be used: it is UTF-16; save it as UTF-8."),
        (empty, "holds no text"),
    ):
        with pytest.raises(BadData, match=told):
            inspect(place, against)
    with pytest.raises(UserError, match="holds pictures; only texts are compared"):
        inspect(pictures, place)
    points = tmp_path / "points.csv"
    points.write_text("0.1,0.2\n0.3,0.4\n")
    with pytest.raises(UserError, match="holds points; only texts are compared"):
        inspect(points, place)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small texts in place of those that have names."""
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    folder = tmp_path / "published"
    folder.mkdir()
    lines = sentences(60)
    parts = {"train": lines[:50], "test": [*lines[50:], lines[0], lines[1].upper()]}

    def put(name: str, text: str) -> PublishedText:
        (folder / name).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return PublishedText("published", name, len(text), digest)

    files = {part: put(f"{part}.txt", "\n".join(texts)) for part, texts in parts.items()}
    monkeypatch.setattr(captions, "FILES", files)
    monkeypatch.setattr(tiny_shakespeare, "FILE", put("play.txt", "\n".join(sentences(200))))
    return folder


def test_data_sets_of_texts_are_looked_over_by_name(published: Path) -> None:
    report = inspect_named("captions", published / "test.txt")
    assert (report.path, report.count) == ("captions", 62)
    assert "COCO" in report.licence
    assert (report.held_out.test, report.held_out.train) == (12, 50)
    assert (report.held_out.repeated, report.held_out.nearly_repeated) == (1, 1)
    assert [list(pair) for pair in report.held_out.pairs] == [
        ["test line 11", "train line 1"], ["test line 12", "train line 2"],
    ]  # fmt: skip
    assert report.against is not None
    assert report.against.repeated == 12
    play = inspect_named("tiny_shakespeare")
    data = tiny_shakespeare.TinyShakespeare()
    assert play.held_out.test == len(data.split("test"))
    assert play.held_out.train == len(data.split("train"))
    with pytest.raises(UserError, match="mnist is no data set of texts; by name captions, quat"):
        inspect_named("mnist")


def test_the_command_compares(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(*words: object) -> Any:
        monkeypatch.setattr(sys, "argv", ["sparring", "data", "check", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 1
        return capsys.readouterr().out

    train, test = published / "train.txt", published / "test.txt"
    assert "in both: 1 exactly" in check(train, "--against", test)
    told = json.loads(check("captions", "--against", test, "--json"))
    assert told["held_out"]["repeated"] == 1
    assert told["against"]["repeated"] == 12


def test_alike_ones_are_found_across_two_collections() -> None:
    lines, known, asked = sentences(50), NearTexts(), NearTexts()
    for place, line in enumerate(lines[:40]):
        known.add(place, line)
    for place, line in enumerate([*lines[40:], f"{lines[7]}!", f"{lines[8]}?", f"{lines[8]}!"]):
        asked.add(place, line)
    assert first_alike(known.signatures, asked.signatures) == {10: 7, 11: 8, 12: 8}
    assert first_alike(NearTexts().signatures, asked.signatures) == {}
