"""The studio as one web application: its pages, over the service's own HTTP interface."""

from __future__ import annotations

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from sparring.studio import shell
from sparring.studio.desk import REPORTS, Desk
from sparring.studio.showing import MADE

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="7" fill="#1d4f96"/><circle cx="12" cy="16" r="6" fill="#fff"/>'
    '<circle cx="21" cy="16" r="6" fill="#f0a53a" fill-opacity=".9"/></svg>'
)


def application(desk: Desk) -> FastAPI:
    """The studio beside the service's own addresses.

    NiceGUI keeps its pages for the whole process, so this is done once in each.
    """
    app = FastAPI()
    shell.register(desk)
    pages_app.add_media_files(MADE, desk.shelf.folder)
    pages_app.add_static_files(REPORTS, desk.reports, max_cache_age=0)
    ui.run_with(
        app, title="Sparring", favicon=ICON, show_welcome_message=False, dark=None,
        reconnect_timeout=10.0,
    )  # fmt: skip
    return app
