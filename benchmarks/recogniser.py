"""Do strangers understand the spoken digits? A recogniser that nobody here trained listens.

    python benchmarks/recogniser.py MODEL [--count 300] [--seed 0]

PocketSphinx (Huggins-Daines et al. 2006) knows English from hours of other people's speech and
none of our recordings. It is told that it hears one of ten words and must say which. Clips are
brought from 8 to 16 kHz, with 0.2 s around them and a little noise, as it was made for recordings.
Prints its accuracy on the real test clips beside that on generated ones, asked for every digit by
every speaker in turn, and keeps a row for the model in benchmarks/sound.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import resample_poly

import sparring
from sound_page import keep_row
from sparring.core.errors import UserError
from sparring.data.spoken_digits import RATE, SpokenDigits
from sparring.metrics._intervals import share

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
HEARD_AT = 16_000  # Hz, the rate of the recogniser's own model
AROUND = 0.2  # seconds of near silence before and after a clip
NOISE = 8.0  # deviation of it in steps of 16 bits; of digital silence no features can be made
INSTALL = "The recogniser is not installed; run: pip install 'pocketsphinx>=5'"

Waves = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Heard:
    """Clips that were listened to.

    Attributes:
        name: whose they are.
        digits: that they should say.
        words: that the recogniser understood, as digits; -1 where it understood none.
    """

    name: str
    digits: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]

    def accuracy(self, digit: int | None = None) -> str:
        """The share that is understood, of all or of one digit, with Wilson's interval."""
        right = self.digits == self.words
        if digit is not None:
            right = right[self.digits == digit]
        if not len(right):
            return "-"
        figure = share(float(right.mean()), len(right))
        return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def decoder(folder: Path) -> Any:
    """PocketSphinx with its own English model and a grammar of ten words.

    Raises:
        UserError: it is not installed.
    """
    try:
        from pocketsphinx import Decoder, get_model_path
    except ModuleNotFoundError as error:
        raise UserError(INSTALL) from error
    grammar = folder / "digits.gram"
    grammar.write_text(
        f"#JSGF V1.0;\ngrammar digits;\npublic <digit> = {' | '.join(WORDS)} ;\n", encoding="utf-8"
    )
    return Decoder(
        hmm=get_model_path("en-us/en-us"),
        dict=get_model_path("en-us/cmudict-en-us.dict"),
        jsgf=str(grammar),
        samprate=HEARD_AT,
        loglevel="FATAL",
    )


def understood(clips: Waves) -> npt.NDArray[np.int64]:
    """The digit that is heard in each clip of 8 kHz; -1 where none is."""
    chance = np.random.default_rng(0)
    quiet = np.zeros(round(AROUND * HEARD_AT))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        listener = decoder(Path(folder))
        for clip in clips:
            wave = resample_poly(clip.astype(np.float64), HEARD_AT // RATE, 1)
            wave = np.concatenate([quiet, wave, quiet])
            wave += NOISE * chance.standard_normal(len(wave))
            listener.start_utt()
            content = wave.round().clip(-32_768, 32_767).astype(np.int16).tobytes()
            listener.process_raw(content, full_utt=True)
            listener.end_utt()
            hypothesis = listener.hyp()
            words = hypothesis.hypstr.split() if hypothesis else []
            found.append(WORDS.index(words[0]) if words else -1)
    return np.array(found, np.int64)


def real() -> Heard:
    """The test part."""
    samples = SpokenDigits().split("test")
    return Heard("real test clips", samples.labels["digit"], understood(samples.values))


def generated(model: str, count: int, seed: int) -> Heard:
    """`count` clips of a model, every label in turn."""
    sampler = sparring.load(model, "cpu")
    if "digit" not in sampler.labels:
        raise UserError(f"{model} makes no digits that one could ask for.")
    made = sampler.generate(count, seed=seed)
    digits = np.array([int(labels["digit"]) for labels in made.labels], np.int64)
    raw = sampler.modality.to_raw(made.samples).numpy()
    return Heard(Path(model).resolve().name, digits, understood(raw))


def table(heard: Sequence[Heard]) -> str:
    """Digits down, sources across."""
    lines = [["digit", *(each.name for each in heard)], ["---"] * (len(heard) + 1)]
    lines.append(["all", *(each.accuracy() for each in heard)])
    lines += [[word, *(each.accuracy(i) for each in heard)] for i, word in enumerate(WORDS)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Listen, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model", help="a run folder, a model folder, or a shipped model")
    parser.add_argument("--count", type=int, default=300, help="generated clips")
    parser.add_argument("--seed", type=int, default=0, help="of the first of them")
    parser.add_argument("--name", default="", help="of the row; the model's where left out")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    try:
        heard = [real(), generated(asked.model, asked.count, asked.seed)]
    except UserError as error:
        print(error, file=sys.stderr)
        return error.code
    print(table(heard))
    for each, name in zip(heard, (heard[0].name, asked.name or heard[1].name), strict=True):
        keep_row("recogniser", [name, f"{len(each.digits):,}", each.accuracy()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
