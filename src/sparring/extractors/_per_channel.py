"""The look at stacked pictures: one classifier for every channel, and the modes they make."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.spec import Spec
from sparring.extractors import Extractor

MODE = "mode"


class PerChannel(Extractor):
    """Looks at each channel as at a picture of its own; the classes of all channels make a mode.

    The protocol of stacked digits (Lin et al. 2018, "PacGAN", section 4.1): with the verdicts a, b
    and c on three channels a picture is of mode 100 a + 10 b + c. Images [b c h w] in [-1, 1];
    features [b c*d]; one label set "mode" with k^c classes, whose logits are the sums of the
    channels' log-probabilities.

    Args:
        spec: of the stacked images.
        single: the extractor of one channel, with one label set.

    Raises:
        ValueError: the extractor of one channel has not exactly one label set.
    """

    def __init__(self, spec: Spec, single: Extractor) -> None:
        super().__init__(spec)
        if len(single.spec.labels) != 1:
            raise ValueError("stacked pictures need an extractor with exactly one label set")
        colours = spec.shape[0]
        self.single = single
        self.width = colours * single.width
        self._colours = colours

    def features(self, samples: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d"]:
        """The features of all channels, one after the other."""
        return (
            self.single.features(samples.flatten(0, 1).unsqueeze(1))
            .unflatten(0, (len(samples), self._colours))
            .flatten(1)
        )

    def verdicts(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """The log-probability of every mode."""
        each = features.unflatten(1, (self._colours, self.single.width)).unbind(1)
        (name,) = self.single.spec.labels
        joint = torch.zeros(len(features), 1, device=features.device)
        for channel in each:
            logs = self.single.verdicts(channel)[name].log_softmax(1)
            joint = (joint[:, :, None] + logs[:, None, :]).flatten(1)
        return {MODE: joint}
