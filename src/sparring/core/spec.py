"""The nouns that all rooms share: what data look like, what is asked of a sample, and when.

Legend of the shape letters used in every annotation:

    b batch   c channels   h height   w width   t time, tokens or samples of sound   n how many
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams

MOST_TRAITS = 62  # bits that fit into a whole number of a tensor


@dataclass(frozen=True)
class Spec:
    """All that a network may know about the data.

    Attributes:
        modality: "image", "audio", "text", "music" or "points".
        shape: one sample without its batch: (c, h, w), (t,), (t, symbols) or (2,).
        symbols: size of the vocabulary; None where values are continuous in [-1, 1].
        labels: named label sets, each with the names of its classes in order.
        rate: samples a second (Hz) where there is time; None elsewhere.
        given: shape of what each sample is made from beside latents and labels, such as the
            (bins, frames) of its mel spectrogram; () where it is made from nothing else.
        tokeniser: what symbols stand for, as the modality writes it down; "" where they stand for
            nothing but themselves.
        traits: what is known of every symbol, a bit for each trait that it has, such as a rhyme;
            () where nothing is.
    """

    modality: str
    shape: tuple[int, ...]
    symbols: int | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rate: int | None = None
    given: tuple[int, ...] = ()
    tokeniser: str = ""
    traits: tuple[int, ...] = ()

    def to_json(self) -> dict[str, object]:
        """A plain dictionary that `from_json` turns back into an equal Spec.

        With a tokeniser goes its SHA-256: another one of the same size would fit the weights
        beside it just as well, and make nonsense of all that they write.
        """
        sealed = {"tokeniser_sha256": _sha256(self.tokeniser)} if self.tokeniser else {}
        return {
            "modality": self.modality,
            "shape": list(self.shape),
            "symbols": self.symbols,
            "labels": {name: list(classes) for name, classes in self.labels.items()},
            "rate": self.rate,
            "given": list(self.given),
            "tokeniser": self.tokeniser,
            **sealed,
            "traits": list(self.traits),
        }

    def shape_as(self, modality: str, axes: str, who: str) -> tuple[int, ...]:
        """The shape, for what serves nothing but continuous samples of one modality.

        Args:
            modality: which one.
            axes: names of its axes, such as "channels, height, width".
            who: asks.

        Raises:
            ValueError: the samples are others.
        """
        fits = len(self.shape) == axes.count(",") + 1 and self.symbols is None
        self._require(modality, axes, who, fits=fits)
        return self.shape

    def symbols_of(self, modality: str, who: str) -> tuple[int, int]:
        """Length and size of the vocabulary, for what serves nothing but rows of symbols.

        Args:
            modality: whose.
            who: asks.

        Raises:
            ValueError: the samples are others.
        """
        self._require(modality, "symbols", who, fits=len(self.shape) == 1 and bool(self.symbols))
        assert self.symbols is not None, "it fits"
        return self.shape[0], self.symbols

    def _require(self, modality: str, axes: str, who: str, *, fits: bool) -> None:
        of_this_kind = self.modality == modality
        if of_this_kind and fits:
            return
        # What is timed can be seen in several forms, and data sets let one choose.
        other_form = ", or another data.form" * (of_this_kind and bool(self.rate))
        raise ValueError(
            f"{who} is made for {modality} of shape ({axes}), not for {self.modality} of shape "
            f"{self.shape}; choose one that is made for those{other_form}"
        )

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> Spec:
        """The Spec that `to_json` wrote; older ones have no hash of their tokeniser.

        Raises:
            BadData: its tokeniser is not the one that was stored with it.
            KeyError: it is nothing that `to_json` wrote.
            TypeError: likewise.
        """
        shape, labels = stored["shape"], stored["labels"]
        given, traits = stored.get("given", []), stored.get("traits", [])  # older files have none
        if not (isinstance(shape, list) and isinstance(given, list) and isinstance(traits, list)):
            raise TypeError("a stored Spec has lists as shapes and traits")
        if not isinstance(labels, dict):
            raise TypeError("a stored Spec has a table as labels")
        if traits and not (len(traits) == stored["symbols"] and all(map(_are_bits, traits))):
            raise TypeError("a stored Spec has the traits of every symbol as bits, or none")
        symbols, rate = stored["symbols"], stored["rate"]
        tokeniser = str(stored.get("tokeniser", ""))
        _require_sealed(tokeniser, stored.get("tokeniser_sha256"))
        return Spec(
            modality=str(stored["modality"]),
            shape=tuple(int(n) for n in shape),
            symbols=int(symbols) if isinstance(symbols, int) else None,
            labels={str(k): tuple(str(c) for c in v) for k, v in labels.items()},
            rate=int(rate) if isinstance(rate, int) else None,
            given=tuple(int(n) for n in given),
            tokeniser=tokeniser,
            traits=tuple(int(bits) for bits in traits),
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _require_sealed(tokeniser: str, expected: object) -> None:
    found = _sha256(tokeniser)
    if expected not in (None, found):
        raise BadData(
            f"the tokeniser in it is not the one that was stored with it (SHA-256 {found[:12]} "
            f"instead of {str(expected)[:12]}); take the file from its source again."
        )


def _are_bits(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << MOST_TRAITS


@dataclass(frozen=True)
class Condition:
    """What a sample must agree with; empty where nothing is asked.

    Attributes:
        labels: for each label set of the Spec, the index of each sample's class.
        prompt: words, one row of token numbers a sample; None where there are none.
        given: a part or a damaged version to complete, one a sample in the shape that the Spec
            says; None where there is none.
    """

    labels: Mapping[str, Int[Tensor, " b"]] = field(default_factory=dict)
    prompt: Int[Tensor, "b t"] | None = None
    given: Tensor | None = None

    def map(self, change: Callable[[Tensor], Tensor]) -> Condition:
        """The same condition with `change` applied to every tensor in it."""
        return Condition(
            labels={name: change(index) for name, index in self.labels.items()},
            prompt=None if self.prompt is None else change(self.prompt),
            given=None if self.given is None else change(self.given),
        )

    def to(self, device: torch.device) -> Condition:
        """The same condition on another device."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=True))


@dataclass(frozen=True)
class Batch:
    """Real samples and the condition that each of them fulfils."""

    real: Tensor
    condition: Condition

    def __len__(self) -> int:
        return self.real.shape[0]

    def pieces(self, count: int) -> list[Batch]:
        """The batch cut into `count` equal micro-batches, in order.

        Raises AssertionError where the batch cannot be cut evenly (the recipe is checked before).
        """
        assert len(self) % count == 0, f"{len(self)} samples do not make {count} equal pieces"
        size = len(self) // count
        return [
            Batch(
                self.real[i * size : (i + 1) * size],
                self.condition.map(lambda tensor, i=i: tensor[i * size : (i + 1) * size]),
            )
            for i in range(count)
        ]


def in_full(samples: Tensor) -> Tensor:
    """In full precision where they are continuous; symbols as they are."""
    return samples.float() if samples.is_floating_point() else samples


def unchanged(samples: Tensor) -> Tensor:
    """The augmentation that leaves samples as they are."""
    return samples


@dataclass(frozen=True)
class Moment:
    """Where in a training we are, and the randomness that belongs to it.

    Attributes:
        samples: real samples shown so far.
        progress: the same as a share of the whole training, in [0, 1].
        step: optimisation steps made so far.
        rng: the named random streams of the run.
        augment: what real and generated samples pass through on their way to a discriminator.
    """

    samples: int
    progress: float
    step: int
    rng: Streams
    augment: Callable[[Tensor], Tensor] = unchanged

    def latents(self, count: int, size: int, device: torch.device) -> Float[Tensor, "b latent"]:
        """Fresh standard normal latents, one row a sample, from the "latents" stream."""
        return self.rng.normal("latents", (count, size)).to(device, non_blocking=True)


@dataclass(frozen=True)
class Loss:
    """One player's loss and what is worth writing down about it.

    Attributes:
        total: the scalar to descend.
        logs: scalars without gradient, by name. By custom `d_real` and `d_fake` are the
            discriminator's mean probabilities of "real" and `certainty` is the mean sign of its
            verdicts on real samples, in [-1, 1] (the signal of adaptive augmentation).
    """

    total: Float[Tensor, ""]
    logs: Mapping[str, Tensor] = field(default_factory=dict)
