"""Files and facts to be labelled."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from PIL import Image

from sparring.provenance.facts import Facts, Origin


def picture(form: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20), dtype=np.uint8)
    frames = [Image.fromarray(pixels), Image.fromarray(255 - pixels)]
    content = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "loop": 0} if form == "GIF" else {}
    frames[0].save(content, form, **more)
    return content.getvalue()


def sound(container: str, subtype: str, seconds: float = 0.5) -> bytes:
    times = np.arange(round(8_000 * seconds)) / 8_000
    content = io.BytesIO()
    soundfile.write(content, 0.3 * np.sin(3_000 * times), 8_000, subtype, format=container)
    return content.getvalue()


def some_facts(**changes: object) -> Facts:
    origin = Origin("f" * 64, "e" * 64, 0.7, {"temperature": 0.5}, "cpu", 1, "2.13.0+cpu")
    facts = {"made": "sample", "seeds": [3], "labels": [{"digit": "七"}], "provider": "me"}
    return Facts(origin, **{**facts, **changes})  # pyrefly: ignore[bad-argument-type]
