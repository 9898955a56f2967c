"""A real studio in a process of its own, and a real browser that may not leave this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from visiting import Studio, Visit, Watched  # pyrefly: ignore

pytest.importorskip("nicegui", reason="the studio is an extra")
playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here")

CHROMIUM = Path("/usr/bin/chromium")
ALONE = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60_000  # milliseconds; a browser beside other tests is slow
START = 180  # seconds for the server


@pytest.fixture(scope="session")
def studio(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio as people start it, with shipped models and a folder of its own."""
    folder = tmp_path_factory.mktemp("desk")
    command = [sys.executable, "-m", "sparring", "studio", "--port", "0", "--no-browser"]
    log = (folder / "log.txt").open("wb")
    started = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), (folder / "log.txt").read_text()
        _wait_for(address)
        yield Studio(address, folder)
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        log.close()
        if started.stdout is not None:
            started.stdout.close()


def _wait_for(address: str) -> None:
    until = time.monotonic() + START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            assert time.monotonic() < until, "the studio did not answer"
            time.sleep(0.2)


# Of a module, as its event loop must have ended before other tests begin loops of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    """The browser of the system."""
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ALONE)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: playwright.Browser, studio: Studio) -> Iterator[Visit]:
    """Opens a page of the studio; everything wrong with it fails the test at its end."""
    watched: list[Watched] = []

    def open_page(path: str, *, language: str = "en-US", width: int = 1280) -> Watched:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, locale=language, accept_downloads=True
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        seen = Watched(page)
        watched.append(seen)
        _watch(seen, studio.address)
        page.goto(studio.address + path)
        page.wait_for_selector("#content")
        return seen

    yield open_page
    faults = [fault for each in watched for fault in each.faults]
    for each in watched:
        each.page.context.close()
    assert not faults, faults


def _watch(seen: Watched, home: str) -> None:
    socket = home.replace("http://", "ws://")
    own = (f"{home}/", f"{socket}/", "data:", "blob:")
    page = seen.page

    def note(wrong: bool, fault: str) -> None:
        if wrong:
            seen.faults.append(fault)

    page.on("console", lambda m: note(m.type == "error", f"console: {m.text}"))
    page.on("pageerror", lambda error: note(True, f"error: {error}"))
    page.on("request", lambda r: note(not r.url.startswith(own), f"left the machine: {r.url}"))
    page.on("websocket", lambda w: note(not w.url.startswith(own), f"left the machine: {w.url}"))
    page.on("response", lambda r: note(r.status >= 400, f"{r.status}: {r.url}"))
