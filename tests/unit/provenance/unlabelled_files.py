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


def track(events: bytes) -> bytes:
    return b"MTrk" + len(events).to_bytes(4) + events


def music(
    *tracks: bytes, form: int = 1, division: bytes = b"\x01\xe0", between: bytes = b""
) -> bytes:
    """A Standard MIDI File, of a tempo and of three notes where no tracks are given.

    Args:
        tracks: whole chunks.
        form: 0, 1 or 2.
        division: ticks of a quarter, or of a frame of film.
        between: other chunks, which stand before the tracks.
    """
    tempo = track(b"\0\xff\x03\x04Melo\0\xff\x51\x03\x07\xa1\x20\x83\x60\xff\x2f\0")
    # An accented note, one whose status is that of the event before, and one after a message.
    notes = track(
        b"\0\xc0\x05\0\x90\x3c\x40\x60\x3c\0\0\xf0\x03\x7d\x01\xf7\x81\x70\x90\x40\x50\x60\x80\x40\0"
        b"\0\xff\x01\x03do \0\xff\x2f\0"
    )
    chunks = tracks or (tempo, notes)
    head = b"MThd\0\0\0\x06" + bytes([0, form]) + len(chunks).to_bytes(2) + division
    return head + between + b"".join(chunks)


def some_facts(**changes: object) -> Facts:
    origin = Origin("f" * 64, "e" * 64, 0.7, {"temperature": 0.5}, "cpu", 1, "2.13.0+cpu")
    facts = {"made": "sample", "seeds": [3], "labels": [{"digit": "七"}], "provider": "me"}
    return Facts(origin, **{**facts, **changes})  # pyrefly: ignore[bad-argument-type]
