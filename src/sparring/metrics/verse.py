"""Whether Chinese quatrains keep the rules of verse: their form, their rhyme and their tones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from sparring.core.errors import BadData, UserError
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._intervals import share
from sparring.metrics._require import require
from sparring.metrics._texts import are_texts
from sparring.modalities._prosody import has_form, has_rhyme, has_tones, lines_of
from sparring.modalities._tokens import Tokeniser

LOOKED_AT = 100  # real texts that tell whether these are quatrains


class Verse(Metric):
    """Shares of poems that have the form of a quatrain, its rhyme, and its pattern of tones.

    Form: four lines of five or of seven characters with their marks. Rhyme: lines 2 and 4 rhyme, on
    different characters. Tones: level and oblique characters alternate as regulated verse wants it.
    Real poems were often written freely, so that their own shares are the floor; more is no better.
    What the characters mean is not looked at.
    """

    title = "Rules of verse"
    source = "Wang Li 1977, 诗词格律; rhymes by the 中华新韵 of 2005"
    better: ClassVar[Mapping[str, Better]] = {
        "poem_form": "higher", "poem_rhyme": "higher", "poem_tones": "higher"
    }  # fmt: skip
    by_samples = True

    def applies(self, evidence: Evidence) -> bool:
        """Where most real samples are quatrains."""
        if not are_texts(evidence) or evidence.spec is None or not evidence.spec.tokeniser:
            return False
        texts = _texts(evidence.real, evidence.spec, LOOKED_AT)
        return sum(map(has_form, texts)) > len(texts) / 2

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`poem_form`, `poem_rhyme` and `poem_tones`, each in [0, 1] with Wilson's interval.

        Raises:
            BadData: as for every metric, and where the package that knows the rhymes is missing.
        """
        require(evidence, self.fewest)
        if not self.applies(evidence) or evidence.spec is None:
            raise BadData("Rules of verse are for Chinese quatrains; the real texts are others.")
        return rules_kept(_texts(evidence.generated, evidence.spec, len(evidence.generated)))


def rules_kept(texts: Sequence[str]) -> Mapping[str, Figure]:
    """The figures of `Verse` for texts as people read them.

    Args:
        texts: at least one.

    Raises:
        BadData: the package that knows the rhymes is missing.
    """
    lines = [lines_of(text) for text in texts]
    try:
        found = {
            "poem_form": [*map(has_form, texts)],
            "poem_rhyme": [*map(has_rhyme, lines)],
            "poem_tones": [*map(has_tones, lines)],
        }
    except UserError as error:
        raise BadData(str(error)) from error
    return {name: share(float(np.mean(each)), len(each)) for name, each in found.items()}


def _texts(observed: Observed, spec: Spec, count: int) -> list[str]:
    """The first texts, as people read them."""
    assert observed.samples is not None, "are_texts() has looked"
    tokeniser = Tokeniser(spec.tokeniser)
    return [tokeniser.decode(row) for row in observed.samples[:count].tolist()]
