"""The square of a lesson: drawn by people, then coloured by a discriminator and filled with points.

Everything on it is one SVG picture; points are dots of one path each, so that a frame is small.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from nicegui import events, ui
from PIL import Image
from torch import Tensor

from sparring.studio.look import FAKE, REAL
from sparring.studio.map import KEYS, POINTER
from sparring.studio.plane import View
from sparring.studio.showing import data_address
from sparring.studio.words import Say

SIDE = 400  # units of the picture along each side
THROTTLE = 0.02  # seconds between two dabs that are told to the server
STEP = 0.06  # of an arrow key, where a side of the square is 2 long
REACH, LONGEST = 0.14, 0.35  # of an arrow: for a pull of 1, and at most
SHORTEST = 0.012  # an arrow that cannot be seen, and is left out
MOST = 2_000  # dabs of a drawing
PALE = 0.55  # how far the strongest ground is mixed with its colour

SPACE = """(e) => { if (e.key === ' ' || e.key === 'Enter') { e.preventDefault(); emit(); } }"""

Place = tuple[float, float]


class Board:
    """The square, and a pen for it.

    Args:
        say: the reader's language.

    Attributes:
        drawing: whether it is being drawn on.
        dabs: what was drawn, in the square from -1 to 1.
    """

    def __init__(self, say: Say) -> None:
        self.dabs: list[Place] = []
        self.drawing = False
        self._pen: Place = (0.0, 0.0)
        with ui.element("div").classes("map board").props(
            f'tabindex=0 role=application data-testid=board aria-label="{say("board")}"'
        ) as self.box:  # fmt: skip
            self._picture = ui.html("", sanitize=False)
        for kind in ("pointerdown", "pointermove"):
            self.box.on(kind, self._dabbed, js_handler=POINTER, throttle=THROTTLE)
        self.box.on("keydown", self._moved, js_handler=KEYS)
        self.box.on("keydown", self._pressed, js_handler=SPACE)

    def draw(self) -> None:
        """Show the drawing alone, to be gone on with."""
        cursor = f'<path d="{_crosses([self._pen])}" class="pen"/>'
        dots = f'<path d="{_dots(self.dabs)}" class="dab" stroke="{REAL}"/>'
        self._picture.set_content(_svg(dots + cursor))

    def show(self, view: View) -> None:
        """Show what there is to see of a lesson."""
        ground = data_address(_ground(view.surface), "image/png")
        self._picture.set_content(
            _svg(
                f'<image href="{ground}" width="{SIDE}" height="{SIDE}" class="ground"/>'
                f'<path d="{_dots(view.real.tolist())}" class="dot" stroke="{REAL}"/>'
                f'<path d="{_arrows(view)}" class="arrow"/>'
                f'<path d="{_dots(view.made.tolist())}" class="dot" stroke="{FAKE}"/>'
            )
        )

    def wipe(self) -> None:
        """A white sheet."""
        self.dabs.clear()
        self.draw()

    def _dabbed(self, event: events.GenericEventArguments) -> None:
        x, y = event.args
        self._dab((float(x), float(y)))

    def _moved(self, event: events.GenericEventArguments) -> None:
        if self.drawing:
            right, up = event.args
            x, y = self._pen
            self._pen = (_inside(x + STEP * float(right)), _inside(y + STEP * float(up)))
            self.draw()

    def _pressed(self, _event: Any) -> None:
        self._dab(self._pen)

    def _dab(self, place: Place) -> None:
        if not self.drawing or len(self.dabs) >= MOST:
            return
        self._pen = (_inside(place[0]), _inside(place[1]))
        self.dabs.append((round(self._pen[0], 3), round(self._pen[1], 3)))
        self.draw()


def _inside(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _svg(content: str) -> str:
    return (
        f'<svg viewBox="0 0 {SIDE} {SIDE}" xmlns="http://www.w3.org/2000/svg" aria-hidden="true">'
        f"{content}</svg>"
    )


def _at(x: float, y: float) -> tuple[float, float]:
    return (1 + x) / 2 * SIDE, (1 - y) / 2 * SIDE


def _dots(places: Iterable[Sequence[float]]) -> str:
    """Lines without a length, whose round ends are dots."""
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in (_at(*place) for place in places))


def _crosses(places: Iterable[Place]) -> str:
    marks = (_at(*place) for place in places)
    return "".join(f"M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14" for x, y in marks)


def _arrows(view: View) -> str:
    """From each point to where it is pulled, as long as the root of the pull, with a small head."""
    parts = []
    lengths = view.pushes.norm(dim=1, keepdim=True).clamp(min=1e-9)
    ways = view.pushes / lengths
    reaches = (REACH * lengths.sqrt()).clamp(max=LONGEST)
    for (x, y), (right, up), (reach,) in zip(
        view.pushed.tolist(), ways.tolist(), reaches.tolist(), strict=True
    ):
        if reach < SHORTEST:
            continue
        (x0, y0), (x1, y1) = _at(x, y), _at(x + right * reach, y + up * reach)
        head = min(reach * SIDE / 6, 6.0)
        across, along = head * 0.5, head
        left = (x1 - along * right - across * up, y1 + along * up - across * right)
        other = (x1 - along * right + across * up, y1 + along * up + across * right)
        parts.append(
            f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"
            f"M{left[0]:.1f} {left[1]:.1f}L{x1:.1f} {y1:.1f}L{other[0]:.1f} {other[1]:.1f}"
        )
    return "".join(parts)


def _ground(surface: Float[Tensor, "h w"]) -> bytes:
    """A small PNG: from the colour of generated points over nothing to that of real ones."""
    share = (surface - 0.5).abs().mul(2).clamp(0, 1).sqrt().mul(255 * PALE)
    real, fake = (torch.tensor([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (REAL, FAKE))
    colours = torch.where((surface >= 0.5)[..., None], real, fake)
    pixels = torch.cat([colours, share[..., None]], dim=-1).round().to(torch.uint8)
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.numpy()), "RGBA").save(content, "PNG")
    return content.getvalue()
