"""What was made in the studio, kept on disk: one file a sample, and what was asked beside it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sparring.core import files
from sparring.core.errors import BadData, UserError
from sparring.generation.generated import Generated
from sparring.provenance.labelling import BESIDE, marked
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


class Pieces:
    """A folder of pieces.

    Args:
        folder: made where missing.

    Raises:
        UserError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock, self._last = threading.Lock(), 0.0
        with files.writing(folder, 0):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, made: Sequence[tuple[Generated, Asked]], model: str) -> list[Piece]:
        """Keep everything that was made, in order.

        Args:
            made: samples with the wishes that make them.
            model: what made them, as it is called.

        Raises:
            OutOfResources: the disk is full.
        """
        kept: list[Piece] = []
        with self._lock:
            now = max(time.time(), self._last + 0.001)
            self._last = now
        stem = time.strftime("%Y%m%d%H%M%S", time.gmtime(now)) + f"{int(now * 1000) % 1000:03}"
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now))
        for some, asked in made:
            texts = some.modality.texts(some.samples)
            heard = bool(some.modality.clips(some.modality.to_raw(some.samples[:1])))
            for number, (seed, labels) in enumerate(zip(some.seeds, some.labels, strict=True)):
                name = f"{stem}-{len(kept):03}"
                picture = f"{name}.preview.png" if heard else ""
                piece = Piece(
                    name, f"{name}{some.modality.suffix}", picture,
                    texts[number] if texts else "", model, some.origin.model, seed, dict(labels),
                    asked.to_json(), moment,
                )  # fmt: skip
                if heard:
                    sheet = some.modality.preview(some.samples[number : number + 1])
                    files.atomic_write(self.folder / picture, marked(sheet, picture))
                some.write({self.folder / piece.file: some.one(number)})
                facts = json.dumps(asdict(piece), ensure_ascii=False, indent=1)
                files.atomic_write(self.folder / f"{name}.json", facts.encode())
                kept.append(piece)
        return kept

    def newest(self, count: int, skip: int = 0) -> list[Piece]:
        """The newest pieces, newest first; damaged ones are left aside."""
        names = sorted((p.stem for p in self.folder.glob("*[0-9].json")), reverse=True)
        found = []
        for name in names[skip : skip + count]:
            try:
                found.append(self.piece(name))
            except BadData:
                continue
        return found

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob("*[0-9].json"))

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

    def beside(self, piece: Piece) -> Path | None:
        """Where its label lies, if that is a file beside its own."""
        path = self.folder / f"{piece.file}{BESIDE}"
        return path if path.is_file() else None

    def remove(self, piece: Piece) -> None:
        """Throw one away."""
        beside = f"{piece.file}{BESIDE}"
        for name in (piece.file, beside, piece.picture, f"{piece.name}.json"):
            if name:
                (self.folder / name).unlink(missing_ok=True)

    def _checked(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise UserError(f"{name!r} is not the name of something on the shelf.")
        return name
