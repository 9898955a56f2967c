"""Points of a plane: rows of numbers in files, whole numbers of 16 bits in memory."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float, Int16
from PIL import Image as Pictures
from PIL import ImageDraw
from torch import Tensor

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.modalities import Modality, Survey, _scatter, _sheet, _visible

STEPS = 32_767  # from 0 to 1 in memory
HEADER = ("x", "y")
TABLE = "points.csv"
"""A file beside generated points that holds all of them, and is none of them."""
LARGEST = 100_000_000  # bytes of a file
NAMED = 1_000  # lines that are no points of which the beginnings are kept
SIDE = 320  # pixels of a picture
DOT = 2.5  # pixels, the radius of a point in it
SHARPER = 3  # times as large is a picture drawn, so that its dots are round
FRAME = 80  # milliseconds that an animation shows each point
INKS = ("#1f5fbf", "#d1495b", "#2a9d5c", "#8a5fbf", "#c77d0a", "#3a9fb5", "#7a7a2c", "#5b5b5b")


class Points(Modality):
    """Points (x, y) in the square from -1 to 1; CSV files with one point in a row.

    Raw points are int16 of shape [b 2] (32,767 is 1), samples are floats in [-1, 1] of the same
    shape. x grows to the right and y upwards.

    Raises:
        ValueError: the Spec's shape is not (2,).
    """

    suffix = ".csv"
    media_type = "text/csv"
    forms: ClassVar[Mapping[str, str]] = {"csv": "text/csv"}
    looks = ("radial", "fourier")
    pupil: ClassVar[Mapping[str, Any]] = {"name": "radial", "units": 32}
    changes: ClassVar[Mapping[str, Any]] = {"name": "jitter", "deviation": 0.01}
    views: ClassVar[Mapping[str, Any]] = {"name": "jitter", "deviation": 0.05}

    def __init__(self, spec: Spec) -> None:
        if spec.shape != (2,):
            raise ValueError(f"points have a shape (2,), not {spec.shape}")
        super().__init__(spec)

    def to_samples(self, raw: Int16[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Floats in [-1, 1]."""
        return raw.float().div_(STEPS)

    def to_raw(self, samples: Float[Tensor, "b 2"]) -> Int16[Tensor, "b 2"]:
        """Whole numbers, clipped and rounded; what is not a number becomes 0."""
        whole = samples.detach().float().nan_to_num(0.0).mul(STEPS).round_()
        return whole.clamp_(-STEPS, STEPS).to(torch.int16)

    def survey(self, raw: npt.NDArray[Any]) -> Survey:
        """Where the points lie, which repeat, and which lie alone."""
        points = self.to_samples(torch.from_numpy(np.array(raw)))
        return Survey(tuple(_scatter.facts_of(points)), tuple(_scatter.problems_of(points)))

    def read(self, path: Path) -> Int16[Tensor, " 2"]:
        """The one point in a file.

        Raises:
            BadData: no such file, not one point, or a point outside of the square.
        """
        points = read_points(path)
        if len(points) != 1:
            raise BadData(f"{path} holds {len(points):,} points, and a sample is one.")
        return self.to_raw(points)[0]

    def claims(self, path: Path) -> bool:
        """CSV files by their name, but for the table of all points that lies beside them."""
        return path.suffix.lower() == self.suffix and path.name != TABLE

    def read_as_is(self, path: Path) -> Int16[Tensor, " 2"]:
        """As `read`, which loses nothing but digits beyond the fourth."""
        return self.read(path)

    def encode(
        self, sample: Float[Tensor, " 2"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """One point under a header.

        Args:
            sample: floats in [-1, 1].
            form: "csv".
            visible: whether a line below says that it is AI-generated; a table has no other place
                for a label, so there always is one as soon as it is labelled.

        Raises:
            UserError: there is no such form.
        """
        return self.encode_row(sample[None], form=form, visible=visible)

    def encode_row(
        self, samples: Float[Tensor, "n 2"], *, form: str = "", visible: bool = False
    ) -> bytes:
        """As `encode`, with a point in each row."""
        self.form(form)
        rows = [f"{x:.4f},{y:.4f}" for x, y in self.to_samples(self.to_raw(samples)).tolist()]
        told = mark.MARK + mark.CHINESE if visible else ""
        return ("\n".join([",".join(HEADER), *rows]) + told + "\n").encode()

    def preview(
        self,
        samples: Float[Tensor, "b 2"],
        captions: Sequence[str] = (),
        columns: int = 0,
        *,
        visible: bool = False,
    ) -> bytes:
        """A PNG of the square with all points in it, or of a square for every row of them.

        Args:
            samples: at least one.
            captions: points with the same words have the same colour.
            columns: points in a row, each of which gets a square; 0 puts all into one.
            visible: whether a label is drawn on it.
        """
        size = columns or len(samples)
        squares = [
            self._square(row, captions[number * size : (number + 1) * size])
            for number, row in enumerate(samples.split(size))
        ]
        sheet = _sheet.sheet(squares, (), 0)
        return _sheet.png(_visible.with_label(sheet) if visible else sheet)

    def animate(self, samples: Float[Tensor, "n 2"], *, visible: bool = False) -> tuple[str, bytes]:
        """An endless animated GIF in which one point after the other appears and stays."""
        frames = [self._square(samples[: count + 1]) for count in range(len(samples))]
        shown = [_visible.with_label(frame) for frame in frames] if visible else frames
        return ".gif", _sheet.gif(shown, FRAME)

    def documents(
        self,
        samples: Float[Tensor, "b 2"],
        captions: Sequence[str],
        facts: Sequence[Mapping[str, Any]],
        file: Callable[[int], bytes],
    ) -> Mapping[str, bytes]:
        """All points in one table, `points.csv`."""
        return {TABLE: self.encode_row(samples)}

    def _square(
        self, samples: Float[Tensor, "b 2"], captions: Sequence[str] = ()
    ) -> Pictures.Image:
        size = SIDE * SHARPER
        paper = Pictures.new("RGB", (size, size), "white")
        pen = ImageDraw.Draw(paper)
        pen.rectangle((0, 0, size - 1, size - 1), outline="#bbbbbb", width=SHARPER)
        for middle in (((size / 2, 0), (size / 2, size)), ((0, size / 2), (size, size / 2))):
            pen.line(middle, fill="#e4e4e4", width=SHARPER)
        words = sorted(set(captions))
        places = self.to_samples(self.to_raw(samples)).cpu().tolist()
        for number, (x, y) in enumerate(places):
            kind = words.index(captions[number]) if number < len(captions) else 0
            middle = ((x + 1) / 2 * size, (1 - y) / 2 * size)
            pen.circle(middle, DOT * SHARPER, fill=INKS[kind % len(INKS)])
        return paper.resize((SIDE, SIDE), Pictures.Resampling.LANCZOS)


def read_points(path: Path) -> Float[Tensor, "n 2"]:
    """The points in a CSV file: two numbers in a row, under a header or none.

    Empty lines and those that begin with "#" are passed over.

    Raises:
        BadData: no such file, too large, no points, or a row that is not one in the square; the
            message names its line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadData(f"{path} has more than {LARGEST:,} bytes; give fewer points.")
        text, _label = mark.apart(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read: {error}.") from error
    points, refused, _ = told_points(text)
    for number, line in refused.items():
        raise BadData(
            f"{path}, line {number}: {line!r} is not a point; write two numbers from -1 to 1 with "
            "a comma between them."
        )
    if not points:
        raise BadData(f"There are no points in {path}.")
    return torch.tensor(points)


class Told(NamedTuple):
    """What the rows of a table say.

    Attributes:
        points: in their order.
        refused: beginnings of lines that are no points, by number, for the first 1,000 of them.
        num_refused: how many there are.
    """

    points: list[tuple[float, float]]
    refused: dict[int, str]
    num_refused: int


def told_points(text: str) -> Told:
    """The points in the rows of a table, and the lines that are none."""
    points: list[tuple[float, float]] = []
    refused: dict[int, str] = {}
    num_refused = 0
    for number, line in enumerate(io.StringIO(text, newline=None), 1):  # no list of all lines
        cells = _cells(line)
        if not cells or (not points and not refused and cells == [*HEADER]):
            continue
        point = _point(cells)
        if point is not None:
            points.append(point)
            continue
        num_refused += 1
        if num_refused <= NAMED:
            refused[number] = line.strip()[:40]
    return Told(points, refused, num_refused)


def is_table(head: str) -> bool:
    """Whether a file that begins so is a table of two numbers in a row, wherever they lie."""
    rows = [cells for cells in map(_cells, head.splitlines()) if cells]
    if rows and [cell.lower() for cell in rows[0]] == [*HEADER]:  # a wrong one is told by its line
        return True
    return bool(rows) and len(rows[0]) == len(HEADER) and all(map(_is_number, rows[0]))


def _cells(line: str) -> list[str]:
    if line.startswith("#") or not line.strip():
        return []
    return [cell.strip().strip('"') for cell in line.split(",")]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _point(cells: Sequence[str]) -> tuple[float, float] | None:
    try:
        x, y = (float(cell) for cell in cells)
    except ValueError:
        return None
    inside = all(math.isfinite(value) and abs(value) <= 1 for value in (x, y))
    return (x, y) if inside else None
