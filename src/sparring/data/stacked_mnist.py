"""Stacked MNIST."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data.mnist import MNIST

TEST_SHARE = 10  # one test triple for so many of the train part


class StackedMNIST(Dataset):
    """Three random digits as the channels of one picture: 1,000 modes that a generator may miss.

    Metz et al., "Unrolled generative adversarial networks", ICLR 2017; with the fixed 128,000
    triples of Srivastava et al., "VEEGAN", NeurIPS 2017, and Lin et al., "PacGAN", NeurIPS 2018.
    The train part is made of MNIST's train digits, the test part (a tenth as many) of its test
    digits.

    Unconditional. A picture with the digits a, b, c in its channels is of mode 100 a + 10 b + c;
    the usual verdict is how many of the 1,000 modes 26,000 generated pictures reach, as a
    classifier of digits sees each channel, and KL(found || uniform) in nats.

    Args:
        count: triples in the train part, 2,352 bytes of memory each.
        seed: which triples.
    """

    def __init__(
        self,
        *,
        count: Annotated[int, Field(ge=10, le=1_000_000)] = 128_000,
        seed: Annotated[int, Field(ge=0, lt=2**32)] = 0,
    ) -> None:
        self.count = count
        self.seed = seed

    @property
    def spec(self) -> Spec:
        """Three channels, no labels."""
        return Spec("image", (3, 28, 28))

    @property
    def licence(self) -> str:
        """That of the digits."""
        return MNIST().licence

    @property
    def source(self) -> str:
        """Who made the digits."""
        return f"random triples of MNIST: {MNIST().source}"

    @property
    def is_here(self) -> bool:
        """Whether the digits are."""
        return MNIST().is_here

    def split(self, part: Split) -> Samples:
        """Triples drawn with replacement, the same for the same seed on every machine."""
        digits = MNIST().split(part).values
        count = self.count if part == "train" else self.count // TEST_SHARE
        # RandomState, as NumPy has frozen its numbers for good.
        triples = np.random.RandomState(self.seed).randint(0, len(digits), (count, 3))
        stacked = np.empty((count, 3, 28, 28), np.uint8)
        for channel in range(3):
            stacked[:, channel] = digits[triples[:, channel], 0]
        return Samples(stacked)
