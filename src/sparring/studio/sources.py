"""Data of one's own: a zip or files that are uploaded, or a place on this machine."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from nicegui import events, ui

from sparring.core.errors import UserError
from sparring.studio.shell import Place, tell

LARGEST = 2 << 30  # bytes of one upload
PLAIN = re.compile(r"[^\w.\- ]")

Found = Callable[[Path], Awaitable[None]]


class Source:
    """Fields for a place, and somewhere to drop files.

    Args:
        place: the page.
        found: called with a file or folder of this machine.
    """

    def __init__(self, place: Place, found: Found) -> None:
        say = place.say
        self.place, self.found = place, found
        ui.label(say("own_data_means")).classes("quiet")
        self.drop = ui.upload(
            label=say("drop_data"), multiple=True, auto_upload=True, max_file_size=LARGEST,
            on_multi_upload=self._uploaded, on_rejected=lambda: tell(say("too_large")),
        ).props("flat bordered data-testid=drop-data").classes("drop")  # fmt: skip
        with ui.element("div").classes("line"):
            self.path = ui.input(say("path_here"), placeholder="~/pictures").props(
                "dense outlined data-testid=path"
            ).style("flex: 1")  # fmt: skip
            ui.button(say("look"), icon="search", on_click=self._typed).props(
                "no-caps outline data-testid=look"
            )

    async def _typed(self) -> None:
        self.place.calm()
        path = Path(str(self.path.value or "").strip()).expanduser()
        try:
            if not self.path.value or not path.exists():
                raise UserError(self.place.say("no_such_place", path=str(path)))
            await self.found(path.absolute())
        except UserError as error:
            self.place.warn(error)

    async def _uploaded(self, event: events.MultiUploadEventArguments) -> None:
        self.place.calm()
        folder = self.place.desk.uploads
        plain = [_plain(each.name) for each in event.files]
        names = numbered(plain)
        renamed = sum(one != other for one, other in zip(plain, names, strict=True))
        if renamed:
            tell(self.place.say("numbered", count=renamed))
        if len(names) == 1:
            target = path = _free(folder / names[0])
        else:
            target = path = _free(folder / "files")
            path.mkdir(parents=True)
        for each, name in zip(event.files, names, strict=True):
            await each.save(target if len(names) == 1 else target / name)
        event.sender.run_method("reset")
        self.path.set_value(str(path))
        try:
            await self.found(path.absolute())
        except UserError as error:
            self.place.warn(error)


def numbered(names: Sequence[str]) -> list[str]:
    """The names in order, with a number in those that came before, whatever their case.

    Files of several folders may have one name, and browsers tell no more than that.
    """
    taken: set[str] = set()
    free: list[str] = []
    for name in names:
        path, number, one = Path(name), 1, name
        while one.casefold() in taken or (number > 1 and one in names):
            number += 1
            one = f"{path.stem}-{number}{path.suffix}"
        taken.add(one.casefold())
        free.append(one)
    return free


def _plain(name: str) -> str:
    """A name that leads nowhere else."""
    return PLAIN.sub("_", Path(name).name).lstrip(".") or "file"


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
