"""No match at all: texts as likely as they can be made, which is what others are held against."""

from __future__ import annotations

from collections.abc import Sequence

from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.networks import Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._texts import Gaps, likelihood_loss, require_writer


class Likelihood(Objective):
    """Maximum likelihood of each symbol after those before it.

    L_G = -E log p(x_i | x_1 .. x_(i-1))

    Bengio et al. 2003, "A neural probabilistic language model", section 2. In a share `gaps` of all
    steps the generator sees the text with gaps besides, and the loss is that of what is missing
    (Donahue et al. 2020, "Enabling language models to fill in the blanks"); that takes a generator
    which heeds what is given, such as transformer.
    """

    def __init__(self, *, gaps: Gaps = 0.0) -> None:
        self._gaps = gaps

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """A generator that writes symbols, and sees what is given where gaps are to be filled.

        Raises:
            UserError: the players are others.
        """
        require_writer(networks, self._gaps)

    def phases(self) -> Sequence[Phase]:
        """The generator's turn."""
        return (Phase("generator", self._loss),)

    def _loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        return likelihood_loss(networks, batch, moment, self._gaps)
