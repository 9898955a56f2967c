"""What is known of a generated file: enough to make it again, and to say who made it when."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.core.version import VERSION

Made = Literal["sample", "all", "row", "strip", "walk"]
"""One sample; all on a sheet or page; all in a row as one; a walk as a strip or as a film."""
ENGINE = "engine"
"""The key in `Origin.ways` that says what computed where it was not torch.

The last digits of samples depend on it; "onnxruntime 1.20.0" is such a value.
"""
MOST = 100_000  # samples of one file
LONGEST = 10_000  # letters of a value
DEEPEST = 8  # tables and lists inside each other; ours have three


@dataclass(frozen=True)
class Origin:
    """What made samples, and how.

    Attributes:
        model: hash of its weights.
        recipe: hash of what it was trained by.
        truncation: as in `Sampler.generate`.
        ways: further settings, such as a temperature.
        device: the kind of device that computed.
        threads: of that computation; others round differently.
        torch: the version of PyTorch.
    """

    model: str
    recipe: str
    truncation: float
    ways: Mapping[str, Any]
    device: str
    threads: int
    torch: str


@dataclass(frozen=True)
class Facts:
    """What one file says of itself.

    Attributes:
        origin: what made it.
        made: which kind of file it is.
        seeds: of its samples, in order.
        labels: the classes of each sample in every label set.
        walk: for what comes from a walk its "between" (seeds), "steps", "closed" and, for one
            sample of it, its "place"; else empty.
        visible: whether people can see or hear a label in the content itself.
        provider: the code of who made it.
        created: when, in UTC, ISO 8601.
        identifier: a name that no other file has.
        system: what software it was.
        version: of that software.
    """

    origin: Origin
    made: Made
    seeds: Sequence[int]
    labels: Sequence[Mapping[str, str]]
    provider: str
    walk: Mapping[str, Any] = field(default_factory=dict)
    visible: bool = False
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    system: str = mark.SYSTEM
    version: str = VERSION

    @property
    def model_name(self) -> str:
        """The first letters of the model's hash, as people compare them."""
        return self.origin.model[:12]

    @property
    def discloses(self) -> bool:
        """Whether it tells what California SB 942 asks for, with nothing left empty."""
        return all((self.provider, self.system, self.version, self.created, self.identifier))

    def to_json(self) -> dict[str, Any]:
        """One flat table."""
        return {
            "ai_generated": True,
            "provider": self.provider,
            "system": self.system,
            "version": self.version,
            "created": self.created,
            "id": self.identifier,
            "made": self.made,
            "seeds": list(self.seeds),
            "labels": [dict(names) for names in self.labels],
            "walk": dict(self.walk),
            "visible": self.visible,
            **{**asdict(self.origin), "ways": dict(self.origin.ways)},
        }

    def text(self) -> str:
        """As JSON in ASCII, which stands in any kind of file."""
        return json.dumps(self.to_json(), sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Facts:
        """The facts that a file holds; nothing of them is believed unchecked.

        Raises:
            BadData: with the bare reason: it is no such JSON, or a value is of another kind.
        """
        try:
            told = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise BadData("its recipe is no JSON") from error
        _require_writable(told)
        if not isinstance(told, dict):
            raise BadData("its recipe is no JSON object")
        return cls(
            Origin(
                model=_word(told, "model"),
                recipe=_word(told, "recipe"),
                truncation=_number(told, "truncation"),
                ways=_table(told, "ways"),
                device=_word(told, "device"),
                threads=_whole(told.get("threads"), "threads"),
                torch=_word(told, "torch"),
            ),
            made=_made(told),
            seeds=[_whole(seed, "seeds") for seed in _list(told, "seeds")],
            labels=_labels(told),
            provider=_word(told, "provider"),
            walk=_walk(_table(told, "walk")),
            visible=told.get("visible") is True,
            created=_word(told, "created"),
            identifier=_word(told, "id"),
            system=_word(told, "system"),
            version=_word(told, "version"),
        )


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _require_writable(told: object) -> None:
    """Make sure that what was read can be written again, wherever it goes.

    Level by level, as what is nested deep must not be followed to its end.

    Raises:
        BadData: with the bare reason: it is nested too deep, a number is beyond all that can be
            computed, or a text holds halves of characters, which no file can.
    """
    level = [told]
    for _ in range(DEEPEST):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value, *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and not _is_whole_text(value):
                raise BadData("its recipe has a text with half a character")
            elif isinstance(value, int | float) and not _is_finite(value):
                raise BadData("its recipe has a number that is too large")
        level = below
    if level:
        raise BadData("its recipe is nested too deep")


def _is_whole_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def _is_finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond all floats
        return False


def _made(told: Mapping[str, Any]) -> Made:
    for kind in get_args(Made):
        if told.get("made") == kind:
            return kind
    raise BadData(f"its recipe has made = {told.get('made')!r:.60}")


def _word(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise BadData(f"its recipe has no text for {key}")
    return value


def _number(told: Mapping[str, Any], key: str) -> float:
    value = told.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadData(f"its recipe has no number for {key}")
    return float(value)


def _whole(value: Any, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise BadData(f"its recipe has no whole number for {key}")
    return value


def _list(told: Mapping[str, Any], key: str) -> list[Any]:
    value = told.get(key)
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        raise BadData(f"its recipe has no list of 1 to {MOST:,} {key}")
    return value


def _table(told: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = told.get(key)
    if not isinstance(value, dict):
        raise BadData(f"its recipe has no table for {key}")
    return value


def _labels(told: Mapping[str, Any]) -> list[dict[str, str]]:
    labels = _list(told, "labels")
    fit = all(
        isinstance(names, dict) and all(isinstance(value, str) for value in names.values())
        for names in labels
    )
    if not fit or len(labels) != len(_list(told, "seeds")):
        raise BadData("its recipe has no labels for every seed")
    return labels


def _walk(told: dict[str, Any]) -> dict[str, Any]:
    if not told:
        return {}
    walk: dict[str, Any] = {
        "between": [_whole(seed, "between") for seed in _list(told, "between")],
        "steps": _whole(told.get("steps"), "steps"),
        "closed": told.get("closed") is True,
    }
    if "place" in told:
        walk["place"] = _whole(told["place"], "place")
    return walk
