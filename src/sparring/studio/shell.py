"""The frame of every page: menu, light and dark, the language, and the line that says AI."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from nicegui import ui
from starlette.requests import Request

from sparring.core.errors import UserError
from sparring.studio import pages
from sparring.studio.desk import Desk
from sparring.studio.look import COLOURS, CSS
from sparring.studio.words import LANGUAGES, Say, language_of

COOKIE_DAYS = 365


@dataclass(frozen=True)
class Place:
    """What a page is drawn with.

    Attributes:
        desk: models, runs, and what was made.
        say: words in the reader's language.
        asked: what stands after the question mark of the address.
    """

    desk: Desk
    say: Say
    asked: Mapping[str, str] = field(default_factory=dict)
    _warned: list[ui.notification] = field(default_factory=list, init=False, repr=False)

    def warn(self, error: UserError) -> None:
        """What a person can mend, as a sentence that stays until it is closed or mended."""
        self.calm()
        close = {"label": "✕", "color": "white", "aria-label": self.say("close")}
        self._warned.append(
            ui.notification(
                self.say.told(str(error)), type="negative", position="bottom", multi_line=True,
                timeout=None, actions=[close],
            )
        )  # fmt: skip

    def calm(self) -> None:
        """Take the sentence away: somebody has begun anew."""
        while self._warned:
            sentence = self._warned.pop()
            if not sentence.is_deleted:
                sentence.dismiss()


@dataclass(frozen=True)
class Page:
    """One page of the menu; see the package's own words on how one joins."""

    path: str
    title: str
    icon: str
    order: int
    build: Callable[[Place], Awaitable[None] | None]


def found() -> list[Page]:
    """All pages, in the order of the menu."""
    modules = [
        importlib.import_module(f"{pages.__name__}.{each.name}")
        for each in pkgutil.iter_modules(pages.__path__)
        if not each.name.startswith("_")
    ]
    rows = [Page(m.PATH, m.TITLE, m.ICON, m.ORDER, m.build) for m in modules]
    return sorted(rows, key=lambda page: page.order)


def register(desk: Desk) -> None:
    """Make every page answer at its path."""
    menu = found()
    for page in menu:
        ui.page(page.path)(_drawn(page, menu, desk))


def _drawn(page: Page, menu: list[Page], desk: Desk) -> Callable[[Request], Awaitable[None]]:
    async def draw(request: Request) -> None:
        say = Say(language_of(request.cookies, request.headers))
        place = Place(desk, say, dict(request.query_params))
        with _frame(page, menu, say, request.cookies.get("theme", "")):
            try:
                drawing = page.build(place)
                if inspect.isawaitable(drawing):
                    await cast("Awaitable[None]", drawing)
            except UserError as error:
                trouble(say.told(str(error)))

    return draw


@contextmanager
def _frame(page: Page, menu: list[Page], say: Say, theme: str) -> Iterator[None]:
    ui.page_title(f"{say(page.title)} · Sparring")
    # Screen readers and fonts go by it; the cookie decides it, so no page can know it before.
    ui.add_head_html(f'<script>document.documentElement.lang = "{say.language.tag}"</script>')
    ui.add_css(CSS)
    ui.colors(**COLOURS)
    dark = ui.dark_mode({"dark": True, "light": False}.get(theme))
    with ui.header(elevated=False).classes("bar"):
        ui.link(say("skip"), "#content").classes("skip")
        with ui.element("nav").classes("bar-row").props(f'aria-label="{say("menu")}"'):
            ui.link("Sparring", "/").classes("brand")
            with ui.element("div").classes("bar-links gt-sm"):
                _links(page, menu, say)
            with ui.button(icon="menu").classes("lt-md").props(
                f'flat round dense color=white aria-label="{say("menu")}"'
            ), ui.menu().classes("bar-menu"):  # fmt: skip
                _links(page, menu, say)
        with ui.element("div").classes("bar-row"):
            _switches(say, dark)
    with ui.element("div").classes("content").props("id=content tabindex=-1"):
        ui.label(say(page.title)).classes("title").props("role=heading aria-level=1")
        yield
    with ui.element("footer").classes("foot"):
        ai_line()
        ui.label(say("foot")).classes("quiet")


def _links(page: Page, menu: list[Page], say: Say) -> None:
    for each in menu:
        here = each is page
        with ui.link(target=each.path).classes("bar-link" + " here" * here).props(
            "aria-current=page" if here else ""
        ):  # fmt: skip
            ui.icon(each.icon).props("aria-hidden=true")
            ui.label(say(each.title))


def _switches(say: Say, dark: ui.dark_mode) -> None:
    other = LANGUAGES["zh" if say.language.code == "en" else "en"]

    def speak() -> None:
        ui.run_javascript(f"{_cookie('language', other.code)}; location.reload()")

    async def shade() -> None:
        # Where nobody chose, the browser knows what is shown now.
        now = await ui.run_javascript("document.body.classList.contains('body--dark')")
        dark.set_value(not now)
        ui.run_javascript(_cookie("theme", "light" if now else "dark"))

    ui.button(other.name, on_click=speak).props("flat dense no-caps color=white").props(
        f'lang={other.tag} data-testid=language'
    )  # fmt: skip
    ui.button(icon="contrast", on_click=shade).props(
        f'flat round dense color=white data-testid=theme aria-label="{say("shade")}"'
    )


def _cookie(name: str, value: str) -> str:
    return (
        f"document.cookie = '{name}={value}; path=/; max-age={COOKIE_DAYS * 86_400}; "
        "SameSite=Strict'"
    )


def ai_line() -> None:
    """The line that stands beside everything that was made."""
    ui.label("AI生成 / AI-generated").classes("ai").props("role=note")


@contextmanager
def panel(title: str = "", *, made: bool = False) -> Iterator[ui.element]:
    """A card with a heading; where something that was `made` is in it, it says so."""
    with ui.element("section").classes("panel") as card:
        if title or made:
            with ui.element("div").classes("panel-head"):
                if title:
                    ui.label(title).classes("panel-title").props("role=heading aria-level=2")
                if made:
                    ai_line()
        yield card


def named(place: Place, key: str, names: Container[str]) -> str:
    """What the address names under a key; "" where that is not there, which is then said."""
    name = place.asked.get(key, "")
    if not name or name in names:
        return name
    place.warn(UserError(place.say("not_here", name=name[:100])))
    return ""


def trouble(sentence: str) -> None:
    """A sentence that something cannot be done, where one looks for the result."""
    with ui.element("div").classes("trouble").props("role=alert"):
        ui.icon("error_outline").props("aria-hidden=true")
        ui.label(sentence)


def tell(sentence: str) -> None:
    """A sentence that goes away again."""
    ui.notify(sentence, position="bottom", multi_line=True)
