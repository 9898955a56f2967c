"""Which texts that a model is tested with stand among those that it learns from too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sparring.data._near_texts import first_alike

TEST_SHARE = 0.1  # of the texts that a training holds out by itself
LEAKED = 0.01  # share of a part held out at random from which on its copies are a problem
ALIKE = 0.05  # of near copies, which texts of one kind have anyway
PAIRS = 100  # that are named


@dataclass(frozen=True)
class Side:
    """One of two parts, as numbers that tell its texts.

    Attributes:
        exact: of each text, from all its characters.
        folded: of each text, the same without blanks and case.
        signatures: of the texts among which near copies are looked for (see `NearTexts`).
        rows: which of `folded` each signature is of.
        name: what the text at a place is called.
    """

    exact: npt.NDArray[np.uint64]
    folded: npt.NDArray[np.int64]
    signatures: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int64]
    name: Callable[[int], str]

    def first(self, chosen: npt.NDArray[np.bool_]) -> str:
        """The name of the first text of those that are chosen."""
        return self.name(int(np.argmax(chosen)))


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What two parts have in common.

    Attributes:
        part: what the part that is tested with is called.
        test: how many texts it has that were compared.
        train: how many the other one has.
        repeated: texts of it that stand in the other one exactly.
        nearly_repeated: further ones that do but for blanks and case.
        almost_same: further different ones that are near copies of one there.
        compared: for how many different ones near copies were looked for.
        unusable: lines of it that could not be read.
        pairs: names of the first 100 of all these, each with that of its like in the other part.
    """

    part: str
    test: int
    train: int
    repeated: int
    nearly_repeated: int
    almost_same: int
    compared: int
    unusable: int
    pairs: Sequence[Sequence[str]]

    def line(self) -> str:
        """All of it in a line."""
        return (
            f"{self.part}: {self.test:,} texts beside {self.train:,} others; in both: "
            f"{self.repeated:,} exactly, {self.nearly_repeated:,} but for blanks and case; almost "
            f"the same: {self.almost_same:,} of {self.compared:,} compared"
        )

    def problems(self, leaked: float) -> list[str]:
        """What flatters a model, where it is more than this share of the part."""
        found: list[str] = []
        both = self.repeated + self.nearly_repeated
        if both > leaked * self.test:
            found.append(
                f"Texts of the {self.part} that stand among those to train on too, but for blanks "
                f"and case at most: {both:,} of {self.test:,} ({both / self.test:.1%}); take them "
                "out of one of the two, as they flatter a model that learns by heart."
            )
        if self.almost_same > ALIKE * self.compared:
            share = self.almost_same / self.compared
            found.append(
                f"Texts of the {self.part} that are almost the same as some to train on: "
                f"{self.almost_same:,} of {self.compared:,} ({share:.1%}); they flatter a model "
                "that learns by heart."
            )
        if self.unusable:
            found.append(
                f"Lines of the {self.part} that cannot be used, and were not compared: "
                f"{self.unusable:,}."
            )
        return found


def overlap(part: str, train: Side, test: Side, *, unusable: int = 0) -> Overlap:
    """What a part that is tested with has in common with the one that is learned from."""
    repeated = np.isin(test.exact, train.exact)
    nearly = np.isin(test.folded, train.folded) & ~repeated
    others = np.flatnonzero(~np.isin(test.rows, train.folded))
    near = first_alike(train.signatures, test.signatures[others])
    pairs = [
        [test.name(int(at)), train.first(train.exact == test.exact[at])]
        for at in np.flatnonzero(repeated)[:PAIRS]
    ]
    pairs += [
        [test.name(int(at)), train.first(train.folded == test.folded[at])]
        for at in np.flatnonzero(nearly)[: PAIRS - len(pairs)]
    ]
    pairs += [
        [
            test.first(test.folded == test.rows[others[asked]]),
            train.first(train.folded == train.rows[known]),
        ]
        for asked, known in list(near.items())[: PAIRS - len(pairs)]
    ]
    return Overlap(
        part=part,
        test=len(test.exact),
        train=len(train.exact),
        repeated=int(repeated.sum()),
        nearly_repeated=int(nearly.sum()),
        almost_same=len(near),
        compared=len(others),
        unusable=unusable,
        pairs=pairs,
    )
