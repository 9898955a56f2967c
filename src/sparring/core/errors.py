"""One class for mistakes that a person can mend, each with its fixed exit code."""

from __future__ import annotations

import difflib
import math
import reprlib
from collections.abc import Iterable

NEAR = 0.6  # from what likeness on a name may have been meant
WORD = 3  # letters below which beginnings and ends are no sign
LONGEST_QUOTE = 200  # characters of what is told again
LONGEST = 100  # characters that are compared; nobody mistypes more


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


def quoted(given: object) -> str:
    """What someone gave, as Python writes it; the middle of what is long is left out."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = LONGEST_QUOTE
    return short.repr(given)


def nearest(given: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name: "Did you mean 'hinge'?", or all names where none is near.

    Numbers are never near: 11 is not a misspelt 1.
    """
    names = sorted(allowed, key=lambda name: (int(name) if name.isdecimal() else math.inf, name))
    meant = _meant(given[:LONGEST], [name for name in names if not name.isdecimal()])
    return f"Did you mean {meant!r}?" if meant else f"There are: {', '.join(names) or 'none'}."


def _meant(given: str, words: list[str]) -> str:
    """The word that `given` begins, or ends with (a handbag is a bag), or is most like; or ""."""
    typed, plain = _letters(given), {word: _letters(word) for word in words}
    if len(typed) >= WORD:
        begun = [word for word in words if plain[word].startswith(typed)]
        ended = [word for word in words if len(plain[word]) >= WORD and typed.endswith(plain[word])]
        for found in (begun, ended if given.isalnum() else []):
            if len(found) == 1:
                return found[0]
    return next(iter(difflib.get_close_matches(given, words, n=1, cutoff=NEAR)), "")


def _letters(name: str) -> str:
    """Its letters and digits, small: a tshirt is a T-shirt."""
    return "".join(filter(str.isalnum, name)).casefold()
