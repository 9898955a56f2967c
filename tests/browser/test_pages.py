"""Every page opens in both languages, at the width of a phone, and by keyboard alone."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from visiting import Studio, Visit  # pyrefly: ignore

from sparring.studio.shell import found
from sparring.studio.words import LANGUAGES, Say

PAGES = [page.path for page in found()]
ENGLISH, CHINESE = Say(LANGUAGES["en"]), Say(LANGUAGES["zh"])
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(visit: Visit, path: str) -> None:
    (title,) = (page.title for page in found() if page.path == path)
    seen = visit(path)
    expect(seen.page.get_by_role("heading", level=1)).to_have_text(ENGLISH(title))
    expect(seen.page.locator("html")).to_have_attribute("lang", "en")
    seen.page.get_by_test_id("language").click()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text(CHINESE(title))
    expect(seen.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(seen.page.get_by_role("note").first).to_have_text("AI生成 / AI-generated")


def test_a_browser_that_prefers_chinese_gets_it(visit: Visit) -> None:
    seen = visit("/", language="zh-CN")
    expect(seen.page.get_by_role("heading", level=1)).to_have_text(CHINESE("home"))
    text = seen.page.locator("#content").inner_text()
    assert HAN.search(text) and ENGLISH("welcome") not in text


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_phone(visit: Visit, path: str) -> None:
    seen = visit(path, width=390)
    expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
    width = seen.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"{path} is {width} pixels wide"
    menu = seen.page.get_by_role("button", name=ENGLISH("menu"))
    menu.click()
    link = seen.page.locator(".bar-menu").get_by_role("link", name=ENGLISH("explore"))
    expect(link).to_be_visible()


def test_the_first_key_leads_past_the_menu_and_dark_stays_dark(visit: Visit) -> None:
    seen = visit("/")
    page = seen.page
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(ENGLISH("skip"))
    page.get_by_test_id("theme").focus()
    page.keyboard.press("Enter")
    expect(page.locator("body.body--dark")).to_be_attached()
    page.reload()
    expect(page.locator("body.body--dark")).to_be_attached()


def test_one_makes_a_sample_by_keyboard_alone(visit: Visit, studio: Studio) -> None:
    seen = visit("/generate?model=digits")
    page = seen.page
    page.get_by_test_id("count").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.get_by_test_id("make").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(ENGLISH("made_so_many", count=2))).to_be_visible()
    page.get_by_test_id("piece").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text(ENGLISH("again"))).to_be_visible()
    assert len(list((studio.folder / "studio" / "made").glob("*.png"))) >= 2
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.reload()
    expect(page.get_by_test_id("piece").first).to_be_visible()  # what was made is kept


def test_the_map_moves_by_arrow_keys_and_the_picture_follows(visit: Visit) -> None:
    seen = visit("/explore?model=digits")
    page = seen.page
    picture = page.locator(".twins img").first
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
    before = picture.get_attribute("src")
    dot = page.locator(".map .dot")
    assert "left: 50" in (dot.get_attribute("style") or "")
    page.get_by_test_id("map").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(dot).to_have_attribute("style", re.compile(r"left: 66(\.0)?%"))
    expect(picture).not_to_have_attribute("src", before or "")


def test_a_wrong_wish_gets_a_sentence(visit: Visit) -> None:
    seen = visit("/generate?model=digits")
    page = seen.page
    page.get_by_test_id("count").fill("999")
    page.get_by_test_id("make").click()
    expect(page.get_by_text("up to 64 samples")).to_be_visible()


def test_nothing_is_said_of_names_that_are_not_on_the_shelf(studio: Studio) -> None:
    inside = studio.folder / "studio" / "made" / "here.txt"
    inside.write_text("on the shelf")
    assert asked(studio, "/made/here.txt") == 200
    inside.unlink()
    outside = studio.folder / "log.txt"
    assert outside.is_file(), "there is something to be found"
    up = ("..", "%2e%2e", ".%2E")
    between = ("/", "%2f", "%5c", "//")
    for folder in ("/made", "/reports"):
        for dots in up:
            for slash in between:
                path = f"{folder}/{dots}{slash}{dots}{slash}log.txt"
                assert asked(studio, path) == 404, path
        assert asked(studio, f"{folder}/{outside}") == 404
        assert asked(studio, f"{folder}/{str(outside).replace('/', '%2f')}") == 404


def asked(studio: Studio, path: str) -> int:
    """The status of an answer to exactly this path, which clients would tidy up first."""
    parts = urlsplit(studio.address)
    assert parts.hostname and parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as line:
        request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        line.sendall(request.encode("ascii"))
        return int(line.makefile("rb").readline().split()[1])
