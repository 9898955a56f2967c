"""Reads every label of a file and says of each what it is worth, and by which rule.

No verdict calls a file authentic, or made by people: labels are easily taken away and copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.places import printable
from sparring.provenance import aigc, credentials
from sparring.provenance.audible import hears_label
from sparring.provenance.carriers import IPTC, LONGEST, Carrier, Found, Spot, Unreadable
from sparring.provenance.carriers.choosing import carrier_of
from sparring.provenance.facts import Facts
from sparring.provenance.labelling import BESIDE, OPENING, digest, iptc

State = Literal["present", "valid", "invalid", "duplicate", "missing"]
WORST_FIRST: tuple[State, ...] = ("invalid", "duplicate", "missing", "present", "valid")
RECIPE_RULE = "Sparring: how a file can be made again"
IPTC_RULE = "IPTC Photo Metadata 2025.1, Digital Source Type and AI System"
CALIFORNIA = "California SB 942, latent disclosure (Business and Professions Code 22757.3)"
SIGNATURE_RULE = "C2PA 2.2, content credentials"
VISIBLE_RULE = f"{aigc.STANDARD} section 5, explicit label"
INTEGRITY_RULE = f"{aigc.FORM}, ReservedCode1, as Sparring writes it"
NO_PROOF = (
    "Labels can be taken away, copied and forged, so this proves neither that a file was made by "
    "AI nor that it was not."
)
Read = tuple[dict[str, str], list[aigc.Problem]]


@dataclass(frozen=True)
class Layer:
    """One kind of label.

    Attributes:
        name: "recipe", "implicit", "iptc", "disclosure", "credentials", "visible" or "integrity".
        state: whether it is there, and whether what it says holds.
        says: the reason, in a sentence.
        rule: what it rests on.
    """

    name: str
    state: State
    says: str
    rule: str


@dataclass(frozen=True)
class Verdict:
    """What the labels of one file are worth.

    Attributes:
        kind: of the file, for people.
        layers: each kind of label that such a file can have.
        says: all in all, without what no label can prove.
        facts: what the recipe says; None where there is no valid one.
    """

    kind: str
    layers: tuple[Layer, ...]
    says: str
    facts: Facts | None

    @property
    def sentence(self) -> str:
        """All in all, with what no label can prove."""
        return f"{self.says} {NO_PROOF}"

    @property
    def is_sound(self) -> bool:
        """Whether nothing is invalid and nothing is there twice; missing labels are no fault."""
        return not any(layer.state in ("invalid", "duplicate") for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "kind": self.kind,
            "sound": self.is_sound,
            "sentence": self.sentence,
            "layers": [asdict(layer) for layer in self.layers],
            "recipe": self.facts.to_json() if self.facts else None,
        }


def verify(content: bytes, name: str, beside: bytes = b"") -> Verdict:
    """What the labels of a file are worth.

    Args:
        content: the whole file.
        name: what it is called; only its ending tells something, and only among texts.
        beside: the file `NAME.aigc.json` beside it, where there is one.

    Raises:
        BadData: with the bare reason: it is of no known kind, or too damaged to be read.
    """
    carrier = carrier_of(content, name)
    try:
        found = carrier.find(content)
        digest_now = digest(carrier.essence(content))
    except Unreadable as error:
        raise BadData(str(error)) from error
    read = [aigc.read(spot.text) for spot in found.labels]
    place = f"{printable(name) or 'NAME'}{BESIDE}"
    if beside:
        spot = Spot(f"{place} beside it", beside.decode(errors="replace"))
        told = aigc.read(spot.text)
        if not (carrier.copied and told in read):  # a copy is no second label
            found.labels.append(spot)
            read.append(told)
    facts, recipe = _recipe(found)
    layers = [
        recipe,
        _implicit(carrier, found, read, facts, place),
        _iptc(found, facts),
        _disclosure(found, facts),
        *_credentials(carrier, found, content),
        *_visible(carrier, found, content, facts),
        *_integrity(found, read, digest_now),
    ]
    shown = tuple(layers)
    return Verdict(carrier.name, shown, _all_in_all(shown, facts, read), facts)


def _recipe(found: Found) -> tuple[Facts | None, Layer]:
    if found.wrong_line:
        return None, Layer("recipe", "invalid", found.wrong_line, RECIPE_RULE)
    if found.telling:
        says = f"{found.telling:,} of {found.lines:,} lines tell their own."
        if found.telling == found.lines:
            says = "Every line tells its own."
        return None, Layer("recipe", "present", says, RECIPE_RULE)
    if not found.recipes:
        says = "It does not say how it can be made again."
        return None, Layer("recipe", "missing", says, RECIPE_RULE)
    if len(set(found.recipes)) > 1:
        says = f"It holds {len(found.recipes)} recipes that differ."
        return None, Layer("recipe", "duplicate", says, RECIPE_RULE)
    try:
        if len(found.recipes[0]) > LONGEST:
            raise BadData("its recipe is too long")
        facts = Facts.read(found.recipes[0])
    except BadData as error:
        return None, Layer("recipe", "invalid", _sentence_of(error), RECIPE_RULE)
    made = f"{facts.system} {facts.version}, model {facts.model_name}, at {facts.created}"
    return facts, Layer("recipe", "valid", f"It says that it was made by {made}.", RECIPE_RULE)


def _sentence_of(error: BadData) -> str:
    """Its bare reason, beginning as sentences do; names within keep their capitals."""
    reason = str(error)
    return f"{reason[:1].upper()}{reason[1:]}."


def _implicit(
    carrier: Carrier, found: Found, read: list[Read], facts: Facts | None, place: str
) -> Layer:
    if found.faults:
        return Layer("implicit", "invalid", f"{found.faults[0]}.", aigc.NAME)
    if not read:
        says = "It has no label in its metadata."
        if not carrier.has_room:
            says = (
                "Such a file has no room for this label: its place is a file beside it, "
                f"{place}, which is not here."
            )
        return Layer("implicit", "missing", says, aigc.NAME)
    if len(read) > 1:
        places = ", ".join(spot.place for spot in found.labels[:5])
        says = f"It has {len(read)} labels in its metadata ({places}); one alone is allowed."
        return Layer("implicit", "duplicate", says, aigc.SINGLE)
    values, problems = read[0]
    if problems:
        says = "; ".join(problem.says for problem in problems[:5])
        rules = ", ".join(dict.fromkeys(problem.rule for problem in problems[:5]))
        return Layer("implicit", "invalid", f"Its label is wrong: {says}.", rules)
    if facts and (facts.identifier, facts.provider) != (
        values["ProduceID"], values["ContentProducer"],
    ):  # fmt: skip
        says = "Its label names another producer or content than its recipe does."
        return Layer("implicit", "invalid", says, aigc.FORM)
    meaning = aigc.MEANINGS[values["Label"]]
    says = f"Its label says that it {meaning}, by {values['ContentProducer']}."
    return Layer("implicit", "valid", says, aigc.FORM)


def _iptc(found: Found, facts: Facts | None) -> Layer:
    """Whether it tells a source as IPTC does, and the system that the recipe tells."""
    if not found.tellings:
        return _iptc_of(found.iptc, iptc(facts) if facts else {})
    layers = {}
    for telling, number in found.tellings.items():
        told = {
            name: [] if word is None else [word]
            for name, word in zip(IPTC, telling.iptc, strict=True)
        }
        maker = {"AISystemUsed": telling.system or "", "AISystemVersionUsed": telling.version}
        layers[number] = _iptc_of(told, {} if telling.system is None else maker)
    number = min(layers, key=lambda each: WORST_FIRST.index(layers[each].state))
    worst = layers[number]
    if found.wrong_line and worst.state in ("present", "valid"):
        return Layer("iptc", "missing", "Not every line could be read.", IPTC_RULE)
    if len(layers) == 1:
        return worst
    return Layer("iptc", worst.state, f"In line {number:,}: {worst.says}", IPTC_RULE)


def _iptc_of(told_of: Mapping[str, Sequence[str]], maker: Mapping[str, str]) -> Layer:
    sources = told_of["DigitalSourceType"]
    if not any(told_of.values()):
        return Layer("iptc", "missing", "It names no digital source type.", IPTC_RULE)
    if any(len(values) > 1 for values in told_of.values()):
        return Layer("iptc", "duplicate", "A property stands there more than once.", IPTC_RULE)
    if any("" in values for values in told_of.values()):
        return Layer("iptc", "invalid", "A property has no word for a value.", IPTC_RULE)
    for name, word in maker.items():
        told = told_of[name]
        if name.startswith("AISystem") and told not in ([], [word]):
            says = f"Its {name} is {told[0]!a:.80}, and its recipe tells another."
            return Layer("iptc", "invalid", says, IPTC_RULE)
    if sources == [mark.SOURCE]:
        return Layer("iptc", "valid", "It says: made by a trained model.", IPTC_RULE)
    if sources and sources[0].startswith(mark.SOURCE.rpartition("/")[0]):
        says = f"It names another source: {sources[0].rpartition('/')[2]!a:.80}."
        return Layer("iptc", "present", says, IPTC_RULE)
    says = f"Its source type is {', '.join(sources)!a:.80}; the full address of a term is needed."
    return Layer("iptc", "invalid", says, IPTC_RULE)


def _disclosure(found: Found, facts: Facts | None) -> Layer:
    if found.telling and found.telling == found.lines and not found.wrong_line:
        if found.disclosing == found.lines:
            says = "Every line tells provider, system, time and identifier."
            return Layer("disclosure", "valid", says, CALIFORNIA)
        says = (
            f"{found.lines - found.disclosing:,} of {found.lines:,} lines leave some of it empty."
        )
        return Layer("disclosure", "invalid", says, CALIFORNIA)
    if facts is None:
        says = "Provider, system, time and identifier are not all told."
        return Layer("disclosure", "missing", says, CALIFORNIA)
    if not facts.discloses:
        says = "Provider, system, time or identifier is empty."
        return Layer("disclosure", "invalid", says, CALIFORNIA)
    says = f"Provider {facts.provider!a:.80}, system, time and identifier are told."
    return Layer("disclosure", "valid", says, CALIFORNIA)


def _credentials(carrier: Carrier, found: Found, content: bytes) -> Iterator[Layer]:
    if not carrier.signed:
        return
    state: State = "missing"
    if not found.credentials:
        says = "It has no content credentials."
    elif found.credentials > 1:
        state, says = "duplicate", f"It has {found.credentials} stores of content credentials."
    elif not credentials.is_installed():
        state, says = "present", f"It has content credentials; to check them: {credentials.HOW}."
    else:
        signature = credentials.read(content, carrier.signed)
        state = "valid" if signature.is_valid else "invalid"
        says = "Signature valid, signer not on the C2PA trust list."
        if signature.is_trusted:
            says = "Signature valid, signer trusted here."
        if not signature.is_valid:
            codes = [code for code in signature.says if code != "signingCredential.untrusted"]
            says = f"The signature does not hold: {', '.join(codes)[:200] or 'no reason given'}."
    yield Layer("credentials", state, says, SIGNATURE_RULE)


def _visible(
    carrier: Carrier, found: Found, content: bytes, facts: Facts | None
) -> Iterator[Layer]:
    """What people see or hear, where that can be known: nobody here looks at pictures."""
    heard = hears_label(content, carrier)
    if heard:
        says = 'It ends in the rhythm "short long, short short".'
        yield Layer("visible", "present", says, VISIBLE_RULE)
    elif facts and facts.visible and heard is None:
        says = "Its recipe says that there is one for people, which is not looked at here."
        yield Layer("visible", "present", says, VISIBLE_RULE)
    elif facts and facts.visible:
        says = "Its recipe says that it ends in a rhythm for people, and it does not."
        yield Layer("visible", "invalid", says, VISIBLE_RULE)
    elif found.notices and carrier.read_by_people:
        yield Layer(
            "visible", "present", f"It says '{printable(found.notices[0]):.80}'.", VISIBLE_RULE
        )
    elif heard is not None or carrier.read_by_people:
        yield Layer("visible", "missing", "None for people was found.", VISIBLE_RULE)


def _integrity(found: Found, read: list[Read], digest_now: str) -> Iterator[Layer]:
    codes = [values.get("ReservedCode1", "") for values, _ in read]
    ours = [code.split(";") for code in codes if code.split(";")[0] == OPENING]
    told = [{part.partition("=")[0]: part.partition("=")[2] for part in code[1:]} for code in ours]
    if not told:
        if any(codes):
            says = "Its label has a code of integrity by a rule that is not known here."
            yield Layer("integrity", "present", says, INTEGRITY_RULE)
        else:
            says = "Nothing ties a label to this content."
            yield Layer("integrity", "missing", says, INTEGRITY_RULE)
        return
    if any(each.get("content-sha256") != digest_now for each in told):
        says = "The content is not the one that was labelled: it was edited or encoded anew."
        yield Layer("integrity", "invalid", says, INTEGRITY_RULE)
        return
    recipes = {digest([text.encode(errors="surrogatepass")]) for text in found.recipes}
    if recipes and any(each.get("recipe-sha256") not in recipes for each in told):
        says = "The recipe is not the one that was labelled."
        yield Layer("integrity", "invalid", says, INTEGRITY_RULE)
        return
    says = "The content is the one that was labelled."
    yield Layer("integrity", "valid", says, INTEGRITY_RULE)


def _all_in_all(layers: tuple[Layer, ...], facts: Facts | None, read: list[Read]) -> str:
    """What they say together."""
    wrong = [layer.name for layer in layers if layer.state in ("invalid", "duplicate")]
    there = [layer.name for layer in layers if layer.state in ("valid", "present")]
    if wrong:
        return f"Its labels are not in order ({', '.join(wrong)})."
    if not there:
        return "It has no label of AI-generated content that is known here."
    if facts:
        return f"It says that it is AI-generated, by {facts.system} {facts.version[:40]}."
    if read:
        return f"It says that it {aigc.MEANINGS[read[0][0]['Label']]}."
    return f"It has labels ({', '.join(there)})."
