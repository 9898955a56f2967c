"""A real objective whose discriminator loss is not a number at chosen moments."""

from __future__ import annotations

from collections.abc import Sequence

from sparring.core.spec import Batch, Loss, Moment
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives.non_saturating import NonSaturating


class Exploding(Objective):
    """NaN at the first `times` turns from step `at` on, whatever came before."""

    def __init__(self, *, at: int, times: int) -> None:
        self._inner = NonSaturating()
        self._at = at
        self._left = times

    def phases(self) -> Sequence[Phase]:
        discriminator, generator = self._inner.phases()

        def loss(networks: Networks, batch: Batch, moment: Moment) -> Loss:
            good = discriminator.loss(networks, batch, moment)
            if moment.step >= self._at and self._left > 0:
                self._left -= 1
                return Loss(good.total * float("nan"), good.logs)
            return good

        return Phase("discriminator", loss), generator
