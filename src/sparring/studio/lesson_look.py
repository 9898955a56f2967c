"""How the lesson looks, beyond what all pages share."""

from __future__ import annotations

CSS = """
.lead { max-width: 70rem; margin: 0 0 1rem; line-height: 1.5; }
.lesson { display: grid; gap: 1rem; align-items: start; margin-bottom: 0;
          grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); }
.board { background: var(--card); margin: .6rem auto; width: min(100%, 68vh); }
.look { margin-top: .7rem; }
.board svg { width: 100%; height: 100%; display: block; }
.board .nicegui-html, .board > div { width: 100%; height: 100%; }
.board path { fill: none; stroke-linecap: round; stroke-linejoin: round; }
.board .dot { stroke-width: 5; }
.board .dab { stroke-width: 9; }
.board .arrow { stroke: var(--ink); stroke-width: 1.1; opacity: .75; }
.board .pen { stroke: var(--quiet); stroke-width: 1.5; }
.chosen { background: var(--soft) !important; font-weight: 600; }
.controls { gap: .35rem; }
.controls + .controls { margin-top: .4rem; }
.controls .q-btn { padding: 4px 10px; }
.controls .q-icon { margin-right: 4px; }
.choices { display: grid; gap: .7rem; margin-bottom: .6rem;
           grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr)); }
.numbers { display: grid; gap: .5rem .8rem; margin-bottom: .4rem;
           grid-template-columns: repeat(auto-fill, minmax(110px, 1fr)); }
.number .value { font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.command { font-family: ui-monospace, monospace; overflow: auto; overflow-wrap: anywhere;
           max-height: 8rem; margin-bottom: 1rem; }
.digits { display: grid; gap: 1rem; grid-template-columns: minmax(0, 320px) minmax(0, 1fr); }
@media (max-width: 820px) { .lesson, .digits { grid-template-columns: minmax(0, 1fr); } }
"""
