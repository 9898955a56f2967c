"""How the studio looks: a few colours and rules; everything else is the browser's own."""

from __future__ import annotations

COLOURS = {
    "primary": "#2563b8",
    "secondary": "#51617a",
    "accent": "#c2541c",
    "positive": "#1f7a4d",
    "negative": "#b3261e",
    "warning": "#b26a00",
    "info": "#2563b8",
}
"""By the names that Quasar gives them; all have a contrast of 4.5 on white."""

REAL, FAKE, SCORE, FAINT = "#2563b8", "#c2541c", "#1f7a4d", "#8a94a6"
"""Lines of curves: what is of real samples, of generated ones, of the judge, and the rest."""

AXIS = {"color": FAINT, "hideOverlap": True}
"""Numbers and names along an axis; where there is no room for all, some are left out."""

CSS = """
:root { --ground: #f5f6f8; --card: #ffffff; --ink: #1b2430; --quiet: #566072; --line: #dde2ea;
        --soft: #eef2f8; --brand: #1d4f96; --ring: #b8480f; }
.bar, .bar-menu { --ring: #ffd08a; }
body.body--dark { --ground: #12161c; --card: #1b212a; --ink: #e6eaf0; --quiet: #9fabbd;
        --line: #313a47; --soft: #242c38; --brand: #17345e; --ring: #f0a53a; }
body { background: var(--ground) !important; color: var(--ink); font-size: 15px; }
body, .q-field, .q-btn { font-family: Roboto, "Noto Sans CJK SC", "Noto Sans SC",
        "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", sans-serif; }
.nicegui-content { padding: 0; display: block; }
.skip { position: absolute; left: -999px; z-index: 9999; background: #fff; color: #1d4f96;
        padding: .5rem 1rem; }
.skip:focus { left: .5rem; top: .5rem; }
.bar { background: var(--brand) !important; padding: .35rem 1rem; display: flex;
       justify-content: space-between; align-items: center; gap: .5rem; }
.bar-row, .bar-links { display: flex; align-items: center; gap: .25rem; }
.bar-links.gt-sm { gap: .1rem; }
.brand { color: #fff !important; font-weight: 700; font-size: 1.1rem; text-decoration: none;
         margin-right: .8rem; letter-spacing: .02em; }
.bar-link { display: flex; gap: .4rem; align-items: center; color: #dce7f6; padding: .45rem .7rem;
            border-radius: 8px; text-decoration: none; white-space: nowrap; }
.bar-link:hover { background: rgba(255, 255, 255, .12); }
.bar-link.here { background: rgba(255, 255, 255, .2); color: #fff; }
.bar-menu { background: var(--brand) !important; padding: .4rem; }
.content { max-width: 1240px; margin: 0 auto; padding: 1rem 1rem 2rem; outline: none; }
.title { font-size: 1.5rem; font-weight: 600; margin: .2rem 0 .8rem; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
         padding: 1rem; margin-bottom: 1rem; min-width: 0; }
.panel-head { display: flex; justify-content: space-between; align-items: center; gap: .5rem;
              margin-bottom: .6rem; flex-wrap: wrap; }
.panel-title { font-weight: 600; font-size: 1.05rem; }
.quiet { color: var(--quiet); font-size: .88rem; }
.ai { font-size: .8rem; color: var(--quiet); border: 1px solid var(--line); border-radius: 999px;
      padding: .05rem .6rem; white-space: nowrap; }
.foot { border-top: 1px solid var(--line); padding: .8rem 1rem 1.2rem; display: flex; gap: .8rem;
        justify-content: center; align-items: center; flex-wrap: wrap; }
.trouble { display: flex; gap: .6rem; align-items: center; border: 1px solid #b3261e;
           color: #b3261e; border-radius: 8px; padding: .6rem .8rem; margin: .5rem 0; }
body.body--dark .trouble { color: #ff9d94; border-color: #ff9d94; }
.side-by-side { display: grid; grid-template-columns: minmax(0, 320px) minmax(0, 1fr);
                gap: 1rem; align-items: start; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
          gap: 1rem; align-items: start; }
.form { display: flex; flex-direction: column; gap: .4rem; }
.form > * { width: 100%; }
.line { display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; }
.drop { width: 100%; border: 2px dashed var(--line) !important; border-radius: 10px;
        background: var(--soft); color: var(--ink); }
.drop .q-uploader__header { background: none; color: var(--ink); border-radius: 10px; }
.drop .q-uploader__header-content { padding: 1rem .8rem; }
.drop .q-uploader__subtitle, .drop .q-uploader__list { display: none; }
.drop .q-uploader__title { white-space: normal; line-height: 1.35; font-weight: 500; }
.q-expansion-item .form, .q-expansion-item__content { width: 100%; }
.tiles.steps { grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); }
.tiles { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); }
.tiles.sounds { grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); }
.tiles.sounds img { height: 130px; object-fit: fill; }
.tiles.wide { grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
.tile { border: 1px solid var(--line); border-radius: 10px; background: var(--card); padding: 0;
        cursor: pointer; overflow: hidden; text-align: center; color: inherit; font: inherit;
        width: 100%; display: block; }
.tile:hover { border-color: #2563b8; }
.tile img, .pixels { width: 100%; image-rendering: pixelated; display: block; }
.tile .words { padding: .25rem .4rem .35rem; font-size: .8rem; color: var(--quiet); }
.tile .text { padding: .8rem .8rem .3rem; font-size: 1.02rem; line-height: 1.7; text-align: left;
              white-space: pre-wrap; overflow-wrap: anywhere; }
.run { padding: .6rem .7rem; text-align: left; }
.run.here { border-color: #2563b8; box-shadow: inset 3px 0 #2563b8; }
.large img { max-height: 420px; object-fit: contain; }
.large.sound img { height: 240px; object-fit: fill; }
.piece audio { width: 100%; height: 36px; display: block; }
.map { position: relative; touch-action: none; cursor: crosshair; border-radius: 10px;
       overflow: hidden; border: 1px solid var(--line); aspect-ratio: 1; user-select: none; }
.map img { width: 100%; height: 100%; image-rendering: pixelated; display: block;
           pointer-events: none; opacity: .55; }
.map .dot { position: absolute; width: 22px; height: 22px; margin: -11px 0 0 -11px;
            border-radius: 50%; border: 3px solid #fff; background: #c2541c;
            box-shadow: 0 0 5px rgba(0, 0, 0, .6); pointer-events: none; }
.explore { display: grid; gap: 1rem; align-items: start; grid-template-columns:
           minmax(0, 250px) minmax(0, 1fr) minmax(0, 1.2fr); }
.twins { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
.walk-stage { display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; }
.walk-view { width: 150px; min-width: 150px; }
.step { padding: 1rem; text-align: left; display: flex; flex-direction: column; gap: .3rem;
        text-decoration: none; color: var(--ink) !important; }
.taste { max-width: 100%; image-rendering: pixelated; border-radius: 6px; display: block; }
.lamps { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem .8rem; }
.lamps > .quiet, .lamp.on { grid-column: 1 / -1; }
.lamp { display: flex; gap: .6rem; align-items: baseline; }
.lamp i { width: 12px; height: 12px; border-radius: 50%; flex: none; background: #1f9d5c;
          align-self: center; }
.lamp.on i { background: #e0453a; box-shadow: 0 0 6px #e0453a; }
.verdict { display: flex; flex-direction: column; gap: .45rem; margin-top: .9rem; }
.lamp.off i { background: none; border: 2px solid var(--quiet); }
.moment { margin: 0; text-align: center; min-width: 0; }
/* Blue and red letters on dark ground are light ones, with a contrast of 4.5. */
body.body--dark :is(.q-btn--outline, .q-btn--flat, .q-icon) {
        --q-primary: #8ab8f5; --q-negative: #ff9d94; --q-positive: #6fd3a0; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem .9rem; }
.facts > :nth-child(odd) { color: var(--quiet); }
.facts > * { overflow-wrap: anywhere; }
.paper { width: 100%; height: 78vh; border: 1px solid var(--line); border-radius: 10px;
         background: #fff; }
/* Where the keyboard is. Quasar's layer forbids its buttons an outline, so they get a shadow; its
   choices hide what is focused, so their box is ringed. */
.q-btn:focus-visible, .q-toggle:focus-visible, .q-uploader a:focus-visible {
        box-shadow: 0 0 0 2px var(--card), 0 0 0 5px var(--ring) !important; }
body :focus-visible, .q-field:has(input:focus-visible) .q-field__control {
        outline: 3px solid var(--ring) !important; outline-offset: 2px; }
.q-field:has(input:focus-visible) input { outline: none !important; }
.q-field:has(input:focus-visible) .q-field__control { border-radius: 4px; }
.content:focus-visible { outline: none !important; }
@media (max-width: 1000px) { .explore { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
        .explore-form { grid-column: 1 / -1; } }
@media (max-width: 820px) { .side-by-side, .explore { grid-template-columns: minmax(0, 1fr); }
        .content { padding: .7rem .6rem 1.5rem; } .facts { grid-template-columns: 1fr; gap: 0; }
        .drop { width: 100%; border: 2px dashed var(--line) !important; border-radius: 10px;
        background: var(--soft); color: var(--ink); }
.drop .q-uploader__header { background: none; color: var(--ink); border-radius: 10px; }
.drop .q-uploader__header-content { padding: 1rem .8rem; }
.drop .q-uploader__subtitle, .drop .q-uploader__list { display: none; }
.drop .q-uploader__title { white-space: normal; line-height: 1.35; font-weight: 500; }
.q-expansion-item .form, .q-expansion-item__content { width: 100%; }
.tiles.steps { grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); }
.tiles { grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); } }
"""
