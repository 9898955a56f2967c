"""A look at data for a page: problems first, then what there is, by folder or by name."""

from __future__ import annotations

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from sparring.core import components
from sparring.core.errors import BadData
from sparring.data import Dataset, Samples
from sparring.data._inspect import inspect
from sparring.data._listing import listed
from sparring.data._report import UNEVEN
from sparring.generation.model_file import modality_of
from sparring.modalities import Modality, _decode

SHOWN = 64  # examples on a contact sheet
GROUPS = 12  # of copies that are shown
SIDE = 96  # pixels of each picture among copies
HASHED = 100_000  # examples in which equal ones are looked for


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        title: what was looked at.
        count: usable examples.
        problems: what to mend or to know, in sentences.
        facts: more in lines.
        balance: how many there are of each class, by label set.
        sheet: a PNG with some of them; b"" where there is none.
        texts: some of them, where they are read.
        copies: what is equal or nearly so: its name, and pictures of it where there are any.
    """

    title: str
    count: int
    problems: Sequence[str] = ()
    facts: Sequence[str] = ()
    balance: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sheet: bytes = b""
    texts: Sequence[str] = ()
    copies: Sequence[tuple[str, Sequence[bytes]]] = ()


def look_at_place(path: Path) -> Look:
    """A folder, a zip or a file of texts.

    Raises:
        BadData: there is nothing like that, or it is damaged or dangerous.
    """
    report = inspect(path)
    groups = [*report.copies, *report.near_copies][:GROUPS]
    facts = [line for line in report.text().splitlines() if not line.startswith(("  ", "problems"))]
    return Look(
        title=str(path),
        count=report.count,
        problems=report.problems,
        facts=facts,
        balance={"class": report.classes} if report.classes else {},
        sheet=report.contact_sheet,
        copies=_pictured(path, groups),
    )


def _pictured(path: Path, groups: Sequence[Sequence[str]]) -> list[tuple[str, list[bytes]]]:
    """Groups of files with small pictures of those that are pictures."""
    wanted = {name for group in groups for name in group}
    thumbs: dict[str, bytes] = {}
    if path.is_dir() or path.suffix == ".zip":
        with listed(path) as listing:
            for entry in listing.entries:
                if entry.name in wanted:
                    try:
                        picture = _decode.decode(entry.read()).picture.convert("RGB")
                    except BadData:
                        continue  # a recording or a text
                    picture.thumbnail((SIDE, SIDE))
                    content = io.BytesIO()
                    picture.save(content, "PNG")
                    thumbs[entry.name] = content.getvalue()
    return [(" = ".join(g), [thumbs[name] for name in g if name in thumbs]) for g in groups]


def look_at_set(name: str) -> Look:
    """A data set by its name, if it is on this machine.

    Raises:
        BadData: it is not.
    """
    dataset: Dataset = components.build(components.DATASET, {"name": name}, where="data")
    if not dataset.is_here:
        raise BadData(f"{name} is not on this machine; fetch it: sparring data get {name}")
    train, test = dataset.split("train"), dataset.split("test")
    modality = modality_of(dataset.spec)
    classes = {
        label: dict(zip(names, np.bincount(train.labels[label], minlength=len(names)).tolist(),
                        strict=True))
        for label, names in dataset.spec.labels.items()
    }  # fmt: skip
    some = np.linspace(0, len(train) - 1, min(SHOWN, len(train)), dtype=int)
    samples = modality.to_samples(torch.from_numpy(np.ascontiguousarray(train.values[some])))
    captions = [
        " ".join(names[train.labels[label][i]] for label, names in dataset.spec.labels.items())
        for i in some
    ]
    texts = modality.texts(samples)
    copies = _equal(train, modality)
    survey = modality.survey(train.values)
    return Look(
        title=name,
        count=len(train),
        problems=[
            *_problems(classes, sum(len(group) - 1 for group in copies[0])),
            *survey.problems,
        ],
        facts=[
            f"train: {len(train):,}", f"test: {len(test):,}", f"shape: {dataset.spec.shape}",
            f"licence: {dataset.licence}", f"source: {dataset.source}", *survey.facts,
        ],
        balance=classes,
        sheet=b"" if texts else modality.preview(samples, captions if any(captions) else ()),
        texts=texts[:GROUPS],
        copies=copies[1],
    )  # fmt: skip


def _equal(
    train: Samples, modality: Modality
) -> tuple[list[list[int]], list[tuple[str, list[bytes]]]]:
    """Groups of equal examples, and some of them to be seen."""
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    for number in range(min(len(train), HASHED)):
        row = np.ascontiguousarray(train.values[number])
        places[hashlib.blake2b(row.tobytes(), digest_size=16).digest()].append(number)
    groups = [group for group in places.values() if len(group) > 1]
    shown = []
    for group in groups[:GROUPS]:
        raw = torch.from_numpy(np.ascontiguousarray(train.values[group[:4]]))
        samples = modality.to_samples(raw)
        texts = modality.texts(samples)
        words = " = ".join(f"#{number}" for number in group[:4])
        pictures = [] if texts else [modality.preview(samples)]
        shown.append((f"{words}  {texts[0] if texts else ''}", pictures))
    return groups, shown


def _problems(classes: Mapping[str, Mapping[str, int]], copies: int) -> list[str]:
    found = []
    for label, counts in classes.items():
        absent = [name for name, count in counts.items() if not count]
        if absent:
            found.append(f"There are no examples of {label} {', '.join(absent)}.")
        present = Counter({name: count for name, count in counts.items() if count})
        if present and max(present.values()) > UNEVEN * min(present.values()):
            (most, many), (least, few) = present.most_common()[0], present.most_common()[-1]
            found.append(f"{label} is uneven: {many:,} of {most}, but only {few:,} of {least}.")
    if copies:
        found.append(f"Examples that are equal to others: {copies:,}.")
    return found
