"""What a file says of where it came from, drawn on a page."""

from __future__ import annotations

from typing import Any

from sparring.studio.desk import Desk
from sparring.studio.making import Asked
from sparring.studio.words import Say


def draw_verdict(verdict: Any, say: Say) -> None:
    """Draw it."""


def origin_of(verdict: Any, desk: Desk) -> tuple[str, Asked] | None:
    """The model and the wish behind a file."""
    return None
