"""How soon the picture follows the pointer on the studio's map: `python benchmarks/drag.py`.

A studio and a browser on this machine; the pointer makes small moves, one at a time, and the clock
of the page measures from each to the new picture. Prints the median and the 95 % quantile.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from playwright.sync_api import sync_playwright

ALONE = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
CLOCK = """() => {
    window.waits = []; let sent = 0;
    const map = document.querySelector('.map'), picture = document.querySelector('.twins img');
    map.addEventListener('pointermove', () => { sent = performance.now(); }, true);
    new MutationObserver(() => { if (sent) { waits.push(performance.now() - sent); sent = 0; } })
        .observe(picture, {attributes: true, attributeFilter: ['src']});
}"""


def main() -> None:
    """Start, drag, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="digits")
    parser.add_argument("--moves", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sparring", "studio", "--port", "0", "--no-browser"]
        started = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            assert started.stdout is not None, "it was asked for"
            waits = _dragged(started.stdout.readline().strip(), arguments.model, arguments.moves)
        finally:
            started.send_signal(signal.SIGINT)
            started.wait(60)
    waits.sort()
    told = {"model": arguments.model, "moves": arguments.moves, "seen": len(waits),
            "median_ms": round(statistics.median(waits), 1),
            "q95_ms": round(waits[int(0.95 * len(waits))], 1)}  # fmt: skip
    print(json.dumps(told))


def _dragged(address: str, model: str, moves: int) -> list[float]:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address):
                break
        except urllib.error.URLError:
            time.sleep(0.5)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ALONE)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        page.goto(f"{address}/explore?model={model}")
        page.get_by_test_id("nearest").filter(has_text="usually").wait_for()
        page.get_by_role("slider").first.wait_for()
        page.evaluate(CLOCK)
        box = page.get_by_test_id("map").bounding_box()
        assert box is not None, "the map is there"
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        for number in range(moves):
            page.mouse.move(box["x"] + 40 + 4 * number, box["y"] + 40 + 3 * number)
            page.wait_for_timeout(150)
        page.mouse.up()
        return [float(wait) for wait in page.evaluate("waits")]


if __name__ == "__main__":
    main()
