"""Takes the pictures of the studio anew: `python docs/pictures/studio.py` (some minutes).

It starts a studio in an empty folder, trains digits for a moment, makes samples of every kind, and
photographs four pages in the browser of the system.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
ALONE = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip
WIDTH, HEIGHT = 1280, 900
MOST = 250_000  # bytes of a picture
COLOURS = 256  # of one that would be larger
RUN = "digits_quick"
PATIENCE = 600_000  # milliseconds


def main() -> None:
    """Start, act, photograph, end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=24_000, help="shown in the training")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "sparring", "studio", "--port", "0", "--no-browser"]
        started = subprocess.Popen(
            command, cwd=name, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        try:
            assert started.stdout is not None, "it was asked for"
            address = started.stdout.readline().strip()
            _wait_for(address)
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=CHROMIUM, args=ALONE)
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": HEIGHT}, locale="en-US",
                    color_scheme="light",
                )  # fmt: skip
                page.set_default_timeout(PATIENCE)
                _photograph(page, address, arguments.samples)
                browser.close()
        finally:
            started.send_signal(signal.SIGINT)
            started.wait(60)


def _photograph(page: Page, address: str, samples: int) -> None:
    page.goto(f"{address}/train?recipe={RUN}")
    _fill(page, "samples", samples)
    page.get_by_text("training", exact=True).click()
    _fill(page, "training.threads", 1)
    _fill(page, "training.log_every", max(samples // 40, 200))
    _fill(page, "training.preview_every", max(samples // 12, 200))
    page.get_by_test_id("start").click()
    page.get_by_test_id("state").filter(has_text="done").wait_for()
    page.wait_for_timeout(3_000)
    _save(page, "studio-train", HEIGHT)

    for model, count in (("quatrains", 3), ("spoken-digits", 4), ("fashion", 7), ("digits", 7)):
        page.goto(f"{address}/generate?model={model}")
        _fill(page, "count", count)
        page.get_by_test_id("make").click()
        page.get_by_text(f"Made and kept: {count}").wait_for()
    page.wait_for_timeout(1_500)
    _save(page, "studio-generate", HEIGHT)

    page.goto(f"{address}/explore?model=fashion")
    page.get_by_test_id("nearest").filter(has_text="times as far").wait_for()
    page.get_by_role("slider").first.wait_for()
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None, "the map is there"
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.62 * box["height"])
    page.get_by_test_id("walk").click()
    page.get_by_test_id("play").wait_for()
    page.wait_for_timeout(4_000)
    _save(page, "studio-explore", HEIGHT + 120)

    page.goto(address)
    page.get_by_test_id("model-quatrains").locator(".text").wait_for()
    page.get_by_test_id("model-spoken-digits").locator("audio").wait_for()
    page.wait_for_timeout(2_000)
    _save(page, "studio-home", HEIGHT)


def _fill(page: Page, field: str, value: int) -> None:
    page.get_by_test_id(field).fill(str(value))
    page.keyboard.press("Tab")


def _save(page: Page, name: str, height: int) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.mouse.move(2, height - 2)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    content = io.BytesIO()
    shot.save(content, "PNG", optimize=True)
    if content.tell() > MOST:  # fewer colours, by a method that keeps rare ones
        content = io.BytesIO()
        few = shot.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(content, "PNG", optimize=True)
    (HERE / f"{name}.png").write_bytes(content.getvalue())
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    raise SystemExit(f"The studio does not answer at {address}.")


if __name__ == "__main__":
    main()
