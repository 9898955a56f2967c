"""Where labels lie in files: one kind of file in each module, with one final `Carrier`.

A carrier works on the bytes of a whole file and decodes no content, so nothing that a file claims
of itself costs memory or time beyond its own size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sparring.core import mark

AIGC = "AIGC"
"""The name by which a label of GB 45438-2025 is found (Annex E a)."""
RECIPE = "sparring"
"""The name by which our own recipe is found."""
IPTC = ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed")
"""The properties of IPTC Photo Metadata that tell what was made by AI."""
LONGEST = 16_000_000
"""Bytes of one label; what is longer is not read."""


class Unreadable(Exception):
    """The file is damaged or is not what its beginning claims; the message is the bare reason."""


@dataclass(frozen=True)
class Marks:
    """What a file is to say of itself; what is empty is left out.

    Attributes:
        recipe: how it can be made again, as JSON in ASCII.
        aigc: the label of GB 45438-2025, key by key.
        iptc: values of the properties `IPTC`.
        created: when, in ISO 8601.
        identifier: a name that no other file has.
    """

    recipe: str = ""
    aigc: Mapping[str, str] = field(default_factory=dict)
    iptc: Mapping[str, str] = field(default_factory=lambda: {"DigitalSourceType": mark.SOURCE})
    created: str = ""
    identifier: str = ""


@dataclass(frozen=True)
class Spot:
    """One label of GB 45438-2025 as it stands in a file.

    Attributes:
        place: where, for people.
        text: its JSON.
    """

    place: str
    text: str


@dataclass(frozen=True)
class Telling:
    """What one line says of what made it.

    Attributes:
        iptc: the value of each of the properties `IPTC`, in order; None where there is none.
        system: the software that its recipe names; None where it has no recipe.
        version: of that software.
    """

    iptc: tuple[str | None, ...]
    system: str | None = None
    version: str = ""


def _nothing_of_iptc() -> dict[str, list[str]]:
    return {name: [] for name in IPTC}


@dataclass
class Found:
    """What a file says of itself.

    Attributes:
        labels: those of GB 45438-2025, wherever they stand.
        recipes: ours.
        iptc: the values of each of the properties `IPTC`.
        notices: words for people that say that it is AI-generated.
        tellings: what its lines tell, where they tell their own, and the first line of each.
        lines: how many lines there are.
        telling: how many of them tell their own recipe.
        disclosing: how many of those recipes tell all that a disclosure does.
        wrong_line: what is wrong with one of its lines, as a sentence.
        credentials: how many stores of C2PA it holds.
        faults: places of labels that cannot be read, and why.
    """

    labels: list[Spot] = field(default_factory=list)
    recipes: list[str] = field(default_factory=list)
    iptc: dict[str, list[str]] = field(default_factory=_nothing_of_iptc)
    notices: list[str] = field(default_factory=list)
    tellings: dict[Telling, int] = field(default_factory=dict)
    lines: int = 0
    telling: int = 0
    disclosing: int = 0
    wrong_line: str = ""
    credentials: int = 0
    faults: list[str] = field(default_factory=list)


class Carrier(ABC):
    """Labels in one kind of file."""

    name: ClassVar[str]
    """The kind, for people."""
    suffixes: ClassVar[Sequence[str]]
    """How names of such files end."""
    signed: ClassVar[str] = ""
    """The MIME type under which C2PA signs such files; "" where it is not used."""
    read_by_people: ClassVar[bool] = False
    """Whether the notices that it finds are seen by whoever opens such a file."""
    has_room: ClassVar[bool] = True
    """Whether the label of GB 45438-2025 has a place inside; else it lies in a file beside."""
    copied: ClassVar[bool] = False
    """Whether a copy of that label lies beside too, as few programs know its place inside."""

    @abstractmethod
    def claims(self, content: bytes) -> bool:
        """Whether a file begins like one of this kind."""

    @abstractmethod
    def put(self, content: bytes, marks: Marks) -> bytes:
        """The file with these labels and without those that it had.

        Raises:
            Unreadable: it is damaged.
            UserError: the labels are too long for this kind of file.
        """

    @abstractmethod
    def find(self, content: bytes) -> Found:
        """All that the file says of itself. Raises Unreadable where it is damaged."""

    @abstractmethod
    def essence(self, content: bytes) -> Iterable[bytes]:
        """The parts of the file that are its content: all but what describes it.

        They stay the same when labels are written or taken away, and change when the content is
        edited or encoded anew. Raises Unreadable where the file is damaged.
        """
