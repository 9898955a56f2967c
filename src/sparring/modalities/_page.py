"""Pages that stand alone and need no script: one on which sounds can be played, and the frame."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from sparring.core import mark

# Nothing may come from elsewhere, so a reader's browser may refuse all of it.
POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
HEAD = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem;
  font: 16px/1.5 system-ui, sans-serif; }
"""
PLAYERS = """\
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); }
figure { margin: 0; padding: .6rem; border: 1px solid #8884; border-radius: 8px; }
img { width: 100%; image-rendering: pixelated; border-radius: 4px; background: #fff; }
audio { width: 100%; height: 2.2rem; margin-top: .4rem; }
figcaption { font-size: .95rem; }
"""
FOOT = """footer { margin-top: 1.5rem; font-size: .8rem; opacity: .75; overflow-wrap: anywhere; }
"""


def players(
    pictures: Sequence[bytes],
    clips: Sequence[bytes],
    media_type: str,
    captions: Sequence[str],
) -> bytes:
    """The whole page.

    Args:
        pictures: a PNG for every clip.
        clips: sound files.
        media_type: of the clips.
        captions: words for them; fewer leave the rest bare.
    """
    figures = []
    for number, (picture, clip) in enumerate(zip(pictures, clips, strict=True)):
        words = escape(captions[number]) if number < len(captions) else ""
        label = words or f"sound {number + 1}"
        figures.append(
            f'<figure><img alt="{label}" src="{_data(picture, "image/png")}">'
            f'<audio controls preload="none" aria-label="{label}" '
            f'src="{_data(clip, media_type)}"></audio>'
            f"<figcaption>{words}</figcaption></figure>"
        )
    return document("Sounds made by Sparring", PLAYERS, figures)


def document(title: str, style: str, parts: Sequence[str]) -> bytes:
    """A whole page.

    Args:
        title: in plain text.
        style: how the parts look.
        parts: HTML of what was generated, one below the other; a line at the foot says so.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{HEAD}{style}{FOOT}</style>\n</head>\n<body>\n"
        "<main>\n"
        + "\n".join(parts)
        + f"\n</main>\n<footer>{mark.NOTICES}, {mark.SOFTWARE}</footer>\n"
        "</body>\n</html>\n"
    ).encode()


def _data(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
