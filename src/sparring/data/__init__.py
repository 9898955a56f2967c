"""Real examples: one data set in each file.

To add a data set write `data/<name>.py` with one final subclass of `Dataset`; its constructor's
keyword arguments are what a recipe may set in `[data]`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from sparring.core.spec import Spec

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Samples:
    """A part of a data set as one contiguous array.

    Attributes:
        values: raw samples, first dimension n (uint8 pixels, int16 sound, int32 symbols); may be
            memory-mapped. Their shape may be another than the Spec's: the modality's `to_samples`
            turns them into what networks see, as waves into mel spectrograms.
        labels: for each label set the class index of every sample, int64 of shape (n,).
    """

    values: npt.NDArray[np.generic]
    labels: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def hash(self) -> str:
        """SHA-256 over values and labels, which names the data in manifests."""
        digest = hashlib.sha256(f"{self.values.dtype}{self.values.shape}".encode())
        for start in range(0, len(self.values), 4096):  # memory-mapped arrays stay on disk
            digest.update(np.ascontiguousarray(self.values[start : start + 4096]).tobytes())
        for name in sorted(self.labels):
            digest.update(name.encode() + self.labels[name].tobytes())
        return digest.hexdigest()


@runtime_checkable
class Written(Protocol):
    """What knows its texts as they were written, before they became symbols."""

    def texts(self, part: Split) -> Iterable[str]:
        """The texts of a part, in the order of its samples."""
        ...


class Dataset(ABC):
    """Real examples of one modality with labels, a licence, a source and a stable split."""

    @property
    @abstractmethod
    def spec(self) -> Spec:
        """What networks may know about the samples."""

    @property
    @abstractmethod
    def licence(self) -> str:
        """Under which terms the data may be used, in a few words."""

    @property
    @abstractmethod
    def source(self) -> str:
        """Who made the data and where they come from."""

    @property
    def is_here(self) -> bool:
        """Whether `split` needs no network; `sparring data get NAME` makes it so."""
        return True

    @abstractmethod
    def split(self, part: Split) -> Samples:
        """The "train" or the "test" part, always the same samples in the same order.

        Raises:
            BadData: the files are missing, damaged, or hold nothing usable.
        """
