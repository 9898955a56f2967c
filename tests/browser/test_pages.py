"""Every page opens in both languages, at the width of a phone, and by keyboard alone."""

from __future__ import annotations

import http.client
import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from visiting import Studio, Visit  # pyrefly: ignore

from sparring.studio.shell import found
from sparring.studio.words import LANGUAGES, Say

PAGES = [page.path for page in found()]
ENGLISH, CHINESE = Say(LANGUAGES["en"]), Say(LANGUAGES["zh"])
ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
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


@pytest.mark.parametrize(
    "path", ["/generate?model=nope", "/explore?model=nope", "/train?recipe=nope", "/train?run=nope"]
)
def test_what_an_address_names_in_vain_is_said(visit: Visit, path: str) -> None:
    seen = visit(path)
    expect(seen.page.get_by_role("alert")).to_contain_text(ENGLISH("not_here", name="nope"))


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
    # A pointer would leave the field first, which may bring its number back in time.
    page.get_by_test_id("make").dispatch_event("click")
    expect(page.get_by_text("up to 64 samples")).to_be_visible()


def test_a_dropped_file_that_cannot_be_read_is_named(visit: Visit, tmp_path: Path) -> None:
    odd = [tmp_path / name for name in ("odd.bin", "empty.png")]
    odd[0].write_bytes(b"\0\1\2")
    odd[1].touch()
    page = visit("/generate").page
    page.get_by_test_id("drop").locator("input[type=file]").set_input_files(odd)
    for path in odd:
        expect(page.get_by_test_id("verdict")).to_contain_text(f"{path.name}: it ")


def test_a_sentence_goes_away_with_the_next_success(visit: Visit) -> None:
    page = visit("/generate?model=digits", language="zh-CN").page
    page.get_by_test_id("count").fill("999")
    # A pointer would leave the field first, which may bring its number back in time.
    page.get_by_test_id("make").dispatch_event("click")
    wrong = page.get_by_text("数量 = 999")
    expect(wrong).to_be_visible()
    page.get_by_test_id("count").fill("1")
    page.get_by_test_id("make").click()
    expect(page.get_by_text(CHINESE("made_so_many", count=1))).to_be_visible()
    expect(wrong).not_to_be_visible()
    page.get_by_test_id("piece").first.focus()
    page.keyboard.press(" ")
    layers = page.get_by_role("dialog").get_by_test_id("layers")
    expect(layers).to_contain_text("内容就是当初标识的那一份")
    assert not ENGLISH_WORDS.search(layers.inner_text().replace("Sparring", ""))


RINGED = """() => {
    const one = document.activeElement, box = one.closest('.q-field')
    const style = getComputedStyle(box ? box.querySelector('.q-field__control') : one)
    return style.outlineStyle === 'solid' || style.boxShadow.includes('5px')
}"""


@pytest.mark.parametrize("path", PAGES)
def test_one_sees_where_the_keyboard_is(visit: Visit, path: str) -> None:
    page = visit(path).page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.locator("#content").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(RINGED), page.locator(":focus").evaluate("one => one.outerHTML")[:200]


def test_points_are_looked_over_in_chinese(visit: Visit, tmp_path: Path) -> None:
    page = visit("/data", language="zh-CN").page
    mine = tmp_path / "mine.csv"
    mine.write_text("x,y\n" + "0.5,0.5\n" * 3)
    page.get_by_test_id("path").fill(str(mine))
    page.get_by_test_id("look").click()
    problems = page.get_by_test_id("problems")
    expect(problems).to_contain_text("所有点都相同")
    assert not ENGLISH_WORDS.search(problems.inner_text())


def test_a_report_is_read_in_chinese_and_may_run_nothing(visit: Visit, studio: Studio) -> None:
    report = studio.folder / "studio" / "reports" / "digits" / "report.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text('<html lang="en"><main><h2>Class by class</h2><th>share of real</th></main>')
    page = visit("/judge?model=digits", language="zh-CN").page
    paper = page.locator("iframe.paper")
    expect(paper).to_have_attribute("sandbox", "")
    inside = page.frame_locator("iframe.paper").locator("main")
    expect(inside).to_contain_text("逐个类别")
    expect(inside).not_to_contain_text("Class")
    report.unlink()


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


def test_who_would_rather_speak_another_protocol_is_read(studio: Studio) -> None:
    given = json.dumps({"model": "digits", "prompt": "", "label": "7", "seed": 1}).encode()
    wish = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABk"}
    parts = urlsplit(studio.address)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Content-Type": "application/json", **wish}
    line.request("POST", "/v1/images/generations", given, headers)
    answer = line.getresponse()
    assert (answer.status, len(json.loads(answer.read())["data"])) == (200, 1)
    line.close()
