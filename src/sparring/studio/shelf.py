"""What was made in the studio, kept on disk: one file a sample, and what was asked beside it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import BadData, UserError
from sparring.generation.sampler import Generated
from sparring.studio.making import Asked

NAME = re.compile(r"[0-9]{17}-[0-9]{3}")


@dataclass(frozen=True)
class Piece:
    """One thing that was made.

    Attributes:
        name: under which it is kept; later ones come later in order.
        file: the labelled file, beside this piece's facts.
        picture: a picture of it where the file itself is none; "" else.
        text: what one reads in it; "" where it must be seen or heard.
        model: what made it, as it was called.
        model_hash: of its weights.
        seed: of the sample.
        labels: its class in every label set.
        asked: the wish that made it, and others with it.
        made: when, in UTC.
    """

    name: str
    file: str
    picture: str
    text: str
    model: str
    model_hash: str
    seed: int
    labels: Mapping[str, str]
    asked: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""

    @property
    def heard(self) -> bool:
        """Whether it must be played."""
        return bool(self.picture) and not self.text

    def again(self) -> Asked:
        """The wish that makes this one alone."""
        alone = {**self.asked, "labels": dict(self.labels), "count": 1, "seed": self.seed}
        return Asked.from_json(alone)


class Shelf:
    """A folder of pieces.

    Args:
        folder: made where missing.

    Raises:
        UserError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with files.writing(folder, 0):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, made: Generated, model: str, asked: Asked) -> list[Piece]:
        """Keep everything that was made, in order.

        Raises:
            OutOfResources: the disk is full.
        """
        now = time.time()
        moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(now)) + f"{int(now * 1000) % 1000:03}"
        kept = []
        texts = made.modality.texts(made.samples)
        heard = bool(made.modality.clips(made.modality.to_raw(made.samples[:1])))
        for number, (seed, labels) in enumerate(zip(made.seeds, made.labels, strict=True)):
            name = f"{moment}-{number:03}"
            picture = ""
            if heard:
                picture = f"{name}.preview.png"
                sheet = made.modality.preview(made.samples[number : number + 1])
                files.atomic_write(self.folder / picture, sheet)
            piece = Piece(
                name, f"{name}{made.modality.suffix}", picture,
                texts[number] if texts else "", model,
                str(made.origin["model_hash"]), seed, dict(labels), asked.to_json(),
                time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now)),
            )  # fmt: skip
            files.atomic_write(self.folder / piece.file, made.encoded(number))
            facts = json.dumps(asdict(piece), ensure_ascii=False, indent=1)
            files.atomic_write(self.folder / f"{name}.json", facts.encode())
            kept.append(piece)
        return kept

    def newest(self, count: int, skip: int = 0) -> list[Piece]:
        """The newest pieces, newest first; damaged ones are left aside."""
        names = sorted((p.stem for p in self.folder.glob("*.json")), reverse=True)
        found = []
        for name in names[skip : skip + count]:
            try:
                found.append(self.piece(name))
            except BadData:
                continue
        return found

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob("*.json"))

    def piece(self, name: str) -> Piece:
        """The one of this name.

        Raises:
            BadData: it is not there, or its facts are damaged.
        """
        try:
            stored = json.loads((self.folder / f"{self._checked(name)}.json").read_bytes())
            return Piece(**stored)
        except (OSError, ValueError, TypeError) as error:
            raise BadData(f"There is no {name} on the shelf: {error}.") from error

    def path(self, piece: Piece) -> Path:
        """Where its file lies."""
        return self.folder / piece.file

    def remove(self, piece: Piece) -> None:
        """Throw one away."""
        for name in (piece.file, piece.picture, f"{piece.name}.json"):
            if name:
                (self.folder / name).unlink(missing_ok=True)

    def _checked(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise UserError(f"{name!r} is not the name of something on the shelf.")
        return name
