"""The report on a folder of pictures."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.core.errors import BadData
from sparring.data._gather import find
from sparring.data._inspect import inspect
from sparring.data._listing import listed
from sparring.data._picture_report import difference_hash
from sparring.data._report import near_copies


def blurred(seed: int) -> Image.Image:
    """A smooth picture, as photographs are."""
    pixels = np.random.RandomState(seed).randint(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(pixels).resize((40, 30), Image.Resampling.BICUBIC)


def test_everything_is_counted(tmp_path: Path) -> None:
    for name, count in (("cats", 24), ("dogs", 2)):
        (tmp_path / name).mkdir()
        for seed in range(count):
            blurred(seed + 100 * count).save(tmp_path / name / f"{seed:02}.png")
    blurred(2400).convert("L").resize((80, 60)).save(tmp_path / "cats" / "x gray twin.png")
    shutil.copy(tmp_path / "dogs" / "00.png", tmp_path / "dogs" / "copy.png")
    (tmp_path / "dogs" / "broken.jpg").write_bytes(b"")
    (tmp_path / "LICENSE").write_text("CC0")
    report = inspect(tmp_path)
    assert report.count == 28
    assert report.others == 1
    assert report.sizes == {"40 x 30": 27, "80 x 60": 1}
    assert report.kinds == {"PNG RGB": 27, "PNG L": 1}
    assert report.classes == {"cats": 25, "dogs": 3}
    assert report.copies == [["dogs/00.png", "dogs/copy.png"]]
    assert report.near_copies == [("cats/00.png", "cats/x gray twin.png")]
    assert report.quarantined == {"dogs/broken.jpg": "empty file"}
    assert report.licence == "LICENSE"
    said = " ".join(report.problems)
    assert "only 28 pictures" in said
    assert "cannot be used and will be left out: 1." in said
    assert "exact copies of others: 1;" in said
    assert "almost the same: 1;" in said
    assert "licence" not in said


def test_the_sheet_beside_generated_samples_is_left_aside(tmp_path: Path) -> None:
    for seed in range(3):
        blurred(seed).save(tmp_path / f"{seed}.png")
    blurred(3).resize((200, 200)).save(tmp_path / "sheet.png")
    report = inspect(tmp_path)
    assert (report.count, report.others) == (3, 1)
    with listed(tmp_path) as listing:  # as trainings see it
        found = find(listing, lambda name, _: name.endswith(".png"), lambda _: None)
    assert (sorted(found.digests), found.others) == (["0.png", "1.png", "2.png"], 1)


def test_the_report_is_json_and_text(tmp_path: Path) -> None:
    for seed in range(3):
        blurred(seed).save(tmp_path / f"{seed}.png")
    report = inspect(tmp_path)
    assert json.loads(json.dumps(report.to_json())) == report.to_json()
    assert "contact_sheet" not in report.to_json()
    assert report.text().startswith("usable pictures in")
    assert "No licence file" in report.text()
    with Image.open(io.BytesIO(report.contact_sheet)) as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 64


def test_uneven_classes_are_a_problem(tmp_path: Path) -> None:
    for name, count in (("many", 22), ("few", 2)):
        (tmp_path / name).mkdir()
        for seed in range(count):
            blurred(seed + 100 * count).save(tmp_path / name / f"{seed:02}.png")
    assert any("largest class has 22" in problem for problem in inspect(tmp_path).problems)


def test_pictures_beside_classes_are_a_problem(tmp_path: Path) -> None:
    for name in ("a", "b", "."):
        (tmp_path / name).mkdir(exist_ok=True)
        blurred(ord(name)).save(tmp_path / name / "x.png")
    assert any("beside its sub-folders" in problem for problem in inspect(tmp_path).problems)


def test_an_empty_folder_is_a_problem_and_a_missing_one_an_error(tmp_path: Path) -> None:
    report = inspect(tmp_path)
    assert (report.count, report.contact_sheet) == (0, b"")
    assert any("Usable pictures: 0" in problem for problem in report.problems)
    with pytest.raises(BadData, match="There is no file, folder"):
        inspect(tmp_path / "missing")


def test_pictures_all_the_same_are_a_problem(tmp_path: Path) -> None:
    for i in range(3):
        blurred(0).save(tmp_path / f"{i}.png")
    assert any("All pictures are the same" in problem for problem in inspect(tmp_path).problems)


def test_near_copies_finds_every_pair_across_blocks() -> None:
    random = np.random.RandomState(0)
    hashes = {f"{i:04}": random.rand(64) > 0.5 for i in range(2100)}
    twin = hashes["0003"].copy()
    twin[[5, 60]] ^= True
    hashes["twin"] = twin
    other = hashes["0003"].copy()
    other[[1, 5, 60]] ^= True
    hashes["other"] = other
    assert near_copies(hashes) == [("0003", "twin"), ("twin", "other")]


def test_the_difference_hash_ignores_size_and_brightness() -> None:
    first, second = blurred(1), blurred(1).resize((80, 60), Image.Resampling.BICUBIC)
    darker = second.point([value // 2 for value in range(256)] * 3)
    for other in (second, darker):
        assert np.sum(difference_hash(first) != difference_hash(other)) <= 4
    assert np.sum(difference_hash(first) != difference_hash(blurred(2))) > 10
