"""Puts every label that is asked for into the bytes of a file, in the order that keeps them whole.

Content, with a visible label in it where one is wanted, is encoded before; then comes what is
written into the file, and last what signs all of it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from sparring.core import mark
from sparring.core.version import VERSION
from sparring.provenance import aigc, credentials
from sparring.provenance.carriers import Carrier, Marks
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.facts import Facts

PRODUCER = "sparring-local-user"
"""The code of a producer that nobody has named."""
BESIDE = ".aigc.json"
"""What the name of a file with the label of another ends in, beside that of the other."""
OPENING = "sparring"
"""How our own value of integrity begins, so that nobody takes one of other people for it."""


def usual_producer() -> str:
    """The code of the producer: SPARRING_PRODUCER, else one that says that nobody is named."""
    return os.environ.get("SPARRING_PRODUCER") or PRODUCER


def usual_clock() -> str:
    """The server that dates signatures: SPARRING_TIMESTAMP, an http address; else none."""
    return os.environ.get("SPARRING_TIMESTAMP", "")


@dataclass(frozen=True)
class Labelling:
    """Which labels files get.

    Attributes:
        producer: the code of who makes them, as labels may hold it.
        implicit: whether there are any inside files; only a person's own wish turns them off.
        signed: whether content credentials are added where the kind of file has them.
        visible: whether content itself shows or sounds a label.
        clock: the address of a time-stamp server for credentials; "" asks nobody.

    Raises:
        UserError: the producer cannot stand in a label.
    """

    producer: str = field(default_factory=usual_producer)
    implicit: bool = True
    signed: bool = field(default_factory=credentials.is_installed)
    visible: bool = False
    clock: str = field(default_factory=usual_clock)

    def __post_init__(self) -> None:
        aigc.require_legal(self.producer)


@dataclass(frozen=True)
class Labelled:
    """A file with its labels.

    Attributes:
        content: the file.
        beside: a second file with its label, `NAME` + `BESIDE`, where it has no room for it or
            few programs find it there; else empty.
    """

    content: bytes
    beside: bytes = b""


def labelled(content: bytes, name: str, facts: Facts, labelling: Labelling) -> Labelled:
    """The file of `content` that says what the facts are.

    Args:
        content: a whole file; labels that it had are replaced.
        name: such as "sheet.png"; its ending tells one kind of text from another.
        facts: what is known of it.
        labelling: which labels it gets.

    Raises:
        UserError: credentials are asked for and cannot be made, or the recipe is too long.
    """
    if not labelling.implicit:
        return Labelled(content)
    carrier = carrier_of(content, name)
    recipe = facts.text()
    label = aigc.label(facts.provider, facts.identifier, integrity(carrier, content, recipe))
    marks = Marks(
        recipe=recipe,
        aigc=label,
        iptc=iptc(facts),
        created=facts.created,
        identifier=facts.identifier,
    )
    whole = carrier.put(content, marks)
    if labelling.signed and carrier.signed:
        whole = credentials.sign(whole, carrier.signed, facts, labelling.clock)
    lies_beside = carrier.copied or not carrier.has_room
    return Labelled(whole, aigc.wrapped(label) if lies_beside else b"")


def iptc(facts: Facts) -> dict[str, str]:
    """The properties of IPTC Photo Metadata 2025.1 that tell what was made by AI."""
    return {
        "DigitalSourceType": mark.SOURCE,
        "AISystemUsed": facts.system,
        "AISystemVersionUsed": facts.version,
    }


def marked(content: bytes, name: str) -> bytes:
    """A file that says that it is AI-generated and by what software, and nothing more."""
    told = {"AISystemUsed": mark.SYSTEM, "AISystemVersionUsed": VERSION}
    return carrier_of(content, name).put(
        content, Marks(iptc={"DigitalSourceType": mark.SOURCE, **told})
    )


def integrity(carrier: Carrier, content: bytes, recipe: str) -> str:
    """The value that ties a label to its content and its recipe; letters that labels may have."""
    parts = [f"content-sha256={digest(carrier.essence(content))}"]
    if recipe:
        parts.append(f"recipe-sha256={digest([recipe.encode()])}")
    return ";".join([OPENING, *parts])


def digest(parts: Iterable[bytes]) -> str:
    """The SHA-256 of parts in a row, in hexadecimal."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
