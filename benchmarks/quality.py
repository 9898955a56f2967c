"""Trains and judges what stands in benchmarks/quality.md: `python benchmarks/quality.py [ROW...]`.

    python benchmarks/quality.py                      the shipped recipes, at their own length
    python benchmarks/quality.py --pairs --budget N   every objective with every family, N images
    python benchmarks/quality.py digits --seeds 0 1   one row

Runs lie in `--runs`; those that were finished are not trained again, and those that were stopped
go on. Every run is judged by both extractors of its data (`sparring evaluate`), and the tables are
drawn from all reports that there are, so that a long table may grow over many calls.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import sparring
from plan import Entry, best, pairs
from sparring.core.errors import TrainingFailed, UserError
from sparring.core.recipe import parse_override

FAILED = "failed.txt"  # why a training or its judging came to no end
TABLE = Path(__file__).with_name("quality.md")
COLUMNS = (
    ("frechet", "Fréchet"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("coverage", "coverage"),
    ("label_accuracy", "labels right"),
    ("class_tv", "class shift"),
    ("cas", "CAS"),
    ("near_copies", "near copies"),
)


def trained(folder: Path, entry: Entry, seed: int, threads: int) -> sparring.Run:
    """The finished run of one row and seed."""
    settings = dict(parse_override(text) for text in entry.settings)
    settings |= {"seed": seed, "training.threads": threads}
    if not (folder / "recipe.json").is_file():
        return sparring.train(entry.recipe, settings, out=folder)
    return sparring.resume(folder, inexact=True)


def judged(folder: Path, entry: Entry, seed: int, *, threads: int, quick: bool) -> dict[str, Any]:
    """The report of one row and seed, made where it is missing."""
    path = folder / "report" / "report.json"
    if not path.is_file():
        run = trained(folder, entry, seed, threads)
        report = sparring.evaluate(run.folder, entry.data, quick=quick, hear=lambda _: None)
        report.save(path.parent)
        print(report.sentence, file=sys.stderr, flush=True)
    return json.loads(path.read_text(encoding="utf-8"))


def row(entry: Entry, runs: Path) -> str | None:
    """One line of the table from the reports that exist; None where there are none."""
    reports, manifests, seeds, failed = [], [], [], []
    for seed in entry.seeds:
        folder = runs / slug(entry, seed)
        path = folder / "report" / "report.json"
        if path.is_file():
            reports.append(json.loads(path.read_text(encoding="utf-8")))
            manifests.append(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
            seeds.append(str(seed))
        elif (folder / FAILED).is_file():
            failed.append(str(seed))
    if not reports:
        return f"| `{entry.name}` | failed with seeds {' '.join(failed)} |" if failed else None
    shown = statistics.mean(report["subject"]["samples_shown"] for report in reports)
    minutes = statistics.mean(facts["seconds"] for facts in manifests) / 60
    lost = f" (failed: {' '.join(failed)})" if failed else ""
    cells = [f"`{entry.name}`", f"{shown:,.0f}", " ".join(seeds) + lost, f"{minutes:.1f}"]
    for figure, _ in COLUMNS:
        cells += [cell(reports, figure, 0)]
        if figure == "frechet":
            cells += [cell(reports, figure, 1), times_floor(reports)]
    return f"| {' | '.join(cells)} |"


def cell(reports: list[dict[str, Any]], figure: str, look: int) -> str:
    """Mean over seeds, the spread between them, and the floor."""
    values, floors = [], []
    for report in reports:
        for score in report["scores"]:
            if score["figure"] == figure and len(score["readings"]) > look:
                reading = score["readings"][look]
                values.append(reading["value"])
                if reading["floor"]:
                    floors.append(reading["floor"]["value"])
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    floor = f" ({statistics.mean(floors):.3g})" if floors else ""
    return f"{statistics.mean(values):.3g}{spread}{floor}"


def times_floor(reports: list[dict[str, Any]]) -> str:
    """The distance as a multiple of its floor, by both looks."""
    ratios: list[list[float]] = [[], []]
    for report in reports:
        for score in report["scores"]:
            if score["figure"] == "frechet":
                for look, reading in enumerate(score["readings"]):
                    if reading["floor"]:
                        ratios[look].append(reading["value"] / reading["floor"]["value"])
    return " / ".join(f"{statistics.mean(each):.1f}" for each in ratios if each) or "-"


def slug(entry: Entry, seed: int) -> str:
    """The folder of a row's run; pairs of another length are others."""
    lengths = [s.removeprefix("samples=") for s in entry.settings if s.startswith("samples=")]
    return "-".join([entry.name.replace(" ", "-").replace(",", ""), *lengths, str(seed)])


def table(entries: list[Entry], runs: Path) -> str:
    """Markdown of all rows that have reports."""
    heads = ["row", "images shown", "seeds", "minutes"]
    for figure, title in COLUMNS:
        heads += [title]
        if figure == "frechet":
            heads += ["by the second look", "times the floor"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join(lines + [line for line in (row(e, runs) for e in entries) if line])


def publish(runs: Path, budget: int) -> None:
    """Put the tables between their marks in quality.md."""
    text = TABLE.read_text(encoding="utf-8")
    seeds = tuple(range(3))
    for mark, entries in (("best", best()), ("pairs", pairs(budget, seeds))):
        begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table(entries, runs)}\n{end}{after}"
    TABLE.write_text(text, encoding="utf-8")


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
    parser.add_argument("--quick", action="store_true", help="leave slow metrics out")
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"))
    parser.add_argument("--table", action="store_true", help="only draw the tables anew")
    given = parser.parse_args()
    entries = pairs(given.budget, tuple(given.seeds)) if given.pairs else best()
    chosen = [replace(e, seeds=tuple(given.seeds)) for e in entries
              if not given.rows or e.name in given.rows]  # fmt: skip
    if not chosen:
        parser.error(f"no such row; there are: {', '.join(e.name for e in entries)}")
    for seed in given.seeds:  # all rows once before any of them twice
        for entry in [] if given.table else chosen:
            folder = given.runs / slug(entry, seed)
            try:
                judged(folder, entry, seed, threads=given.threads, quick=given.quick)
            except (TrainingFailed, UserError) as error:
                print(f"{entry.name}, seed {seed}: {error}", file=sys.stderr, flush=True)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / FAILED).write_text(f"{error}\n", encoding="utf-8")
            publish(given.runs, given.budget)
    publish(given.runs, given.budget)


if __name__ == "__main__":
    main()
