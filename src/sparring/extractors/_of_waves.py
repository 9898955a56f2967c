"""The look at waves: at their mel spectrograms, by an extractor that knows these."""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.modalities import _spectral


class OfWaves(Extractor):
    """Turns waves into mel spectrograms and looks at those.

    Waves [b t] in [-1, 1]; features and verdicts are those of the extractor behind.

    Args:
        spec: of the waves.
        single: the extractor of their mel spectrograms.
    """

    def __init__(self, spec: Spec, single: Extractor) -> None:
        super().__init__(spec)
        assert spec.rate is not None, "waves have a rate"
        self.single = single
        self.width = single.width
        self._rate = spec.rate

    @staticmethod
    def serves(spec: Spec, mel: Spec) -> bool:
        """Whether the spectrograms of such waves are what `mel` describes."""
        if spec.rate is None or spec.rate != mel.rate or len(spec.shape) != 1:
            return False
        frames = spec.shape[0] // _spectral.Frames.at(spec.rate).hop
        return len(mel.shape) == 2 and mel.shape[1] == frames

    def features(self, samples: Float[Tensor, "b t"]) -> Float[Tensor, "b d"]:
        """Those of the spectrograms."""
        bins = self.single.spec.shape[0]
        return self.single.features(_spectral.log_mel(samples, self._rate, bins))

    def verdicts(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        return self.single.verdicts(features)
