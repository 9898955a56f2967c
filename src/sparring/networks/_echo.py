"""What verse hears: that a symbol sounds like the one which stands in a certain other place."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sparring.networks._layers import begun

VOICES = 4  # as many things that are heard, as rhyme and the change of tones
APART = 0.3  # how differently voices begin


class Echo(nn.Module):
    """Each place learns which others it takes after, in the rows that symbols are read by.

    A symbol that shares traits with what stands in one of those places becomes likelier, or less
    likely. Weights from place to place are learned as they are, whatever stands there (Tay et al.
    2021, "Synthesizer", section 3.2); how much is heard of them depends on the text. Attention has
    to find the place and what to do with it at the same time: for rhymes, one symbol of a poem, it
    takes more than ten times as long.

    near_t = sum over voices v of (1 + loudness_v(x_t)) voice_v * sum over i of looks_v[t, i] row_i

    Args:
        width: of features.
        meaning: length of symbols' rows.
        places: of the longest text.
    """

    def __init__(self, width: int, meaning: int, places: int) -> None:
        super().__init__()
        # After 0 symbols stands the beginning.
        self.looks = nn.Parameter(torch.zeros(VOICES, places, places + 1))
        self.voice = nn.Parameter(1.0 + APART * torch.randn(VOICES, meaning))
        self.loudness = begun(nn.Linear(width, VOICES), spread=0.0)

    def forward(
        self,
        features: Float[Tensor, "b t d"],
        written: Float[Tensor, "b i c"],
        given: Float[Tensor, "b j c"] | None = None,
        place: int = 0,
    ) -> Float[Tensor, "b t c"]:
        """What places from `place` on take after.

        Args:
            features: of these places.
            written: rows of the beginning and of symbols from the first on; heard by places behind.
            given: rows of all symbols; heard by places up to them.
            place: of the first features.
        """
        looks = self.looks[:, place : place + features.shape[1]]
        behind = looks[:, :, : written.shape[1]].tril(place)
        heard = torch.einsum("hti,bic->bthc", behind, written)
        if given is not None:
            ahead = looks[:, :, 1 : given.shape[1] + 1].triu(place)
            heard = heard + torch.einsum("htj,bjc->bthc", ahead, given)
        return ((1 + self.loudness(features))[..., None] * self.voice * heard).sum(2)
