"""What verse hears: that a symbol sounds like the one which stands in a certain other place."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.networks._layers import begun, drawn
from sparring.networks._symbols import Symbols

VOICES = 4  # as many things that are heard, as rhyme and the change of tones
APART = 0.3  # how differently voices begin


class Echo(nn.Module):
    """Each place learns which others it takes after: in what is known of symbols, and in symbols.

    A trait that one of those places has becomes likelier, or less likely, and so does its very
    symbol, as rhymes are sought on another one. Weights from place to place are learned as they
    are, whatever stands there (Tay et al. 2021, "Synthesizer", section 3.2); how much is heard of
    traits depends on the text. Attention has to find the place and what to do with it at the same
    time: for rhymes, one symbol of a poem, it takes more than ten times as long.

    wanted_t = sum over voices v of (1 + loudness_v(x_t)) voice_v * sum_i looks_v[t, i] traits_i
    logits_t = wanted_t . traits of each symbol + sum_i again[t, i] onehot_i

    Args:
        width: of features.
        traits: how many there are.
        places: of the longest text.
    """

    def __init__(self, width: int, traits: int, places: int) -> None:
        super().__init__()
        self.looks = nn.Parameter(torch.zeros(VOICES, places, places))
        self.voice = drawn(VOICES, traits, spread=APART, mean=1.0)
        self.loudness = begun(nn.Linear(width, VOICES), spread=0.0)
        self.again = nn.Parameter(torch.zeros(places, places))

    def forward(
        self,
        features: Float[Tensor, "b t d"],
        read: Symbols,
        written: Tensor,
        given: Tensor | None = None,
        place: int = 0,
    ) -> Float[Tensor, "b t v"]:
        """What is to be added to the logits of places from `place` on.

        Args:
            features: of these places.
            read: knows the traits of symbols.
            written: symbols [b i], or weights of all symbols [b i v]; each place hears those before
                it.
            given: all symbols of a text, with holes; each place hears those behind it.
            place: of the first features.
        """
        looks, again = (
            w[..., place : place + features.shape[1], :] for w in (self.looks, self.again)
        )
        before = slice(written.shape[1])
        heard = _heard(looks[..., before].tril(place - 1), read.known(written))
        same = read.marked(again[:, before].tril(place - 1), written)
        if given is not None:
            behind = slice(given.shape[1])
            heard = heard + _heard(looks[..., behind].triu(place + 1), read.known(given))
            same = same + read.marked(again[:, behind].triu(place + 1), given)
        wanted = ((1 + self.loudness(features))[..., None] * self.voice * heard).sum(2)
        return same + F.linear(wanted, read.has[: read.symbols])


def _heard(
    looks: Float[Tensor, "h t i"], known: Float[Tensor, "b i k"]
) -> Float[Tensor, "b t h k"]:
    return torch.einsum("hti,bik->bthk", looks, known)
