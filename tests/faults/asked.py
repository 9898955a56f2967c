"""A real objective during one step of which someone asks the process to stop."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from sparring.core.spec import Batch, Loss, Moment
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives.non_saturating import NonSaturating


class Asked(Objective):
    """SIGTERM comes in the discriminator's turn of step `at`."""

    def __init__(self, *, at: int) -> None:
        self._inner = NonSaturating()
        self._at = at

    def phases(self) -> Sequence[Phase]:
        discriminator, generator = self._inner.phases()

        def loss(networks: Networks, batch: Batch, moment: Moment) -> Loss:
            if moment.step == self._at:
                signal.raise_signal(signal.SIGTERM)
            return discriminator.loss(networks, batch, moment)

        return Phase("discriminator", loss), generator
