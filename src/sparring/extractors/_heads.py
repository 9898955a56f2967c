"""What several extractors share: ends, residual blocks, and what they ask of sounds and texts."""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.spec import Spec
from sparring.modalities._tokens import PAD

DROPPED = 0.3  # share of features hidden from the heads while they learn


class Heads(nn.Module):
    """Logits of every label set; without labels there are none."""

    def __init__(self, width: int, spec: Spec) -> None:
        super().__init__()
        self.drop = nn.Dropout(DROPPED)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, len(classes)) for name, classes in spec.labels.items()}
        )

    def forward(self, features: Float[Tensor, "b d"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """Logits by label set."""
        kept = self.drop(features)
        return {name: head(kept) for name, head in self.heads.items()}


class Lexicon(nn.Module):
    """A vector for every symbol of a text, and which places belong to it; padding is nothing.

    Raises:
        ValueError: the samples are no texts.
    """

    def __init__(self, spec: Spec, dimensions: int) -> None:
        super().__init__()
        _, symbols = spec.symbols_of("text", "this extractor")
        self.vectors = nn.Embedding(symbols, dimensions, padding_idx=PAD)

    def forward(
        self, samples: Int[Tensor, "b t"]
    ) -> tuple[Float[Tensor, "b t d"], Float[Tensor, "b t"]]:
        """The vectors, and 1 for places before the padding, 0 for those in it."""
        numbers = samples.long()
        vectors = self.vectors(numbers)
        return vectors, (numbers != PAD).to(vectors.dtype)


class Residual2d(nn.Module):
    """relu(x + norm(conv(relu(norm(conv(x)))))); nearly the identity at the start."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm, self.second_norm = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        nn.init.zeros_(self.second_norm.weight)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """As many features as there were."""
        hidden = F.relu(self.first_norm(self.first(x)))
        return F.relu(x + self.second_norm(self.second(hidden)))


def shrink2d(inputs: int, outputs: int, size: int) -> list[nn.Module]:
    """A convolution that halves both sides, normalised and rectified."""
    convolution = nn.Conv2d(inputs, outputs, size, stride=2, padding=size // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def mel_shape(spec: Spec, *, least: int) -> tuple[int, int]:
    """Bands and frames of mel spectrograms.

    Raises:
        ValueError: the samples are none, or have too few of either.
    """
    bins, frames = spec.shape_as("audio", "bands, frames", "this extractor")
    if min(bins, frames) < least:
        raise ValueError(f"it needs at least {least} bands and frames, not {bins} and {frames}")
    return bins, frames
