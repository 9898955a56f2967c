"""Whether generated sounds are copies of training sounds that were only moved in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._require import require
from sparring.metrics.memorisation import halved, near_copies

SHIFT = 8  # frames in both directions; 64 ms of the spectrograms that recipes make
SHORT = 4  # a shift is at most this part of all frames, so that most of a sound is compared
MOST = 1_000  # samples of either kind that are looked up; shares are known well enough then
BLOCK = 2_000  # training samples looked through in one go, at most
BYTES = 100_000_000  # of the values in one block; there are two of them, and a few copies of each


class AlignedCopies(Metric):
    """Share of generated spectrograms that lie near a training one under the best shift in time.

    Near is what memorisation calls so: as near as the nearest 1 % of held-out real samples, which
    therefore score 0.01. It looks at the spectrograms themselves and not at features, so that it
    finds copies that an extractor was taught to overlook, or to tell apart where they only begin
    later. Below 0.01 is not better; such samples are like nothing real.
    """

    title = "Copies moved in time"
    source = (
        "Meehan et al. 2020, A non-parametric test to detect data-copying, section 3, with the "
        "distance of frames that lie over each other"
    )
    better: ClassVar[Mapping[str, Better]] = {"aligned_copies": "real"}
    slow = True
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where samples are spectrograms [n bins frames], all of one size."""
        parts = (evidence.generated.samples, evidence.real.samples, evidence.train.samples)
        sizes = {tuple(part.shape[1:]) for part in parts if part is not None and part.ndim == 3}
        return len(sizes) == 1 and all(part is not None and part.ndim == 3 for part in parts)

    def searched(self, evidence: Evidence) -> int:
        """All training samples."""
        return len(evidence.train)

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`aligned_copies` in [0, 1], with the interval of near copies."""
        require(evidence, self.fewest, train=True)
        if not self.applies(evidence):
            raise BadData("Copies moved in time are looked for in spectrograms of one size alone.")
        fake = _samples(evidence.generated, rng, "aligned.generated")
        real = _samples(evidence.real, rng, "aligned.real")
        train = _samples(evidence.train, rng, "aligned.train", most=len(evidence.train))
        copies = near_copies(aligned_distances(fake, train), aligned_distances(real, train), rng)
        return {"aligned_copies": copies}

    def floor(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """One half of the held-out real samples against the other; a training sample is a copy."""
        return self.measure(halved(evidence, rng), rng)


def aligned_distances(
    ours: Float[Tensor, "n bins f"], theirs: Float[Tensor, "m bins f"]
) -> Float[Tensor, " n"]:
    """Distance of each of `ours` to the nearest of `theirs`, moved by up to `SHIFT` frames.

    It is the root of the mean squared difference of what lies over each other; one product of
    matrices a shift, in float32, so that an exact copy is at about 0.0003 where values are in
    [-1, 1].
    """
    most = block_for(*ours.shape[1:])
    return torch.cat([_least(block, theirs.split(most)) for block in ours.split(most)])


def block_for(bins: int, frames: int) -> int:
    """How many samples of that size are compared in one go, however long they are."""
    return min(BLOCK, max(BYTES // (4 * bins * frames), 1))


def _least(
    ours: Float[Tensor, "n bins f"], theirs: Sequence[Float[Tensor, "_ bins f"]]
) -> Float[Tensor, " n"]:
    bins, frames = ours.shape[1:]
    reach = min(SHIFT, frames // SHORT)
    rows, energies = _by_frames(ours)
    least = torch.full((len(ours),), torch.inf)
    for block in theirs:
        columns, their_energies = _by_frames(block)
        for shift in range(-reach, reach + 1):
            late, early, kept = max(shift, 0), max(-shift, 0), frames - abs(shift)
            left = rows[:, bins * late : bins * (late + kept)]
            right = columns[:, bins * early : bins * (early + kept)]
            lengths = their_energies[:, early : early + kept].sum(1)
            # |x - y|^2 = |x|^2 + (|y|^2 - 2 x y)
            nearest = torch.addmm(lengths, left, right.T, alpha=-2).amin(1)
            nearest += energies[:, late : late + kept].sum(1)
            least = torch.minimum(least, nearest / (kept * bins))
    return least.clamp(min=0).sqrt()


def _by_frames(
    samples: Float[Tensor, "n bins f"],
) -> tuple[Float[Tensor, "n v"], Float[Tensor, "n f"]]:
    """All values, frame by frame, so that a stretch of time is one of values; and squared sums."""
    frames = samples.transpose(1, 2).contiguous()
    return frames.flatten(1), frames.square().sum(2)


def _samples(
    observed: Observed, rng: Streams, name: str, most: int = MOST
) -> Float[Tensor, "n bins f"]:
    """The samples, or a draw of them where there are more than `most`."""
    samples = observed.samples
    assert samples is not None, "applies() has looked"
    if len(samples) <= most:
        return samples.float()
    return samples[rng.permutation(name, len(samples))[:most]].float()
