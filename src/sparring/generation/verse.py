"""Verse of an exact form: which symbols may follow so that a quatrain keeps its rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from sparring.core.errors import UserError, quoted
from sparring.modalities import _prosody
from sparring.modalities._prosody import LINES, RHYMES
from sparring.modalities._tokens import END, GAP, NO_SYMBOL
from sparring.modalities.text import Text
from sparring.networks._language import HOLE

LENGTHS = {"five": 5, "seven": 7}
MARKS = "，。，。"
RULES = ("rhyme", "tones")


@dataclass(frozen=True)
class Verse:
    """Four lines of so many characters, "，" and "。" in turn at their ends, and then the end.

    Where rhyme is asked for, lines 2 and 4 end in different characters of one rhyme. Where tones
    are, they follow one of the two patterns of regulated verse (`modalities/_prosody.py`).

    Attributes:
        wide: characters of a line.
        rhyme: whether lines rhyme.
        fits: for each pattern and place, which symbols may stand there.
        rhymes: of every symbol, one bit for each rhyme.
        given: the last symbol of line 4 where it is told beforehand, else `HOLE`.
        open: patterns that what is told beforehand agrees with.
    """

    wide: int
    rhyme: bool
    fits: Bool[Tensor, "p n v"]
    rhymes: Int[Tensor, " v"]
    given: int
    open: Bool[Tensor, " p"]

    @staticmethod
    def read(text: str, modality: Text) -> Verse:
        """The form in words, such as "five,rhyme,tones", for a model's vocabulary.

        Raises:
            UserError: no such form, or one that the model's texts are too short for or that its
                vocabulary cannot write.
        """
        form, *rules = (part.strip() for part in text.split(","))
        if form not in LENGTHS or any(rule not in RULES for rule in rules):
            raise UserError(
                f"verse = {quoted(text)}: five or seven is needed, and after it, if you like, "
                "rhyme and tones, as in five,rhyme,tones."
            )
        wide = LENGTHS[form]
        surfaces = modality.tokeniser.surfaces
        if modality.tokeniser.kind != "characters" or not set(MARKS) <= set(surfaces):
            raise UserError("This model does not write Chinese verse character by character.")
        if modality.length < LINES * (wide + 1):
            raise UserError(
                f"verse = {quoted(text)} takes {LINES * (wide + 1)} symbols; this model writes at "
                f"most {modality.length}."
            )
        table = _prosody.tables(surfaces)
        fits = _fits(surfaces, wide, table.tones if "tones" in rules else None)
        rhymes = torch.from_numpy(table.rhymes.astype(np.int64))
        verse = Verse(wide, "rhyme" in rules, fits, rhymes, HOLE, fits.any(2).all(1))
        if not verse.open.any() or not verse._can_rhyme():
            raise UserError(
                f"verse = {quoted(text)}: the characters that this model knows cannot keep to "
                "that; leave rhyme or tones out."
            )
        return verse

    @property
    def places(self) -> int:
        """Symbols of a quatrain with its marks."""
        return self.fits.shape[1]

    def around(self, known: Sequence[int], *, whole: bool) -> Verse:
        """The same form, for texts that hold these symbols.

        Args:
            known: the first ones, `HOLE` where one is still to be found.
            whole: whether these are all.

        Raises:
            UserError: they break it, and at which place.
        """
        if whole and len(known) != self.places:
            raise UserError(
                f"A quatrain of this form has {self.places} symbols with its marks; what is given "
                f"has {len(known)}."
            )
        still = self.open
        for place, symbol in enumerate(known):
            if place >= self.places:
                raise _misfit(place)
            if symbol != HOLE:
                still = still & self.fits[:, place, symbol]
            if not still.any():
                raise _misfit(place)
        second, fourth = ([*known, *[HOLE] * self.places][self._end(line)] for line in (1, 3))
        verse = replace(self, given=fourth, open=still)
        if verse.rhyme and second != HOLE and not verse._second()[second]:
            raise _misfit(self._end(1) if fourth == HOLE else self._end(3))
        if not verse._can_rhyme():
            raise _misfit(self._end(3))
        return verse

    def allowed(self, written: Int[Tensor, "b i"]) -> Bool[Tensor, "b v"]:
        """Which symbols may follow after those that are written."""
        count, place = written.shape
        if place >= self.places:
            return torch.arange(self.fits.shape[2]).eq(END).expand(count, -1)
        kept = self.fits[:, torch.arange(place), written].all(2) & self.open[:, None]
        allowed = (kept[:, :, None] & self.fits[:, None, place]).any(0)
        if self.rhyme and place == self._end(1):
            return allowed & self._second()
        if self.rhyme and place == self._end(3):
            return allowed & self._partners(written[:, self._end(1)])
        return allowed

    def _end(self, line: int) -> int:
        """The place of the last character of a line, the first being 0."""
        return line * (self.wide + 1) + self.wide - 1

    def _can_rhyme(self) -> bool:
        """Whether some end of line 2 has a partner, or none is needed."""
        return not self.rhyme or bool((self._second() & self.fits[:, self._end(1)].any(0)).any())

    def _second(self) -> Bool[Tensor, " v"]:
        """What may end line 2, so that line 4 can rhyme or does."""
        if self.given != HOLE:
            return self._partners(torch.tensor([self.given]))[0]
        bits = self.rhymes[:, None] >> torch.arange(len(RHYMES)) & 1
        shared = bits[self.fits[:, self._end(3)].any(0)].sum(0) > 1
        return ((bits > 0) & shared).any(1)

    def _partners(self, ends: Int[Tensor, " b"]) -> Bool[Tensor, "b v"]:
        """Which symbols rhyme with these, and are others."""
        alike = (self.rhymes[ends][:, None] & self.rhymes) > 0
        return alike.scatter(1, ends[:, None], False)


def form_of(given: str) -> str:
    """The form of verse whose lines these are, with or without gaps; "" where it is none."""
    lines = _prosody.lines_of(given)
    if not all(each == GAP or _is_han(each) for line in lines for each in line):
        return ""
    return next((form for form, wide in LENGTHS.items() if {*map(len, lines)} == {wide}), "")


def _fits(surfaces: Sequence[str], wide: int, tones: np.ndarray | None) -> Bool[Tensor, "p n v"]:
    """Which symbols may stand at each place, by each pattern of tones, or by the form alone."""
    is_han = torch.tensor([_is_han(surface) for surface in surfaces])
    ends = torch.tensor([[surface == mark for surface in surfaces] for mark in MARKS])
    lines = is_han.expand(1, LINES, wide, -1)
    if tones is not None:
        both = np.stack([_prosody.pattern(wide, level=level) for level in (True, False)])
        lines = lines & torch.from_numpy((both[..., None] & tones) > 0)
    marks = ends[None, :, None].expand(len(lines), -1, -1, -1)
    return torch.cat([lines, marks], 2).flatten(1, 2)


def _is_han(surface: str) -> bool:
    return surface != NO_SYMBOL and _prosody.IS_CHARACTER.fullmatch(surface) is not None


def _misfit(place: int) -> UserError:
    return UserError(
        f"Symbol {place + 1} of what is given does not fit the form; leave verse out, or change it."
    )
