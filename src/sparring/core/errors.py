"""One class for mistakes that a person can mend, each with its fixed exit code."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

NEAR = 0.6  # from what likeness on a name may have been meant
PART = 0.7  # the likeness of a name that the given one holds, or is held by
WORD = 3  # letters below which that is no sign


class UserError(Exception):
    """Something a person gave or has cannot be used.

    The message is one sentence or two: what was given, what is allowed, what to do. The command
    line prints it without a traceback and leaves with `code`.
    """

    code = 2  # usage


class WrongSetting(UserError):
    """A setting that is unknown, missing or out of range.

    Args:
        message: as of any mistake.
        key: the setting, as one writes it: "optimiser.learning_rate".
    """

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


class CheckFailed(UserError):
    """A check was asked for, ran, and found something wrong."""

    code = 1


class BadData(UserError):
    """Data, a model or a run that cannot be read or does not fit."""

    code = 3


class TrainingFailed(UserError):
    """Training diverged and could not be brought back."""

    code = 4


class OutOfResources(UserError):
    """Disk or memory does not suffice."""

    code = 5


class Interrupted(UserError):
    """Someone asked to stop; everything needed to go on is saved."""

    code = 130


def nearest(given: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name: "Did you mean 'hinge'?", or all names where none is near.

    Numbers are never near: 11 is not a misspelt 1.
    """
    names = sorted(allowed, key=lambda name: (int(name) if name.isdecimal() else math.inf, name))
    words = [name for name in names if not name.isdecimal()]
    close = max(words, key=lambda name: _likeness(given, name), default="")
    if _likeness(given, close) >= NEAR:
        return f"Did you mean {close!r}?"
    return f"There are: {', '.join(names) or 'none'}."


def _likeness(given: str, name: str) -> float:
    """From 0 to 1; a handbag is a Bag rather than a Sandal, which shares as many letters."""
    one, other = sorted((given.casefold(), name.casefold()), key=len)
    held = PART if len(one) >= WORD and one in other else 0.0
    return max(held, difflib.SequenceMatcher(None, given.casefold(), name.casefold()).ratio())
