"""What tests in the browser are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass
class Studio:
    """A studio that runs.

    Attributes:
        address: where.
        folder: its working directory, with `studio` and `runs` in it.
    """

    address: str
    folder: Path


@dataclass
class Watched:
    """A browser page, and everything that it should not have done.

    Attributes:
        page: it.
        faults: errors in its console, answers that were none, requests to elsewhere.
    """

    page: Page
    faults: list[str] = field(default_factory=list)


Visit = Callable[..., Watched]
"""Opens a page of the studio by its path."""
