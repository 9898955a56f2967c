"""Verse of an exact form: which symbols may follow so that a quatrain keeps its rules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from sparring.core.errors import UserError
from sparring.modalities import _prosody
from sparring.modalities._tokens import END
from sparring.modalities.text import Text
from sparring.networks._language import HOLE

LENGTHS = {"five": 5, "seven": 7}
MARKS = "，。，。"
RULES = ("rhyme", "tones")
LINES = len(MARKS)
LEVEL, OBLIQUE = "平", "仄"


@dataclass(frozen=True)
class Verse:
    """Four lines of so many characters, "，" and "。" in turn at their ends, and then the end.

    Attributes:
        wide: characters of a line.
        rhyme: whether lines 2 and 4 end in different characters of one rhyme.
        tones: whether tones alternate as in regulated verse: at the second, fourth and sixth place
            of a line, and from line to line as opposite, alike, opposite; lines 2 and 4 end level,
            line 3 ends oblique (Wang Li 1958, "Prosody of Chinese verse").
        characters: which symbols are Han characters.
        marks: the symbols of "，" and "。".
        rhymes: for every symbol, which rhymes it belongs to.
        level: symbols that may stand where a level tone is due.
        oblique: symbols that may stand where an oblique one is due.
    """

    wide: int
    rhyme: bool
    tones: bool
    characters: Bool[Tensor, " v"]
    marks: tuple[int, ...]
    rhymes: Bool[Tensor, "v r"]
    level: Bool[Tensor, " v"]
    oblique: Bool[Tensor, " v"]

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
                f"verse = {text!r}: five or seven is needed, and after it, if you like, "
                "rhyme and tones, as in five,rhyme,tones."
            )
        wide = LENGTHS[form]
        surfaces = modality.tokeniser.surfaces
        marks = tuple(surfaces.index(mark) if mark in surfaces else -1 for mark in MARKS)
        if modality.tokeniser.kind != "characters" or -1 in marks:
            raise UserError("This model does not write Chinese verse character by character.")
        if modality.length < LINES * (wide + 1):
            raise UserError(
                f"verse = {text!r} takes {LINES * (wide + 1)} symbols; this model writes at most "
                f"{modality.length}."
            )
        sounds = [_prosody.rhymes(each) if _is_han(each) else frozenset() for each in surfaces]
        known = sorted(set().union(*sounds))
        tone = [_prosody.tone(each) if _is_han(each) else "" for each in surfaces]
        return Verse(
            wide,
            "rhyme" in rules,
            "tones" in rules,
            torch.tensor([_is_han(each) for each in surfaces]),
            marks,
            torch.tensor([[name in each for name in known] for each in sounds]),
            torch.tensor([each not in ("", OBLIQUE) for each in tone]),
            torch.tensor([each not in ("", LEVEL) for each in tone]),
        )

    def allowed(self, written: Int[Tensor, "b i"]) -> Bool[Tensor, "b v"]:
        """Which symbols may follow after those that are written."""
        count, place = written.shape
        line, column = divmod(place, self.wide + 1)
        if line == LINES or column == self.wide:
            only = END if line == LINES else self.marks[line]
            return torch.arange(len(self.characters)).eq(only).expand(count, -1)
        allowed = self.characters.expand(count, -1)
        if self.rhyme and line in (1, 3) and column == self.wide - 1:
            allowed = allowed & self._rhyming(written, line)
        return allowed & self._toned(written, line, column) if self.tones else allowed

    def require_possible(self, given: Int[Tensor, " t"]) -> None:
        """Make sure that what is given keeps the form itself.

        Raises:
            UserError: it breaks it, and at which place.
        """
        for place in range(int((given != HOLE).sum())):
            if given[place] == HOLE or (given[:place] == HOLE).any():
                continue
            if not self.allowed(given[None, :place])[0, given[place]]:
                raise UserError(
                    f"Symbol {place + 1} of what is given does not fit the form; leave verse out, "
                    "or change it."
                )

    def _rhyming(self, written: Int[Tensor, "b i"], line: int) -> Bool[Tensor, "b v"]:
        if line == 1:  # a rhyme that another character shares
            shared = self._ending(self.rhymes).sum(0) > 1
            return (self.rhymes & shared).any(1).expand(len(written), -1)
        end = written[:, 2 * self.wide]
        fits = (self.rhymes[end][:, None] & self.rhymes).any(2)
        return fits.scatter(1, end[:, None], False)

    def _ending(self, rhymes: Bool[Tensor, "v r"]) -> Bool[Tensor, "v r"]:
        """Rhymes of symbols that may end the second line."""
        return rhymes & self.level[:, None] if self.tones else rhymes

    def _toned(self, written: Int[Tensor, "b i"], line: int, column: int) -> Bool[Tensor, "b v"]:
        anything = torch.ones_like(self.level).expand(len(written), -1)
        if column == self.wide - 1:
            due = (anything[0], self.level, self.oblique, self.level)[line]
            return due.expand(len(written), -1)
        if column % 2 == 0:
            return anything
        if line == 0 and column == 1:  # decides all others, so it must be one or the other
            return (self.level ^ self.oblique).expand(len(written), -1)
        first = self.level[written[:, 1]]
        turned = (line in (1, 2)) ^ (column // 2 % 2 == 1)
        return torch.where((first ^ turned)[:, None], self.level, self.oblique)


def _is_han(surface: str) -> bool:
    return len(surface) == 1 and ("\u3400" <= surface <= "\u9fff" or surface >= "\U00020000")
