"""A look at somebody's file of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data._listing import LICENCES
from sparring.data._report import FEW, FolderReport
from sparring.modalities import _scatter
from sparring.modalities.points import LARGEST, Points, is_table, told_points

SUFFIX = ".csv"


@dataclass(frozen=True, kw_only=True)
class PointsReport(FolderReport):
    """What was found in a file of points.

    Attributes:
        facts: the range of the points and how many are different, one in a line.
    """

    many = "points"

    facts: Sequence[str]

    def details(self) -> list[str]:
        """Ranges and different points."""
        return list(self.facts)


def claims(path: Path) -> bool:
    """Whether a file is a table of points and not one of texts, by its name and first rows.

    Raises:
        BadData: it cannot be read.
    """
    if path.suffix.lower() != SUFFIX:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(4_096)
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error}.") from error
    return is_table(head.decode("utf-8-sig", errors="replace"))


def inspect_points(path: Path) -> PointsReport:
    """Look at every point in a CSV file.

    Raises:
        BadData: it cannot be read, or is too large.
    """
    if path.stat().st_size > LARGEST:
        raise BadData(f"{path} has more than {LARGEST:,} bytes; give fewer points.")
    try:
        text, _label = mark.apart(path.read_text(encoding="utf-8-sig"))
        beside = sorted(other.name for other in path.absolute().parent.iterdir())
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read: {error}.") from error
    told, refused, num_refused = told_points(text)
    licence = next((name for name in beside if name.lower().startswith(LICENCES)), "")
    points = torch.tensor(told).reshape(-1, 2)
    problems = []
    if refused:
        problems.append(
            f"Lines that are no points in the square from -1 to 1: {num_refused:,}; mend them, "
            "as no training begins with such lines."
        )
    if 0 < len(points) < FEW:
        problems.append(
            f"There are only {len(points)} points; a generator learns so few by heart unless "
            "augmentation is on."
        )
    problems += _scatter.problems_of(points) if len(points) else ["There are no points."]
    if not licence:
        problems.append("No licence file lies beside the points; make sure that you may use them.")
    return PointsReport(
        path=str(path),
        count=len(points),
        others=0,
        kinds={"CSV": 1},
        conversions={},
        classes={},
        copies=[],
        near_copies=[],
        quarantined={f"line {n}": f"{line!r} is no such point" for n, line in refused.items()},
        licence=licence,
        problems=problems,
        contact_sheet=Points(Spec("points", (2,))).preview(points) if len(points) else b"",
        facts=_scatter.facts_of(points) if len(points) else [],
    )
