"""Points of the plane: files, pictures, shapes, and what people bring."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import sparring
from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.data._inspect import inspect
from sparring.data._shapes import points_of
from sparring.modalities.points import NAMED, STEPS, Points, read_points, told_points
from sparring.provenance.labelling import marked

SPEC = Spec("points", (2,))
SHAPES = ("ring", "eight_gaussians", "two_moons", "grid", "spiral")


def some(count: int) -> torch.Tensor:
    return torch.rand(count, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1


def dataset(name: str, **settings: object) -> sparring.Dataset:
    return components.build(components.DATASET, {"name": name, **settings}, where="data")


def test_a_point_survives_its_file(tmp_path: Path) -> None:
    path, modality, point = tmp_path / "p.csv", Points(SPEC), some(1)[0]
    path.write_bytes(marked(modality.encode(point), path.name))
    assert "[AI-generated]" in path.read_text()
    back = modality.to_samples(modality.read(path)[None])[0]
    assert torch.allclose(back, point, atol=1e-4)


def test_raw_points_are_whole_numbers_and_never_leave_the_square() -> None:
    wild = torch.tensor([[2.0, -2.0], [float("nan"), 0.5]])
    raw = Points(SPEC).to_raw(wild)
    assert raw.tolist() == [[STEPS, -STEPS], [0, round(0.5 * STEPS)]]
    known = torch.tensor([[-STEPS, 12_345]], dtype=torch.int16)
    assert torch.equal(Points(SPEC).to_raw(Points(SPEC).to_samples(known)), known)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no points"),
        ("x,y\n", "no points"),
        ("x,y\n0.1,0.2\n0.1\n", "line 3"),
        ("0.1,0.2,0.3\n", "line 1"),
        ("0.1,1.2\n", "line 1"),
        ("0.1,nan\n", "line 1"),
        ("left,right\n", "line 1"),
    ],
)
def test_what_is_no_point_is_named_by_its_line(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(BadData, match=wrong):
        read_points(path)
    with pytest.raises(BadData, match="cannot be read"):
        read_points(tmp_path / "none.csv")


def test_headers_comments_blank_lines_and_quotes_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text('\ufeffx,y\r\n# mine\r\n\r\n 0.5 , -1\r\n"0.25","1e-1"\r\n', encoding="utf-8")
    assert torch.allclose(read_points(path), torch.tensor([[0.5, -1.0], [0.25, 0.1]]))


def test_other_shapes_and_forms_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\)"):
        Points(Spec("points", (3,)))
    with pytest.raises(UserError, match="png"):
        Points(SPEC).encode(some(1)[0], form="png")


def test_a_preview_shows_points_where_they_are() -> None:
    png = Points(SPEC).preview(torch.tensor([[0.5, 0.5]]))
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    dark_rows, dark_columns = np.nonzero(picture < 128)
    height, width = picture.shape
    assert abs(dark_rows.mean() / height - 0.25) < 0.02, "y grows upwards"
    assert abs(dark_columns.mean() / width - 0.75) < 0.02


def test_rows_of_a_sheet_have_a_square_each() -> None:
    single, double = (
        Image.open(io.BytesIO(Points(SPEC).preview(some(6), columns=columns))) for columns in (0, 3)
    )
    assert double.width * double.height > 1.8 * single.width * single.height


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_lie_in_the_square_and_use_it(shape: str) -> None:
    places = points_of(shape, 2_000, np.random.RandomState(0))  # type: ignore[arg-type]
    assert places.shape == (2_000, 2)
    assert np.abs(places).max() <= 1
    assert (places.max(0) - places.min(0) > 0.6).all()


def test_a_drawing_becomes_points_near_its_dabs() -> None:
    data = dataset("drawn_points", drawn=[[0.5, 0.5], [-0.5, 0.0]], brush=0.01, count=200)
    samples = Points(SPEC).to_samples(torch.from_numpy(data.split("train").values))
    nearest = torch.cdist(samples, torch.tensor([[0.5, 0.5], [-0.5, 0.0]])).min(dim=1)
    assert nearest.values.max() < 0.08
    assert 60 < nearest.indices.sum() < 140


def test_one_place_cannot_be_split(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("0.5,0.5\n" * 10)
    with pytest.raises(BadData, match="2 different"):
        dataset("points_file", path=str(path)).split("train")


def test_both_parts_of_two_points_have_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("0.5,0.5\n-0.5,0.5\n" * 3)
    data = dataset("points_file", path=str(path))
    assert {len(data.split(part)) for part in ("train", "test")} == {3}


def test_the_ring_is_learned_by_networks_that_know_nothing_of_points(tmp_path: Path) -> None:
    recipe = Recipe.read("ring", {"samples": 16_000, "training.ema_half_life": 0})
    run = sparring.train(recipe, out=tmp_path / "run", quiet=True)
    made = run.sampler().generate(200).samples
    assert ((made.norm(dim=1) - 0.7).abs() < 0.15).float().mean() > 0.6


def test_of_many_wrong_lines_the_first_are_kept_and_all_are_counted() -> None:
    told = told_points("x,y\n0.5,0.5\n" + "2,2\n" * (NAMED + 5))
    assert told.points == [(0.5, 0.5)]
    assert (len(told.refused), told.num_refused) == (NAMED, NAMED + 5)
    assert min(told.refused) == 3


def test_a_file_of_points_is_looked_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"{x:.4f},{y:.4f}" for x, y in (some(600) * 0.1).tolist()]
    path.write_text("\n".join(["x,y", *rows, *rows[:60], "0.9,0.9", "3,4", "0.1"]) + "\n")
    report = inspect(path)
    assert (report.many, report.count) == ("points", 661)
    assert set(report.quarantined) == {"line 663", "line 664"}
    assert report.contact_sheet.startswith(b"\x89PNG")
    told = "\n".join(report.problems)
    assert "square from -1 to 1: 2;" in told and "repeat others: 60 of 661" in told
    assert "lie alone, far from all others: 1;" in told and "x: -0.1 to 0.9" in report.text()


def test_few_points_in_a_corner_and_one_point_over_and_over_are_problems(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(marked(Points(SPEC).encode_row(some(20) * 0.05), path.name))
    told = " ".join(inspect(path).problems)
    assert "only 20 points" in told and "scale them up" in told and "no points" not in told
    path.write_text("0.5,0.5\n" * 3)
    assert "All points are the same" in " ".join(inspect(path).problems)
    path.write_text("x,y\n")
    assert "There are no points." in inspect(path).problems


def test_a_table_of_texts_is_none_of_points(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("text,number\na cat,1\na dog,2\n")
    assert inspect(path).many == "texts"


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_wrong_with_points_that_formulas_make(shape: str) -> None:
    survey = Points(SPEC).survey(dataset("points", shape=shape).split("train").values)
    assert not survey.problems and survey.facts[-1].startswith("different points: ")
