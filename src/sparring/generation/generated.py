"""What a sampler makes: samples that know how to become labelled files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sparring.core import files, mark
from sparring.core.interrupts import held
from sparring.modalities import SHEET, Modality
from sparring.provenance import unlabelled
from sparring.provenance.carriers import RECIPE
from sparring.provenance.facts import Facts, Made, Origin
from sparring.provenance.labelling import BESIDE, Labelled, Labelling, iptc, labelled


@dataclass(frozen=True, repr=False)
class Generated:
    """Samples with what is needed to make each of them again.

    Attributes:
        samples: what the generator made, on the CPU, in [-1, 1].
        seeds: each sample's own seed.
        labels: each sample's class name in every label set.
        modality: how they are shown and written.
        origin: what made them, and in which way.
        labelling: which labels their files get.
        walk: for those on a walk, what walk it is: "between", "steps", "closed" and, where they do
            not begin with it, the "place" of the first; else empty.
    """

    samples: Tensor
    seeds: Sequence[int]
    labels: Sequence[Mapping[str, str]]
    modality: Modality
    origin: Origin
    labelling: Labelling
    walk: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.seeds)

    def __repr__(self) -> str:
        samples = "sample" if len(self) == 1 else "samples"
        shape = tuple(self.samples.shape[1:])
        return f"<{len(self)} {samples} of shape {shape}; `save` writes, `sheet` shows>"

    @property
    def captions(self) -> list[str]:
        """The class names of each sample, joined."""
        return [" ".join(labels.values()) for labels in self.labels]

    def encoded(self, number: int, form: str = "") -> bytes:
        """The whole labelled file of sample `number`, counted from 0.

        Args:
            number: which one.
            form: one of the modality's `forms`; "" is its own.

        Raises:
            UserError: there is no such form, or it cannot be signed.
        """
        return self.one(number, form).content

    def sheet(self) -> bytes:
        """All samples as one PNG with their labels."""
        return self._sheet().content

    def sheets(self) -> dict[str, Labelled]:
        """All files by name that show all samples: the sheet, and pages where there are some."""
        return {SHEET: self._sheet(), **self._documents()}

    def documents(self) -> Mapping[str, bytes]:
        """Files by name in which the samples can be heard or read; none where a picture does."""
        return {name: each.content for name, each in self._documents().items()}

    def row(self, form: str = "") -> Labelled:
        """All samples in one file, in time or side by side."""
        visible = self.labelling.visible
        content = self.modality.encode_row(self.samples, form=form, visible=visible)
        return self._labelled(content, f"row.{self.modality.form(form)}", "row")

    def strip(self) -> Labelled:
        """All samples on one PNG, in one row."""
        columns, visible = len(self), self.labelling.visible
        content = self.modality.preview(self.samples, columns=columns, visible=visible)
        return self._labelled(content, SHEET, "strip")

    def film(self) -> tuple[str, Labelled]:
        """The ending and the content of one file that moves through all samples."""
        suffix, content = self.modality.animate(self.samples, visible=self.labelling.visible)
        return suffix, self._labelled(content, f"walk{suffix}", "walk")

    def save(
        self,
        folder: str | Path,
        form: str = "",
        progress: Callable[[int], object] | None = None,
    ) -> list[Path]:
        """Write one file a sample, named by its seed and labels, and `sheet.png` after them.

        Samples that must be heard or read get a page `sheet.html` besides, and texts get
        `samples.md` and `samples.jsonl`. Files that have no room for a label get it in a file
        beside them, `NAME.aigc.json`.

        Every file says inside that it is AI-generated, and by what it can be made again; where a
        person has turned that off, it is noted in the log of unlabelled files.

        Args:
            folder: made where missing.
            form: of the samples' files, one of the modality's `forms`; "" is its own.
            progress: is told after every sample's file how many are written.

        Raises:
            OutOfResources: the disk is full.
            UserError: the folder cannot be written, there is no such form, or a file cannot be
                signed.
        """
        paths = self.paths(folder, form)
        for number, path in enumerate(paths):
            with held():
                self.write({path: self.one(number, form)})
                if progress is not None:
                    progress(number + 1)
        sheets = {Path(folder) / name: each for name, each in self.sheets().items()}
        return paths + self.write(sheets)

    def paths(self, folder: str | Path, form: str = "") -> list[Path]:
        """Where `save` writes each sample, by its seed and its labels.

        Raises:
            UserError: there is no such form.
        """
        suffix = self.modality.form(form)
        return [
            Path(folder) / ("-".join([f"{seed:06d}", *map(_plain, labels.values())]) + f".{suffix}")
            for seed, labels in zip(self.seeds, self.labels, strict=True)
        ]

    def write(self, contents: Mapping[Path, Labelled]) -> list[Path]:
        """Write files with what belongs beside them; what has no label is noted in the log.

        Raises:
            OutOfResources: the disk is full.
            UserError: a file cannot be written.
        """
        paths = list(contents)
        self.note_unlabelled(paths)
        for path, each in contents.items():
            files.atomic_write(path, each.content)
            if each.beside:
                files.atomic_write(path.with_name(path.name + BESIDE), each.beside)
        return paths

    def note_unlabelled(self, paths: Sequence[Path], sent: int = 0) -> None:
        """Note in the log that files go out without labels, where they do.

        Raises:
            OutOfResources: the disk is full.
            UserError: the log cannot be written.
        """
        if not self.labelling.implicit:
            unlabelled.note(paths, self.origin, self.seeds, sent)

    def one(self, number: int, form: str = "") -> Labelled:
        """As `encoded`, with what belongs beside the file."""
        sample, visible = self.samples[number], self.labelling.visible
        return self.label(self.modality.encode(sample, form=form, visible=visible), form, number)

    def label(self, content: bytes, form: str = "", number: int = 0) -> Labelled:
        """The file of sample `number` with its labels, where it is encoded already."""
        return self._labelled(content, f"sample.{self.modality.form(form)}", "sample", number)

    def _sheet(self) -> Labelled:
        captions = self.captions
        shown = captions if any(captions) else ()
        content = self.modality.preview(self.samples, shown, visible=self.labelling.visible)
        return self._labelled(content, SHEET, "all")

    def _documents(self) -> dict[str, Labelled]:
        told = [
            {"seed": seed, "labels": dict(labels), **self._told(number)}
            for number, (seed, labels) in enumerate(zip(self.seeds, self.labels, strict=True))
        ]
        documents = self.modality.documents(self.samples, self.captions, told, self.encoded)
        return {name: self._labelled(content, name, "all") for name, content in documents.items()}

    def _told(self, number: int) -> dict[str, Any]:
        """What a line of a machine-readable list says of a sample."""
        if not self.labelling.implicit:
            return {}
        facts = self._facts("sample", number)
        return {"Description": mark.NOTICE, **iptc(facts), RECIPE: facts.to_json()}

    def _labelled(self, content: bytes, name: str, made: Made, number: int = -1) -> Labelled:
        return labelled(content, name, self._facts(made, number), self.labelling)

    def _facts(self, made: Made, number: int = -1) -> Facts:
        """What a file says: of one sample, or of all where the number is -1."""
        one = slice(None) if number < 0 else slice(number, number + 1)
        first = self.walk.get("place", 0)
        place = {"place": first + number} if self.walk and number >= 0 else {}
        return Facts(
            self.origin,
            made,
            list(self.seeds)[one],
            list(self.labels)[one],
            self.labelling.producer,
            {**self.walk, **place},
            self.labelling.visible,
        )

    def _repr_png_(self) -> bytes:
        return self.sheet()


def _plain(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)
