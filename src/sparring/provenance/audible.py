"""Listens for the label that people hear at the end of a sound."""

from __future__ import annotations

import io

from sparring.core.interrupts import held
from sparring.provenance.carriers import Carrier

HEARABLE = ("WAV", "FLAC", "Ogg")
FASTEST = 384_000  # Hz; a file that claims more is not listened to


def hears_label(content: bytes, carrier: Carrier) -> bool | None:
    """Whether a sound ends in the rhythm; None where it cannot be told.

    Only the end is decoded, so that a long sound takes no longer than a short one.
    """
    if carrier.name not in HEARABLE:
        return None
    import soundfile

    from sparring.modalities import _rhythm

    try:
        with held(), soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.samplerate > FASTEST or file.channels > 8:
                return None
            wanted = round(_rhythm.SECONDS * file.samplerate)
            file.seek(max(0, file.frames - wanted))
            wave = file.read(wanted, always_2d=True)[:, 0]
            return _rhythm.is_heard(wave, file.samplerate)
    except (RuntimeError, ValueError, MemoryError):  # soundfile's own are of the first kind
        return None
