"""A square that one drags over, by pointer, finger or arrow keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events, ui

from sparring.studio.words import Say

THROTTLE = 0.03  # seconds between two moves that are told to the server
STEP = 0.08  # of an arrow key, where a side of the map is 2 long

POINTER = """(e) => {
    const box = e.currentTarget;
    if (e.type === 'pointerdown') { box.setPointerCapture(e.pointerId); box.focus(); }
    if (e.type === 'pointermove' && !(e.buttons & 1)) return;
    const r = box.getBoundingClientRect();
    emit((e.clientX - r.left) / r.width * 2 - 1, 1 - (e.clientY - r.top) / r.height * 2);
}"""
KEYS = """(e) => {
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    const way = ways[e.key];
    if (way) { e.preventDefault(); emit(...way); }
}"""

Go = Callable[[float, float], Awaitable[None]]


class Map:
    """A map with a dot on it.

    Args:
        say: the reader's language.
        go: called with a new place in [-1, 1] x [-1, 1].
    """

    def __init__(self, say: Say, go: Go) -> None:
        self.go, self.x, self.y = go, 0.0, 0.0
        with ui.element("div").classes("map").props(
            f'tabindex=0 role=application data-testid=map aria-label="{say("map_keys")}"'
        ) as self.box:  # fmt: skip
            self.ground = ui.element("img").props('alt=""')
            self.dot = ui.element("div").classes("dot")
        self.ground.set_visibility(False)
        for kind in ("pointerdown", "pointermove"):
            self.box.on(kind, self._dragged, js_handler=POINTER, throttle=THROTTLE)
        self.box.on("keydown", self._stepped, js_handler=KEYS)
        self._put(0.0, 0.0)

    def lay(self, picture: str) -> None:
        """Another ground; "" = none."""
        self.ground.set_visibility(bool(picture))
        if picture:
            self.ground.props["src"] = picture
            self.ground.update()

    async def _dragged(self, event: events.GenericEventArguments) -> None:
        await self._move(*_two(event.args))

    async def _stepped(self, event: events.GenericEventArguments) -> None:
        right, up = _two(event.args)
        await self._move(self.x + STEP * right, self.y + STEP * up)

    async def _move(self, x: float, y: float) -> None:
        self._put(min(max(x, -1.0), 1.0), min(max(y, -1.0), 1.0))
        await self.go(self.x, self.y)

    def _put(self, x: float, y: float) -> None:
        self.x, self.y = x, y
        self.dot.style(f"left: {50 * (1 + x):.1f}%; top: {50 * (1 - y):.1f}%")


def _two(args: Any) -> tuple[float, float]:
    first, second = args
    return float(first), float(second)
