"""What anybody hears at once: silence, clipping, clicks and a constant offset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int16
from torch import Tensor
from torch.nn import functional as F

from sparring.core.errors import BadData
from sparring.core.rng import Streams
from sparring.metrics import Better, Evidence, Figure, Metric
from sparring.metrics._intervals import share
from sparring.metrics._require import require

FULL = 32768  # of 16-bit sound
SILENT = 0.01  # of full scale; -40 dB: a tenth of the usual level (RMS of -20 dB) even at its peak
TOP = FULL - 2  # a sample that reaches it is at full scale, whichever way it was rounded
RUN = 3  # samples at full scale in a row; one or two may be a peak that just fits
OFFSET = 0.05  # of the RMS. No one of 2,700 spoken digits has more than 0.011
NEAR = 4  # samples around a jump that its own second difference, or a filter, may reach
AROUND = 64  # samples on both sides that it is compared with: a period of any voice above 63 Hz
JUMP = 4.0  # times the largest second difference around; 0.5 % of 2,700 spoken digits have one
AUDIBLE = 0.1  # of the clip's peak that a jump must have
BLOCK = 500  # clips looked at in one go


class SoundDefects(Metric):
    """Shares of clips that are silent, clipped, clicking or off centre.

    Silent: no peak above -40 dB of full scale. Clipped: three samples in a row at full scale.
    Clicking: one second difference that is four times as large as all of the 64 samples before and
    after it, and not faint; clicks that hiss or a loud voice cover are not found, as they are not
    heard. Offset: a mean of more than 5 % of the RMS. Real clips have some of these too, which is
    the floor. It looks at the sound in files: 16-bit waves.
    """

    title = "Defects of sound"
    source = (
        "Godsill and Rayner 1998, Digital audio restoration, on the detection of clicks, with "
        "second differences as prediction errors"
    )
    better: ClassVar[Mapping[str, Better]] = {
        "silent": "lower", "clipped": "lower", "clicking": "lower", "offset": "lower"
    }  # fmt: skip
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where the samples are 16-bit waves."""
        return all(
            part.raw is not None and part.raw.dtype == torch.int16 and part.raw.ndim == 2
            for part in (evidence.generated, evidence.real, evidence.train)
        )

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`silent`, `clipped`, `clicking` and `offset`, each in [0, 1] with Wilson's interval."""
        require(evidence, self.fewest)
        raw = evidence.generated.raw
        if raw is None or not self.applies(evidence):
            raise BadData("Defects of sound are looked for in 16-bit waves; these are none.")
        found = {
            "silent": is_silent, "clipped": is_clipped, "clicking": has_clicks, "offset": is_offset
        }  # fmt: skip
        shares = {}
        for name, defect in found.items():
            told = torch.cat([defect(part) for part in raw.split(BLOCK)])
            shares[name] = share(float(told.double().mean()), len(raw))
        return shares


def is_silent(raw: Int16[Tensor, "n t"]) -> Bool[Tensor, " n"]:
    """Which clips have no peak to be heard."""
    return _peaks(raw.float()) < SILENT * FULL


def is_clipped(raw: Int16[Tensor, "n t"]) -> Bool[Tensor, " n"]:
    """Which clips stay at full scale, on one side, for `RUN` samples."""
    if raw.shape[1] < RUN:
        return torch.zeros(len(raw), dtype=torch.bool)
    sides = raw.int()
    return torch.stack([_stays(sides >= TOP), _stays(sides <= -TOP)]).any(0)


def is_offset(raw: Int16[Tensor, "n t"]) -> Bool[Tensor, " n"]:
    """Which clips lie off centre; one of zeros does not."""
    waves = raw.double()
    return waves.mean(1).abs() > OFFSET * waves.square().mean(1).sqrt()


def has_clicks(raw: Int16[Tensor, "n t"]) -> Bool[Tensor, " n"]:
    """Which clips have a jump unlike everything around it; before and after them is silence."""
    waves = raw.float()
    padded = F.pad(waves, (1, 1))
    bends = (padded[:, 2:] - 2 * padded[:, 1:-1] + padded[:, :-2]).abs()
    ahead = AROUND - NEAR + 1
    # most[:, i] is the largest of `ahead` bends from i - AROUND on.
    most = F.max_pool1d(F.pad(bends, (AROUND, AROUND))[:, None], ahead, 1)[:, 0]
    length = raw.shape[1]
    before, after = most[:, :length], most[:, AROUND + NEAR :][:, :length]
    around = torch.maximum(before, after) + 1  # rounding alone bends by 1
    loud = bends > AUDIBLE * _peaks(waves)[:, None]
    return (loud & (bends > JUMP * around)).any(1)


def _peaks(waves: Float[Tensor, "n t"]) -> Float[Tensor, " n"]:
    return waves.abs().amax(1)


def _stays(here: Bool[Tensor, "n t"]) -> Bool[Tensor, " n"]:
    return here.unfold(1, RUN, 1).all(2).any(1)
