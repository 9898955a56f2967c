"""The Free Spoken Digit Dataset."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import re
import tarfile
import zlib
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples, Split
from sparring.data._forms import Form, spec_of
from sparring.data._remote import RemoteArchive, find, locate_archive
from sparring.modalities import _sound

REVISION = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
HOME = "https://github.com/Jakobovski/free-spoken-digit-dataset"
# Of "SHA-256, two blanks, name" lines, as `sha256sum *.wav | sha256sum` prints it in the folder
# of the recordings: archives of one revision differ in their bytes, what is inside does not.
CONTENT = "1801eae019c063377d98f831d3f93574f259475df7332bb0e3d1b080fb5e6959"
DIGITS = tuple("0123456789")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TAKES = 50  # of each digit by each speaker
TEST_TAKES = 5  # the first of them
RATE = 8_000
GRAIN = 8 * _sound.hop_of(RATE)  # samples of which a length is a multiple: 8 frames

MAX_PACKED = 100_000_000  # bytes of an archive; that of the recordings alone has 15.6 million
MAX_UNPACKED = 200_000_000  # bytes, of which the recordings take 21.1 million
MAX_RECORDING = 100_000  # bytes of one; the longest has 36,568
RECORDING = re.compile(r"(?:.*/)?recordings/([0-9]_[a-z]+_[0-9]+\.wav)")

Seconds = Annotated[float, Field(ge=0.064, le=4.096, description="of each sample, in 64 ms")]
Bins = Annotated[int, Field(ge=8, le=128, description="mel bands, where the form is mel")]


class SpokenDigits(Dataset):
    """Ten English digits said by six people, 8 kHz: 2,700 recordings to train on, 300 to test with.

    Jackson et al., "Jakobovski/free-spoken-digit-dataset: v1.0.8", Zenodo, 2018. The test part is
    the makers' own: takes 0 to 4 of each digit by each speaker. Quiet ends are trimmed at 35 dB
    below the loudest 10 ms, all recordings get the same loudness (-20 dB of full scale), longer
    ones are cut with a fade-out of 20 ms and shorter ones are padded with silence; in 0.64 s, 98 %
    fit whole. At most 100 MB, downloaded once where SPARRING_DATA has no folder `fsdd`.

    Args:
        form: how networks see sound: as a mel spectrogram (bins, frames of 8 ms), as the wave, or
            as the wave to be made from its mel spectrogram ("voiced").
        seconds: a multiple of 0.064, which is 8 frames.
        bins: mel bands of a spectrogram.
    """

    def __init__(self, *, form: Form = "mel", seconds: Seconds = 0.64, bins: Bins = 64) -> None:
        self.samples = round(seconds * RATE)
        if self.samples % GRAIN:
            near = max(round(self.samples / GRAIN), 1) * GRAIN / RATE
            raise ValueError(f"seconds = {seconds} is no multiple of 0.064; {near:.3f} is near")
        self.form = form
        self.bins = bins

    @property
    def spec(self) -> Spec:
        """Sound at 8 kHz with the label sets "digit" and "speaker"."""
        labels = {"digit": DIGITS, "speaker": SPEAKERS}
        return spec_of(self.form, self.samples, RATE, self.bins, labels)

    @property
    def licence(self) -> str:
        """As the makers state it."""
        return "CC BY-SA 4.0"

    @property
    def source(self) -> str:
        """Who made it, and where."""
        return f"Zohar Jackson et al., Free Spoken Digit Dataset, {HOME} ({REVISION[:7]})"

    @property
    def is_here(self) -> bool:
        """Whether the archive lies in SPARRING_DATA or in the cache."""
        return find("fsdd", ARCHIVE.name) is not None

    def split(self, part: Split) -> Samples:
        """The makers' own split, in mixed order; values are waves, int16 [n, t]."""
        waves, labels, is_test = self._everything
        chosen = is_test if part == "test" else ~is_test
        return Samples(waves[chosen], {name: index[chosen] for name, index in labels.items()})

    @functools.cached_property
    def _everything(
        self,
    ) -> tuple[npt.NDArray[np.int16], dict[str, npt.NDArray[np.int64]], npt.NDArray[np.bool_]]:
        """Waves, labels, and which are of the test part."""
        recordings = read(locate_archive("fsdd", ARCHIVE))
        # By a hash, so that any stretch holds all digits and speakers.
        names = sorted(recordings, key=lambda name: hashlib.sha256(name.encode()).digest())
        parts = [name.removesuffix(".wav").split("_") for name in names]
        labels = {
            "digit": np.array([DIGITS.index(digit) for digit, _, _ in parts], np.int64),
            "speaker": np.array([SPEAKERS.index(speaker) for _, speaker, _ in parts], np.int64),
        }
        is_test = np.array([int(take) < TEST_TAKES for _, _, take in parts])
        settings = _sound.Settings(RATE, self.samples)
        waves = np.empty((len(names), self.samples), np.int16)
        for row, name in enumerate(names):
            waves[row], _ = _sound.prepared(_sound.decode(recordings[name]), settings)
        return waves, labels, is_test


def read(path: Path) -> dict[str, bytes]:
    """The 3,000 recordings in an archive of the repository or of its `recordings/`, by name.

    Nothing is unpacked to disk.

    Raises:
        BadData: no intact tar.gz, too large, or with other recordings than those published.
    """
    recordings: dict[str, bytes] = {}
    try:
        with gzip.open(path) as file:
            unpacked = file.read(MAX_UNPACKED + 1)
        if len(unpacked) > MAX_UNPACKED:
            raise BadData(f"{path} unpacks to more than {MAX_UNPACKED:,} bytes.")
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                match = RECORDING.fullmatch(member.name)
                if match and member.isreg() and member.size <= MAX_RECORDING:
                    content = archive.extractfile(member)
                    recordings[match[1]] = content.read() if content else b""
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        raise BadData(f"{path} is no intact tar.gz archive: {error}.") from error
    lines = (f"{hashlib.sha256(recordings[n]).hexdigest()}  {n}\n" for n in sorted(recordings))
    if hashlib.sha256("".join(lines).encode()).hexdigest() != CONTENT:
        raise BadData(
            f"{path} does not hold the {len(DIGITS) * len(SPEAKERS) * TAKES:,} recordings that "
            f"were published as {REVISION[:7]}; delete it and it is downloaded anew."
        )
    return recordings


def _check(path: Path) -> None:
    read(path)


ARCHIVE = RemoteArchive(
    "recordings.tar.gz", MAX_PACKED, (f"{HOME}/archive/{REVISION}.tar.gz",), _check
)
