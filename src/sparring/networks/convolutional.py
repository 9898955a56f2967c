"""A discriminator of texts that looks at phrases around every place."""

from __future__ import annotations

from typing import Annotated

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Condition, Spec
from sparring.networks._language import TokenDiscriminator
from sparring.networks._layers import Heed, LabelCode, label_sets
from sparring.networks._symbols import PLAIN, Dropped, Meaning, Symbols

DILATIONS = (1, 2, 4, 8)  # steps between the symbols that a layer looks at: 31 places in all

Width = Annotated[int, Field(gt=0, description="features of every place")]


class ConvolutionalDiscriminator(TokenDiscriminator):
    """Four residual convolutions with growing gaps, over the places before and after.

    Yu and Koltun 2016, "Multi-scale context aggregation by dilated convolutions", over symbols, as
    text discriminators are since Zhang and LeCun 2015. A place is judged by what stands on both
    sides of it, which suits a choice among whole texts.

    Raises:
        ValueError: no rows of symbols.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        width: Width = 128,
        meaning: Meaning = 64,
        dropout: Dropped = 0.2,
        conditional: Heed = True,
    ) -> None:
        places, symbols = spec.symbols_of("text", "convolutional")
        super().__init__(places)
        code = LabelCode(label_sets(spec, conditional))
        self.read = Symbols(symbols, spec.traits, meaning, code, PLAIN)
        self.start = nn.Linear(meaning, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in DILATIONS)
        self.looks = nn.ModuleList(
            nn.Conv1d(width, width, 3, padding=gap, dilation=gap) for gap in DILATIONS
        )
        self.drop = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)
        self.end = nn.Linear(width, 1)

    def verdicts(self, samples: Tensor, condition: Condition) -> Float[Tensor, "b t"]:
        """One logit for each place."""
        x = self.start(self.drop(self.read(samples, condition)))
        for norm, look in zip(self.norms, self.looks, strict=True):
            seen = look(norm(x).transpose(1, 2)).transpose(1, 2)
            x = x + self.drop(F.gelu(seen))
        return self.end(self.norm(x)).squeeze(2)
