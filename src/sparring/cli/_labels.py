"""Options about the labels of what is made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sparring.provenance.labelling import Labelling

PANEL = "Labels"
Producer = Annotated[
    str,
    typer.Option(
        help="The code of who makes this, in every label; else SPARRING_PRODUCER.",
        rich_help_panel=PANEL,
    ),
]
Visible = Annotated[
    bool,
    typer.Option("--visible", help="A label that people see or hear, too.", rich_help_panel=PANEL),
]
NoLabels = Annotated[
    bool,
    typer.Option("--no-labels", help="No labels inside files; logged.", rich_help_panel=PANEL),
]
NoCredentials = Annotated[
    bool,
    typer.Option("--no-credentials", help="No content credentials (C2PA).", rich_help_panel=PANEL),
]
TimeStamp = Annotated[
    str,
    typer.Option(
        help="A server that dates credentials, http(s); else SPARRING_TIMESTAMP, else none.",
        rich_help_panel=PANEL,
    ),
]


def labelling(
    producer: str, visible: bool, no_labels: bool, no_credentials: bool, time_stamp: str
) -> Labelling:
    """What the options ask for; what makes files without labels is said."""
    from sparring.provenance import credentials, unlabelled
    from sparring.provenance.labelling import Labelling, usual_clock, usual_producer

    if time_stamp and not no_credentials:
        credentials.require_installed()
    if no_labels:
        print(
            "What is made will carry no label that says it is AI-generated; rules where you live "
            f"may ask for one when you pass it on. This is noted in {unlabelled.log()}.",
            file=sys.stderr,
        )
    return Labelling(
        producer=producer or usual_producer(),
        implicit=not no_labels,
        signed=credentials.is_installed() and not no_credentials,
        visible=visible,
        clock=time_stamp or usual_clock(),
    )
