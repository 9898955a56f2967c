"""Between the world's files and tensors: one file for each kind of content.

To add a modality write `modalities/<name>.py` with one final subclass of `Modality`. It then
serves every recipe, preview, generated file and report; no other room asks which modality it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy.typing as npt
from torch import Tensor

from sparring.core.errors import UserError, nearest
from sparring.core.spec import Spec

PAGE = "sheet.html"
"""A page beside generated samples that must be heard or read."""
SHEET = "sheet.png"
"""The preview that lies beside generated samples, and is none of them."""
MOST_IN_A_ROW = 100_000
"""Samples in one file, where none of them takes long: as many as are ever made in one call."""


class Elsewhere(NamedTuple):
    """What samples are to people who have a model and no Sparring.

    Attributes:
        meaning: what the numbers of one sample are, with ranges and units; sentences.
        imports: lines of Python for `lines`.
        lines: Python that writes or shows `samples`, an array of numpy, labelled as AI-generated.
        files: content by name that `lines` read, beside `example.py`, which they stand in.
    """

    meaning: str
    imports: tuple[str, ...]
    lines: tuple[str, ...]
    files: Mapping[str, bytes] = MappingProxyType({})


class Survey(NamedTuple):
    """What is seen in many samples together.

    Attributes:
        facts: one in a line.
        problems: what to mend or to know before a generator learns them, in plain sentences.
    """

    facts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Modality(ABC):
    """How one kind of content is read, written and shown.

    "Raw" is the compact integer form in which a data set lies in memory (uint8 pixels, int16
    waves); "samples" are what networks see, in the Spec's shape (floats in [-1, 1], or symbols).
    """

    suffix: ClassVar[str]
    """Ending of the files that `encode` makes by itself, with its dot."""
    media_type: ClassVar[str]
    """MIME type of those files."""
    forms: ClassVar[Mapping[str, str]]
    """MIME types by the name of each form in which `encode` can make a file, its own first."""
    looks: ClassVar[tuple[str, str]]
    """Architectures of the extractors that judge it; the second one, unlike the first, confirms."""
    pupil: ClassVar[Mapping[str, Any]]
    """A smaller one, as a table, that learns from generated samples to see what they teach."""
    changes: ClassVar[Mapping[str, Any]]
    """The augmentation, as a recipe's table, under which such extractors learn by labels."""
    views: ClassVar[Mapping[str, Any]]
    """The stronger one under which they learn where there are no labels."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @property
    def most_in_a_row(self) -> int:
        """How many samples may follow each other in one file."""
        return MOST_IN_A_ROW

    @abstractmethod
    def to_samples(self, raw: Tensor) -> Tensor:
        """What the networks see, from a batch of raw data, on the same device."""

    @abstractmethod
    def to_raw(self, samples: Tensor) -> Tensor:
        """Raw data again, clipped and rounded; the inverse of `to_samples`."""

    def given(self, samples: Tensor) -> Tensor:
        """What a generator is given to make each of these samples from, as the Spec says.

        Raises:
            ValueError: this modality gives nothing.
        """
        raise ValueError(
            f"{self.spec.modality} has nothing of shape {self.spec.given} to make samples from"
        )

    @abstractmethod
    def read(self, path: Path) -> Tensor:
        """One raw sample from a file. Raises BadData where the file does not fit the Spec."""

    @abstractmethod
    def claims(self, path: Path) -> bool:
        """Whether a file is of this kind by its content or at least by its name.

        Raises BadData where it cannot be opened.
        """

    @abstractmethod
    def read_as_is(self, path: Path) -> Tensor:
        """As `read`, and raises BadData too where `read` would lose something of the sample."""

    @abstractmethod
    def encode(self, sample: Tensor, *, form: str = "", visible: bool = False) -> bytes:
        """The file of one sample, which says nothing of itself yet.

        Args:
            sample: in the Spec's shape.
            form: one of `forms`; "" is the modality's own.
            visible: whether people shall see or hear in it that it is AI-generated.

        Raises:
            UserError: there is no such form.
        """

    @abstractmethod
    def encode_row(self, samples: Tensor, *, form: str = "", visible: bool = False) -> bytes:
        """As `encode`: one file in which the samples follow each other, in time or side by side."""

    def form(self, asked: str) -> str:
        """The name of a form of files, which for "" is the modality's own.

        Raises:
            UserError: there is no such form.
        """
        if asked and asked not in self.forms:
            raise UserError(
                f"{self.spec.modality} cannot be written as {asked!r}. {nearest(asked, self.forms)}"
            )
        return asked or next(iter(self.forms))

    def texts(self, samples: Tensor) -> list[str]:
        """What people read in each sample; none where samples must be seen or heard."""
        return []

    @abstractmethod
    def preview(
        self,
        samples: Tensor,
        captions: Sequence[str] = (),
        columns: int = 0,
        *,
        visible: bool = False,
    ) -> bytes:
        """A PNG that shows a batch at a glance, row by row; 0 columns = as square as possible."""

    @abstractmethod
    def animate(self, samples: Tensor, *, visible: bool = False) -> tuple[str, bytes]:
        """The ending, with its dot, and the content of one file that moves through the samples."""

    def survey(self, raw: npt.NDArray[Any]) -> Survey:
        """What only this kind of content shows in many raw samples; nothing by default.

        Args:
            raw: as they lie in memory or on disk, so that whoever needs none of them reads none.
        """
        return Survey()

    def clips(self, raw: Tensor) -> list[bytes]:
        """A file for each raw sample that must be played; none where a picture shows it all."""
        return []

    def documents(
        self,
        samples: Tensor,
        captions: Sequence[str],
        facts: Sequence[Mapping[str, Any]],
        file: Callable[[int], bytes],
    ) -> Mapping[str, bytes]:
        """Files by name in which the samples can be heard or read; none where a picture does.

        Args:
            samples: at least one.
            captions: words for people, one each; fewer leave the rest bare.
            facts: what is known of each sample, for machines; or none at all.
            file: the whole labelled file of the sample of a number, for pages that hold some.
        """
        return {}

    def elsewhere(self) -> Elsewhere:
        """What samples mean, and what one does with them where there is no Sparring."""
        return Elsewhere(
            f"Samples of {self.spec.modality}.", (), ('np.save("ai-generated.npy", samples)',)
        )
