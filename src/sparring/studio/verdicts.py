"""What a file says of where it came from, drawn on a page."""

from __future__ import annotations

from nicegui import ui

from sparring.core.errors import UserError
from sparring.provenance.verify import Verdict
from sparring.studio.desk import Desk
from sparring.studio.making import Asked
from sparring.studio.words import Say

COLOURS = {"valid": "on-good", "present": "on-good", "missing": "off", "invalid": "on",
           "duplicate": "on"}  # fmt: skip


def draw_verdict(verdict: Verdict, say: Say) -> None:
    """Every kind of label that such a file can have, and what it is worth."""
    with ui.element("div").classes("verdict").props("data-testid=layers"):
        ui.label(say("provenance")).classes("panel-title").props("role=heading aria-level=3")
        for layer in verdict.layers:
            with ui.element("div").classes(f"lamp {COLOURS[layer.state]}"):
                ui.element("i").props("aria-hidden=true")
                with ui.element("div"):
                    ui.label(f"{say(f'layer_{layer.name}')}: {say(layer.state)}").style(
                        "font-weight: 500"
                    )
                    for words in (layer.says, f"{say('rule')}: {say.told(layer.rule)}"):
                        ui.label(say.told(words)).classes("quiet").style("overflow-wrap: anywhere")
        ui.label(say.told(verdict.sentence)).style("margin-top: .5rem; overflow-wrap: anywhere")


def origin_of(verdict: Verdict, desk: Desk) -> tuple[str, Asked] | None:
    """The model here and the wish that made a file; None where either is not known.

    It may load models, so it does not run in the event loop.
    """
    if verdict.facts is None:
        return None
    name = desk.model_of(verdict.facts.origin.model)
    try:
        return (name, Asked.of(verdict.facts)) if name else None
    except UserError:
        return None  # it was made by ways that this page does not have
