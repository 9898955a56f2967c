"""One page that stands alone: no script, nothing from outside, light or dark as one likes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6677; --line: #d9dee7;
  --paper: #ffffff; --card: #f5f7fa; --mark: #2563b8; --sheet: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #9aa6b8; --line: #333c4a;
  --paper: #12161d; --card: #1a2029; --mark: #7db3ff; --sheet: #dfe3ea; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .6rem; }
p { margin: .5rem 0; }
.soft { color: var(--soft); font-size: .9rem; }
.verdict { background: var(--card); border-left: 4px solid var(--mark); border-radius: 6px;
  padding: .8rem 1.1rem; margin: 1.2rem 0; font-size: 1.08rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums;
  font-size: .93rem; }
th, td { text-align: right; padding: .4rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; height: auto; border-radius: 6px; }
img.sheet { background: var(--sheet); image-rendering: pixelated; }
figure { margin: 1rem 0; }
.players { display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.players figure { margin: 0; } audio { width: 100%; height: 2.2rem; }
figcaption { color: var(--soft); font-size: .9rem; }
code { overflow-wrap: anywhere; font-size: .88em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .93rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
"""
# No page of ours needs a script or anything from elsewhere, so a reader's browser may refuse both.
POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"


def page(title: str, sections: Sequence[str]) -> bytes:
    """The whole document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(sections) + "\n</main>\n</body>\n</html>\n"
    ).encode()


def heading(text: str) -> str:
    """A section begins."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    """Plain words; `kind` is "", "soft" or "verdict"."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text; the first column names them."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>"
    )


def sheet(png: bytes, words: str) -> str:
    """A picture made of samples."""
    return _figure(png, "image/png", words, ' class="sheet"')


def players(clips: Sequence[bytes], media_type: str, captions: Sequence[str]) -> str:
    """Sounds to be played, each with a word or two."""
    figures = []
    for clip, caption in zip(clips, captions, strict=True):
        data = base64.b64encode(clip).decode()
        figures.append(
            f'<figure><audio controls preload="none" aria-label="{escape(caption)}" '
            f'src="data:{media_type};base64,{data}"></audio>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    return f'<div class="players">{"".join(figures)}</div>'


def drawing(svg: bytes, words: str) -> str:
    """Curves."""
    return _figure(svg, "image/svg+xml", words, "")


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names with their values."""
    lines = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>\n" for key, value in pairs)
    return f"<dl>\n{lines}</dl>"


def _figure(content: bytes, media_type: str, words: str, attributes: str) -> str:
    data = base64.b64encode(content).decode()
    return (
        f'<figure><img{attributes} alt="{escape(words)}" src="data:{media_type};base64,{data}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )
