"""Every line of JSON lines is looked at, and what is wrong with one is told by its number."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from unlabelled_files import some_facts

from sparring.core import mark
from sparring.core.errors import BadData
from sparring.provenance.labelling import iptc
from sparring.provenance.verify import verify

LINE = json.dumps({"text": "x", "sparring": some_facts().to_json()})
NAMELESS = json.dumps({"sparring": replace(some_facts(), provider="").to_json()})
NO_RECIPE = json.dumps({"text": "x", "sparring": {"system": "Sparring"}})


@pytest.mark.parametrize(
    ("lines", "state", "said"),
    [
        ([LINE, LINE, ""], "present", "Every line tells its own."),
        ([LINE, "", LINE, ""], "present", "Every line tells its own."),
        ([LINE, '{"text": "mine"}'], "present", "1 of 2 lines tell their own."),
        (['{"text": "mine"}', LINE, LINE], "present", "2 of 3 lines tell their own."),
        ([LINE, LINE[:-9], LINE], "invalid", "Line 2 is no JSON."),
        ([LINE[:-9]], "invalid", "Line 1 is no JSON."),
        ([LINE, "", "x" + LINE], "invalid", "Line 3 is no JSON."),
        ([LINE, "7"], "invalid", "Line 2 is no JSON object."),
        ([LINE, '{"a": NaN}'], "invalid", "Line 2 is no JSON."),
        (
            [LINE, f'{{"{"x" * 99}": 1, "{"x" * 99}": 1}}'],
            "invalid",
            f"Line 2 has the name '{'x' * 80}' twice.",
        ),
        ([LINE, f'{{"a": {"[" * 100_000}'], "invalid", "Line 2 is nested too deep."),
        ([LINE, " " * 4_000_001], "invalid", "Line 2 has more than 4,000,000 bytes."),
        ([LINE, NO_RECIPE], "invalid", "Line 2 is wrong. Its recipe has no text for model."),
        ([LINE, LINE.replace('"Sparring"', "7")], "invalid", "Line 2 is wrong. Its recipe has "),
        ([LINE, '{"text": "\udce5\udcbb"}'], "invalid", "Line 2 is not UTF-8."),
        (["\udcff" + LINE], "invalid", "Line 1 is not UTF-8."),
        ([LINE, '{"text": "x", "text": "y"}'], "invalid", "Line 2 has the name 'text' twice."),
        ([LINE, LINE[:-1] + LINE[12:-1] + "}"], "invalid", "Line 2 has the name 'sparring' twice."),
        ([LINE, '{"a": [{"b": 1, "b": 1}]}'], "invalid", "Line 2 has the name 'b' twice."),
    ],
    ids=range(19),
)
def test_every_line_is_looked_at(lines: list[str], state: str, said: str) -> None:
    verdict = verify("\n".join(lines).encode(errors="surrogateescape"), "samples.jsonl")
    layers = {layer.name: layer for layer in verdict.layers}
    assert layers["recipe"].state == state
    assert layers["recipe"].says.startswith(said)
    assert verdict.is_sound == (state == "present")


def told(**more: object) -> str:
    """A line that tells its recipe, its source and its system, but for what is given."""
    facts = some_facts()
    return json.dumps(
        {**iptc(facts), "Description": mark.NOTICE, **more, "sparring": facts.to_json()}
    )


@pytest.mark.parametrize(
    ("second", "state", "said"),
    [
        (told(), "valid", "It says: made by a trained model."),
        (told(AISystemUsed="Brush"), "invalid", "In line 2: Its AISystemUsed is 'Brush', and its "),
        (told(DigitalSourceType="trained"), "invalid", "In line 2: Its source type is 'trained'"),
        (told(DigitalSourceType=1), "invalid", "In line 2: A property has no word for a value."),
        (LINE, "missing", "In line 2: It names no digital source type."),
        ('{"text": "mine"}', "missing", "In line 2: It names no digital source type."),
        (NO_RECIPE, "missing", "In line 2: It names no digital source type."),
    ],
    ids=["alike", "system", "source", "no word", "nothing", "no recipe", "broken recipe"],
)
def test_every_line_tells_its_source(second: str, state: str, said: str) -> None:
    verdict = verify("\n".join([told(), second, second]).encode(), "samples.jsonl")
    layers = {layer.name: layer for layer in verdict.layers}
    assert layers["iptc"].state == state
    assert layers["iptc"].says.startswith(said)
    assert layers["visible"].state == ("missing" if mark.NOTICE not in second else "present")


def test_of_a_file_that_could_not_be_read_to_its_end_nothing_is_claimed() -> None:
    verdict = verify("\n".join([told(), "{bad", LINE]).encode(), "samples.jsonl")
    layers = {layer.name: layer for layer in verdict.layers}
    assert {layers[name].state for name in ("iptc", "visible", "disclosure")} == {"missing"}


def test_a_system_without_a_name_is_another_one() -> None:
    recipe = replace(some_facts(), system="").to_json()
    line = json.dumps({**iptc(some_facts()), "AISystemUsed": "Brush", "sparring": recipe})
    layers = {layer.name: layer for layer in verify(line.encode(), "samples.jsonl").layers}
    assert layers["iptc"].state == "invalid"


def test_more_sources_than_a_file_has() -> None:
    lines = [told(AISystemVersionUsed=f"{number}") for number in range(102)]
    verdict = verify("\n".join(lines).encode(), "samples.jsonl")
    layers = {layer.name: layer for layer in verdict.layers}
    assert layers["recipe"].says == "Up to line 101 more than 100 sources are told."


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([LINE, LINE], "valid"),
        ([LINE, '{"text": "mine"}'], "missing"),
        ([LINE, NAMELESS], "invalid"),
        ([LINE, LINE[:-9]], "missing"),
    ],
    ids=["every line", "one does not", "one is empty", "one is broken"],
)
def test_lines_disclose_where_each_does(lines: list[str], state: str) -> None:
    verdict = verify("\n".join(lines).encode(), "samples.jsonl")
    layers = {layer.name: layer for layer in verdict.layers}
    assert layers["disclosure"].state == state


def test_more_lines_than_are_looked_at() -> None:
    with pytest.raises(BadData, match="it has more than 1,000,000 lines"):
        verify(b"{}\n" * 1_000_001, "a.jsonl")
