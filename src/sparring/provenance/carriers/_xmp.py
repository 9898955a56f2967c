"""XMP: the packet of metadata that PNG, JPEG, GIF and WAV share (ISO 16684-1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape

from sparring.core import mark
from sparring.provenance.carriers import AIGC, IPTC, LONGEST, Found, Marks, Spot

TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:x-sparring:provenance:1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DEEPEST = 64  # elements inside each other; packets have about six
SPACES = {
    "TC260": TC260,
    "Iptc4xmpExt": IPTC_EXTENSION,
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "sparring": OURS,
}


class _Refused(Exception):
    """The packet holds what no packet needs."""


def packet(marks: Marks, *, with_label: bool = True) -> bytes:
    """The whole packet.

    Args:
        marks: what it says.
        with_label: whether the label of GB 45438-2025 stands here; false where the file has
            another place for it, as there must be one alone (6.1 c).
    """
    label = json.dumps(dict(marks.aigc)) if with_label and marks.aigc else ""
    values = {
        f"TC260:{AIGC}": label,
        **{f"Iptc4xmpExt:{name}": value for name, value in marks.iptc.items()},
        "xmp:CreatorTool": mark.SOFTWARE,
        "xmp:CreateDate": marks.created,
        "dc:identifier": marks.identifier,
        "sparring:Recipe": marks.recipe,
    }
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    lines = [f"<{name}>{escape(value)}</{name}>" for name, value in values.items() if value]
    told = f'<rdf:li xml:lang="x-default">{mark.NOTICE}</rdf:li>'
    return "\n".join(
        [
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">',
            f'<rdf:Description rdf:about=""{spaces}>',
            *lines,
            f"<dc:description><rdf:Alt>{told}</rdf:Alt></dc:description>",
            "</rdf:Description></rdf:RDF></x:xmpmeta>",
            '<?xpacket end="r"?>',
        ]
    ).encode()


def read(content: bytes, place: str, found: Found) -> None:
    """Add what a packet says to `found`; what cannot be read becomes a fault there.

    No document types are taken, so no entities can grow, and no nesting deeper than packets need.
    """
    if len(content) > LONGEST:
        found.faults.append(f"{place}: {len(content):,} bytes are more than any label needs")
        return
    reader = _Reader(place, found)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(content.strip(b"\0"), True)
    except (expat.ExpatError, _Refused, ValueError) as error:
        found.faults.append(f"{place} cannot be read: {error}")


class _Reader:
    """Takes the properties that matter out of a stream of elements."""

    def __init__(self, place: str, found: Found) -> None:
        self.place, self.found = place, found
        self.depth = 0
        self.inside = ""  # the property whose value is being read
        self.began = 0  # its depth
        self.pieces: list[str] = []

    def doctype(self, *_: object) -> None:
        raise _Refused("it has a document type, which XMP never has")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Refused(f"more than {DEEPEST} elements lie inside each other")
        for key, value in attributes.items():
            if key == f"{RDF} resource":
                self.tell(name, value)
            elif key != name:
                self.tell(key, value)
        if not self.inside and _known(name) and f"{RDF} resource" not in attributes:
            self.inside, self.began = name, self.depth
            self.pieces.clear()

    def text(self, piece: str) -> None:
        if self.inside:
            self.pieces.append(piece)

    def end(self, name: str) -> None:
        if self.inside and self.depth == self.began:
            self.tell(self.inside, "".join(self.pieces).strip())
            self.inside = ""
        self.depth -= 1

    def tell(self, name: str, value: str) -> None:
        """One property with its value; those that do not matter are passed by."""
        space, _, local = name.rpartition(" ")
        if local == AIGC and space == TC260:
            self.found.labels.append(Spot(f"{self.place}, TC260:AIGC", value))
        elif local == AIGC:
            self.found.faults.append(f"{self.place}: AIGC stands in the namespace {space!r}")
        elif space == IPTC_EXTENSION and local in IPTC:
            self.found.iptc[local].append(value)
        elif space == OURS and local == "Recipe":
            self.found.recipes.append(value)


def _known(name: str) -> bool:
    space, _, local = name.rpartition(" ")
    return (
        local == AIGC
        or (space == IPTC_EXTENSION and local in IPTC)
        or (space == OURS and local == "Recipe")
    )
