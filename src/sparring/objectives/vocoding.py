"""The match over a wave that is made from its mel spectrogram: near the real one, and as real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import relu

from sparring.core.errors import UserError
from sparring.core.schedule import constant
from sparring.core.spec import Batch, Loss, Moment, Spec
from sparring.modalities import _spectral
from sparring.networks import Map, MappingDiscriminator, Networks
from sparring.objectives import Objective, Phase
from sparring.objectives._arguments import Weight
from sparring.objectives._verdicts import fakes_for

WINDOWS = (64, 128, 256, 512)  # samples under which spectra are compared: 8 to 64 ms at 8 kHz
FLOOR = 1e-3  # of magnitudes in logarithms: what is quieter is not heard
NEPERS = 5.756  # in 1 of a mel spectrogram: 50 dB
FRAMES = 125  # of a mel spectrogram in a second
UNGIVEN = "vocoding needs data that give mel spectrograms: data.form = 'voiced'."

Spectra = Annotated[Weight, Field(description="weight of the distance of mel spectra")]
Asked = Annotated[Weight, Field(description="weight of the distance to the spectrogram given")]
Features = Annotated[Weight, Field(description="weight of the distance of features")]
Adversarial = Annotated[Weight, Field(description="weight of judges and features; 0 = none")]

SPECTRA, ASKED, FEATURES, ADVERSARIAL = (constant(value) for value in (45.0, 15.0, 2.0, 1.0))
"""The first and the third are those of Kong et al. 2020, section 2.4."""


class Vocoding(Objective):
    """Distances of spectra, a hinge loss at every place of every judge, and distances of features.

    L_D = sum over judges of E max(0, 1 - f(x)) + E max(0, 1 + f(G(m)))
    L_G = spectra * E |S(x) - S(G(m))| + asked * E |m - M(G(m))|
          + adversarial * sum over judges of (-E f(G(m)) + features * E |h(x) - h(G(m))|)

    where m = M(x) is the mel spectrogram given, S are logarithms of mel spectra through four
    windows, and h is what the layers of a judge make of a wave. Kong et al. 2020, "HiFi-GAN:
    generative adversarial networks for efficient and high fidelity speech synthesis", section 2.4,
    whose weights are 45 and 2; with the hinge of Siuzdak 2023, "Vocos", section 3.3. While
    `adversarial` is 0, discriminators rest.
    """

    def __init__(
        self,
        *,
        spectra: Spectra = SPECTRA,
        asked: Asked = ASKED,
        features: Features = FEATURES,
        adversarial: Adversarial = ADVERSARIAL,
    ) -> None:
        self._spectra, self._asked = spectra, asked
        self._features, self._adversarial = features, adversarial

    def phases(self) -> Sequence[Phase]:
        """The discriminator's turn, then the generator's."""
        return (
            Phase("discriminator", self._discriminator_loss),
            Phase("generator", self._generator_loss),
        )

    def require_playable(self, networks: Networks, spec: Spec) -> None:
        """Judges of every place, and waves that are made from mel spectrograms.

        Raises:
            UserError: other players, or other data.
        """
        _judges(networks)
        if not spec.given:
            raise UserError(UNGIVEN)

    def _discriminator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        judges = _judges(networks)
        if self._adversarial.at(moment.progress) == 0.0:
            # Gradients of zero leave weights where they are.
            return Loss(sum_of(weight.sum() for weight in judges.parameters()) * 0.0)
        with torch.no_grad():
            fake = fakes_for(networks, batch, moment)
        real_maps = judges.maps(moment.augment(batch.real), batch.condition)
        fake_maps = judges.maps(moment.augment(fake), batch.condition)
        pairs = list(zip(real_maps, fake_maps, strict=True))
        total = sum_of(
            relu(1.0 - r.logits.float()).mean() + relu(1.0 + f.logits.float()).mean()
            for r, f in pairs
        )
        return Loss(total, _scores(pairs))

    def _generator_loss(self, networks: Networks, batch: Batch, moment: Moment) -> Loss:
        fake = fakes_for(networks, batch, moment)
        if batch.condition.given is None:
            raise UserError(UNGIVEN)
        # Sums over frequencies lose too much in half precision.
        with torch.autocast(fake.device.type, enabled=False):
            asked, spectra = distances(fake.float(), batch.real, batch.condition.given)
        logs = {"spectra": spectra.detach(), "asked": asked.detach()}
        total = self._spectra.at(moment.progress) * spectra
        total = total + self._asked.at(moment.progress) * asked
        adversarial = self._adversarial.at(moment.progress)
        if adversarial == 0.0:
            return Loss(total, logs)
        judges = _judges(networks)
        with torch.no_grad():
            real_maps = judges.maps(batch.real, batch.condition)
        fake_maps = judges.maps(moment.augment(fake), batch.condition)
        verdict = -sum_of(each.logits.float().mean() for each in fake_maps)
        apart = sum_of(
            (r.float() - f.float()).abs().mean()
            for real, made in zip(real_maps, fake_maps, strict=True)
            for r, f in zip(real.features, made.features, strict=True)
        )
        logs["features"] = apart.detach()
        match = verdict + self._features.at(moment.progress) * apart
        return Loss(total + adversarial * match, logs)


def distances(
    fake: Float[Tensor, "b t"], real: Float[Tensor, "b t"], asked: Float[Tensor, "b bins f"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """How far waves are from the mel spectrogram asked for and from real spectra, in nepers."""
    bins, frames = asked.shape[1:]
    rate = FRAMES * real.shape[1] // frames
    near = NEPERS * (_spectral.log_mel(fake, rate, bins) - asked).abs().mean()
    each = [
        (_logarithms(fake, rate, window, bins) - _logarithms(real, rate, window, bins)).abs().mean()
        for window in WINDOWS
    ]
    return near, sum_of(each) / len(each)


def sum_of(values: Iterator[Tensor] | Sequence[Tensor]) -> Float[Tensor, ""]:
    """The sum of scalars, of which there is at least one."""
    return torch.stack(list(values)).sum()


def _logarithms(
    waves: Float[Tensor, "b t"], rate: int, window: int, bins: int
) -> Float[Tensor, "b bins f"]:
    """Of mel bands, of which a short window has at most a quarter of its samples."""
    magnitudes = _spectral.stft(waves, _spectral.Frames(window // 4, window, window)).abs()
    bands = _spectral.bands(magnitudes, rate, min(bins, window // 4))
    return bands.clamp_min(FLOOR).log()


def _judges(networks: Networks) -> MappingDiscriminator:
    if not isinstance(networks.discriminator, MappingDiscriminator):
        raise UserError(
            "vocoding needs a discriminator that judges every place, such as vocoder, and a "
            "training in one process."
        )
    return networks.discriminator


def _scores(pairs: Sequence[tuple[Map, Map]]) -> dict[str, Tensor]:
    """Means over all judges, each of which counts alike."""
    real = [real.logits.detach().float() for real, _ in pairs]
    fake = [fake.logits.detach().float() for _, fake in pairs]
    return {
        "d_real": torch.stack([each.sigmoid().mean() for each in real]).mean(),
        "d_fake": torch.stack([each.sigmoid().mean() for each in fake]).mean(),
        "certainty": torch.stack([each.sign().mean() for each in real]).mean(),
    }
