"""The whole story in a browser: train, stop, go on, generate, explore, verify."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from visiting import Studio, Visit  # pyrefly: ignore

import sparring
from sparring.provenance.verify import verify
from sparring.studio.words import LANGUAGES, Say

ENGLISH = Say(LANGUAGES["en"])
TRAINING = 480_000  # milliseconds for a short training, which starts a process of its own
SHORT = {"training.threads": 1, "training.log_every": 64, "training.preview_every": 128,
         "training.checkpoint_every": 64}  # fmt: skip


def begin(page: Page, studio: Studio, samples: int, name: str) -> None:
    """Start a training of digits in the form."""
    page.goto(f"{studio.address}/train?recipe=digits_quick")
    page.get_by_test_id("run-name").fill(name)
    page.get_by_text("training", exact=True).click()
    for field, value in {"samples": samples, **SHORT}.items():
        page.get_by_test_id(field).fill(str(value))
        page.keyboard.press("Tab")
    page.get_by_test_id("start").click()


def state(page: Page, word: str) -> None:
    told = page.get_by_test_id("state")
    expect(told).to_have_text(ENGLISH(f"state_{word}"), timeout=TRAINING)


@pytest.mark.slow
def test_train_generate_explore_and_verify(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    pytest.importorskip("mlxtend")
    page = visit("/train").page
    begin(page, studio, 512, "story")
    state(page, "done")
    expect(page.get_by_test_id("preview")).to_have_attribute("src", re.compile("^data:image/png"))
    expect(page.get_by_text(ENGLISH("verdicts"))).to_be_visible()
    assert sparring.Run(studio.folder / "runs" / "story").samples == 512

    page.get_by_test_id("play-with").click()
    expect(page.get_by_test_id("model")).to_be_visible()
    page.get_by_test_id("count").fill("3")
    page.get_by_test_id("make").click()
    expect(page.get_by_text(ENGLISH("made_so_many", count=3))).to_be_visible()
    page.get_by_test_id("piece").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("layers")).to_contain_text(ENGLISH("layer_implicit"))
    expect(dialog.get_by_test_id("layers")).not_to_contain_text(ENGLISH("invalid"))
    with page.expect_download() as loading:
        dialog.get_by_text(ENGLISH("download")).click()
    saved = tmp_path / "saved.png"
    loading.value.save_as(saved)
    found = verify(saved.read_bytes(), saved.name)
    assert found.is_sound and found.facts is not None
    dialog.get_by_text(ENGLISH("alike")).click()
    expect(page.get_by_text(ENGLISH("made_so_many", count=8))).to_be_visible()

    page.get_by_test_id("drop").locator("input[type=file]").set_input_files(saved)
    verdict = page.get_by_test_id("verdict")
    expect(verdict.get_by_test_id("layers")).to_contain_text(ENGLISH("layer_recipe"))
    verdict.get_by_test_id("use").click()
    expect(page.get_by_test_id("seed")).to_have_value(str(found.facts.seeds[0]))

    page.goto(f"{studio.address}/explore?model=story")
    picture = page.locator(".twins img").first
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
    before = picture.get_attribute("src") or ""
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 90, steps=5)
    page.mouse.up()
    expect(picture).not_to_have_attribute("src", before)
    expect(page.get_by_test_id("nearest")).to_contain_text("usually lie from each other")
    page.get_by_test_id("keep").click()
    expect(page.get_by_text(ENGLISH("kept"))).to_be_visible()
    page.get_by_test_id("walk").click()
    expect(page.get_by_test_id("play")).to_be_visible()


@pytest.mark.slow
def test_a_training_stops_and_goes_on(visit: Visit, studio: Studio) -> None:
    pytest.importorskip("mlxtend")
    page = visit("/train").page
    begin(page, studio, 60_000, "halted")
    state(page, "running")
    expect(page.get_by_test_id("eta")).to_contain_text("left")
    page.get_by_test_id("stop").click()
    state(page, "stopped")
    stopped = sparring.Run(studio.folder / "runs" / "halted").samples
    assert 0 < stopped < 60_000
    page.get_by_test_id("resume").click()
    state(page, "running")
    page.wait_for_function(
        "before => parseInt(document.querySelector('[data-testid=eta]').innerText"
        ".replaceAll(',', '')) > before", arg=stopped + 64,
    )  # fmt: skip
    page.get_by_test_id("stop").click()
    state(page, "stopped")


def test_own_pictures_are_looked_over(visit: Visit, pictures: Path, tmp_path: Path) -> None:
    page = visit("/data").page
    page.get_by_test_id("path").fill(str(pictures))
    page.get_by_test_id("look").click()
    problems = page.get_by_test_id("problems")
    expect(problems).to_contain_text("only 40 pictures")
    expect(page.get_by_test_id("found")).to_contain_text("dark")
    archive = shutil.make_archive(str(tmp_path / "own"), "zip", pictures)
    page.get_by_test_id("drop-data").locator("input[type=file]").set_input_files(archive)
    expect(page.get_by_test_id("path")).to_have_value(re.compile(r"own\.zip$"))
    expect(page.get_by_test_id("found")).to_contain_text("own.zip")
    page.get_by_test_id("path").fill("/no/such/place")
    page.get_by_test_id("look").click()
    expect(page.get_by_text(ENGLISH("no_such_place", path="/no/such/place"))).to_be_visible()
