"""Trains and judges what stands in benchmarks/quality.md: `python benchmarks/quality.py [ROW...]`.

    python benchmarks/quality.py                      the shipped recipes, at their own length
    python benchmarks/quality.py --pairs --budget N   every objective with every family, N images
    python benchmarks/quality.py digits --seeds 0 1   one row

Runs lie in `--runs`; those that were finished are not trained again, and those that were stopped
go on. Every run is judged by both extractors of its data (`sparring evaluate`). What came out is
kept in quality.json, from which the tables are drawn, so that they may grow over many calls. What
a recipe came to before it was changed is not drawn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import marked
from measured import Result, hash_of, judged
from plan import NETWORKS, OBJECTIVES, Entry, best, pairs, sounds
from sparring.core.errors import Interrupted, UserError
from sparring.core.files import atomic_write
from sparring.core.recipe import Recipe, parse_override

RESULTS = Path(__file__).with_name("quality.json")
TABLE = Path(__file__).with_name("quality.md")
READMES = tuple(Path(__file__).parents[1] / name for name in ("README.md", "README.zh.md"))
Columns = tuple[tuple[str, str], ...]  # figures and their titles; a distance has its floors too
PICTURES: Columns = (
    ("frechet", "Fréchet"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("coverage", "coverage"),
    ("label_accuracy", "labels right"),
    ("class_tv", "class shift"),
    ("worst_class", "worst class"),
    ("cas", "CAS"),
    ("near_copies", "near copies"),
    ("memorisation", "nearer to training"),
)
CONFIRMED: Columns = (  # by the second look
    ("frechet", "Fréchet"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("coverage", "coverage"),
    ("label_accuracy", "labels right"),
    ("near_copies", "near copies"),
    ("memorisation", "nearer to training"),
)
MODES: Columns = (("modes", "modes"), ("mode_kl", "KL to uniform"))
SHORT = (  # what the README tells, by which look
    ("frechet", 0),
    ("frechet", 1),
    ("label_accuracy", 0),
    ("coverage", 0),
    ("worst_class", 0),
    ("cas", 0),
)
SOUNDS: Columns = (
    ("label_accuracy of digit", "digit right"),
    ("label_accuracy of speaker", "speaker right"),
    ("kernel", "kernel"),
    ("frechet", "Fréchet"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("coverage", "coverage"),
    ("near_copies", "near copies"),
    ("aligned_copies", "near copies, aligned"),
)


def row(name: str, results: list[Result], columns: Columns, look: int) -> str | None:
    """One line of a table; None where nothing was run."""
    done = [result for result in results if "figures" in result]
    failed = " ".join(str(result["seed"]) for result in results if "figures" not in result)
    if not done:
        return f"| `{name}` | failed with seeds {failed} |" if failed else None
    if not any(readings(done, figure, look) for figure, _ in columns):
        return None
    shown = statistics.mean(result["shown"] for result in done)
    seeds = " ".join(str(result["seed"]) for result in done)
    cells = [f"`{name}`", f"{shown:,.0f}", seeds + (f" (failed: {failed})" if failed else "")]
    cells.append(minutes_of(done))
    for figure, _ in columns:
        cells += [cell(readings(done, figure, look))]
        if figure == "frechet":
            cells += [times_floor(done, look)]
    return f"| {' | '.join(cells + ([] if look else [found_in(done)]))} |"


def minutes_of(done: list[Result]) -> str:
    """What trainings took in the mean, with the device where it was no processor, each apart."""
    took: dict[str, list[float]] = {}
    for result in done:
        device = result.get("device", "cpu")
        took.setdefault("" if device.startswith("cpu") else f" ({device})", []).append(
            result["seconds"] / 60
        )
    return ", ".join(f"{statistics.mean(took[place]):.1f}{place}" for place in sorted(took))


def found_in(done: list[Result]) -> str:
    """What the health check said during these trainings, and after how many samples first."""
    first: dict[str, dict[int, int]] = {}  # by finding and seed
    for result in done:
        for name, samples in result.get("findings", ()):
            first.setdefault(name, {}).setdefault(result["seed"], samples)
    said = [
        f"{name} at {', '.join(f'{samples:,} (seed {seed})' for seed, samples in seeds.items())}"
        for name, seeds in first.items()
    ]
    said += [f"not kept (seed {result['seed']})" for result in done if "findings" not in result]
    return "; ".join(said) or "nothing"


def readings(done: list[Result], figure: str, look: int) -> list[list[float | None]]:
    """Pairs of value and floor, one for each seed that has them."""
    of_all = [result["figures"].get(figure, []) for result in done]
    return [looks[look] for looks in of_all if len(looks) > look]


def cell(pairs: list[list[float | None]]) -> str:
    """Mean over seeds, the spread between them, and the floor."""
    values = [value for value, _ in pairs if value is not None]
    floors = [floor for _, floor in pairs if floor is not None]
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    floor = f" ({in_digits(statistics.mean(floors))})" if floors else ""
    return f"{in_digits(statistics.mean(values))}{spread}{floor}"


def in_digits(value: float) -> str:
    """Three that count, without powers of ten."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def times_floor(done: list[Result], look: int) -> str:
    """The distance as a multiple of its floor."""
    pairs = readings(done, "frechet", look)
    ratios = [value / floor for value, floor in pairs if value and floor]
    return f"{statistics.mean(ratios):.1f}" if ratios else "-"


def slug(entry: Entry, seed: int) -> str:
    """The folder of a row's run; pairs of another length are others."""
    lengths = [s.removeprefix("samples=") for s in entry.settings if s.startswith("samples=")]
    return "-".join([entry.name.replace(" ", "-").replace(",", ""), *lengths, str(seed)])


def key(entry: Entry) -> str:
    """Under which name a row's results are kept; pairs of another length are others."""
    return slug(entry, 0).removesuffix("-0")


def is_current(entry: Entry, result: Result) -> bool:
    """Whether the recipe is still the one of this result; the oldest results do not tell."""
    settings = dict(parse_override(text) for text in entry.settings)
    return result.get("recipe") in (None, hash_of(Recipe.read(entry.recipe, settings)))


def table(entries: list[Entry], kept: dict[str, list[Result]], columns: Columns, look: int) -> str:
    """Markdown of all rows that have results."""
    heads = ["row", "images shown", "seeds", "minutes"]
    for figure, title in columns:
        heads += [title, "times the floor"] if figure == "frechet" else [title]
    heads += [] if look else ["found by the health check"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for entry in entries:
        lines.append(row(entry.name, current(entry, kept), columns, look) or "")
    return "\n".join(filter(None, lines))


def glance(length: int, kept: dict[str, list[Result]]) -> str:
    """Markdown of every pair's distance as a multiple of its floor, by both looks.

    A line for each objective; "failed" where a pair came to nothing, blank where it was not tried.
    """
    cells = {}
    for entry in pairs(length, ()):
        done = figures(entry, kept)
        tried = "failed" if current(entry, kept) else ""
        cells[entry.name] = f"{times_floor(done, 0)} / {times_floor(done, 1)}" if done else tried
    lines = [f"| | {' | '.join(f'`{n}`' for n in NETWORKS)} |", f"|{'---|' * (len(NETWORKS) + 1)}"]
    for objective in OBJECTIVES:
        line = " | ".join(cells[f"{network} {objective}"] for network in NETWORKS)
        lines.append(f"| `{objective}` | {line} |")
    return "\n".join(lines)


def keep(kept: dict[str, list[Result]], entry: Entry, result: Result) -> None:
    """Put a result in the place of an older one of the same row and seed, and write the file."""
    others = [old for old in kept.get(key(entry), []) if old["seed"] != result["seed"]]
    kept[key(entry)] = sorted([*others, result], key=lambda each: each["seed"])
    atomic_write(RESULTS, (json.dumps(kept, indent=1) + "\n").encode())


def longest(kept: dict[str, list[Result]]) -> int:
    """Images shown to each pair in the table: as many as most pairs were shown, then the most."""
    lengths = {int(tail) for name in kept if (tail := name.rpartition("-")[2]).isdigit()}
    measured = {n: sum(bool(figures(entry, kept)) for entry in pairs(n, ())) for n in lengths}
    return max(measured, key=lambda n: (measured[n], n), default=0)


def current(entry: Entry, kept: dict[str, list[Result]]) -> list[Result]:
    """What a row came to as it is set today."""
    return [each for each in kept.get(key(entry), []) if is_current(entry, each)]


def figures(entry: Entry, kept: dict[str, list[Result]]) -> list[Result]:
    """The same without the seeds that failed."""
    return [each for each in current(entry, kept) if "figures" in each]


def publish(kept: dict[str, list[Result]]) -> None:
    """Put the tables between their marks in quality.md."""
    length = longest(kept)
    measured, stacked = pairs(length, ()), [e for e in best() if e.recipe == "stacked_digits"]
    tables = {
        "best": table(best(), kept, PICTURES, 0),
        "confirmed": table(best(), kept, CONFIRMED, 1),
        "modes": table(stacked, kept, MODES, 0),
        "modes confirmed": table(stacked, kept, MODES, 1),
        "pairs at a glance": glance(length, kept),
        "pairs": table(measured, kept, PICTURES, 0),
        "pairs confirmed": table(measured, kept, CONFIRMED, 1),
        "sounds": table(sounds(), kept, SOUNDS, 0),
        "sounds confirmed": table(sounds(), kept, SOUNDS, 1),
    }
    for mark, lines in tables.items():
        marked.store(TABLE, mark, lines.splitlines())
    for page in READMES:
        retell(page, kept)


def retell(page: Path, kept: dict[str, list[Result]]) -> None:
    """Put the figures of shipped recipes into the table of a README, whose heads are its own."""
    before, begin, rest = page.read_text(encoding="utf-8").partition("<!-- quality -->")
    inside, end, after = rest.partition("<!-- /quality -->")
    rows = {}
    for entry in best():
        if done := figures(entry, kept):
            shown = Recipe.read(entry.recipe, dict(map(parse_override, entry.settings))).samples
            cells = [f"`{entry.name}`", f"{shown:,}", " ".join(str(r["seed"]) for r in done)]
            cells += [
                minutes_of(done),
                *(cell(readings(done, *each)) for each in SHORT),
            ]
            rows[cells[0]] = f"| {' | '.join(cells)} |"
    lines = [rows.get(line.partition("| ")[2].partition(" |")[0], line) for line in
             inside.splitlines()]  # fmt: skip
    atomic_write(page, f"{before}{begin}{chr(10).join(lines)}\n{end}{after}".encode())


def main() -> None:
    """Train, judge and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", help="names of rows; all where none is given")
    parser.add_argument("--pairs", action="store_true", help="objectives with families instead")
    parser.add_argument("--budget", type=int, default=600_000, help="images shown to each pair")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=0, help="of each training; 0 = all cores")
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"))
    parser.add_argument("--table", action="store_true", help="only draw the tables anew")
    given = parser.parse_args()
    entries = pairs(given.budget, tuple(given.seeds)) if given.pairs else [*best(), *sounds()]
    chosen = [replace(e, seeds=tuple(given.seeds)) for e in entries
              if not given.rows or e.name in given.rows]  # fmt: skip
    if not chosen:
        parser.error(f"no such row; there are: {', '.join(e.name for e in entries)}")
    kept: dict[str, list[Result]] = {}
    if RESULTS.is_file():
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    for seed in given.seeds:  # all rows once before any of them twice
        for entry in [] if given.table else chosen:
            folder = given.runs / slug(entry, seed)
            try:
                result = judged(folder, entry, seed, threads=given.threads)
            except Interrupted as error:
                sys.exit(f"{entry.name}, seed {seed}: {error}")
            except UserError as error:
                print(f"{entry.name}, seed {seed}: {error}", file=sys.stderr, flush=True)
                result = {"seed": seed, "failed": str(error)}
            keep(kept, entry, result)
            publish(kept)
    publish(kept)


if __name__ == "__main__":
    main()
