"""Do the detectors speak where a training fails, and only there?

Trains every recipe in `recipes/failures` and every other one, shortened, for several seeds, and
writes what was found into docs/health.md. Results are kept in benchmarks/health.json after each
training; what is in there is not run again, unless the recipe has changed since or `--again` asks
for it. Seed 0 is what recipes were made to fail with, and stays out of the table.

    python benchmarks/health.py --seeds 0 1 2 3 --jobs 1
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sparring.core.files import atomic_write, read_rows
from sparring.core.recipe import Recipe, failing, shipped, to_toml
from sparring.training import detectors

RESULTS = Path(__file__).with_name("health.json")
PAGE = Path(__file__).parents[1] / "docs" / "health.md"
BEGIN, END = "<!-- proof -->", "<!-- end of proof -->"
LOOKS = {"judge.every": 4_000, "judge.count": 500, "judge.budget": 1.0}  # as in failing recipes
SHORTENED = 24_000  # the length of a healthy training: six looks, of which three are judged
LONGER = {  # larger batches, so that as many samples are fewer steps
    **dict.fromkeys([name for name in shipped() if name.startswith("dcgan_")], 40_000),
    "digits_r3gan": 40_000,
    "tutorial": 128_000,
    "tutorial_minimax": 128_000,
}
DEMONSTRATIONS = ("tutorial", "tutorial_minimax")  # of trainings that stall, with no fixed outcome
PICTURES = "noto-emoji-72/png72.tar.gz"  # in $SPARRING_DATA; somebody's own pictures
TRIED_WITH = 0
SIGNS = {  # which end is the bad one, and where detectors begin to mind
    "diversity": (min, detectors.SCATTERED),
    "duplicates": (max, detectors.TWINS),
    "classes": (min, detectors.COVERED),
    "heeded": (min, detectors.MATCHED),
    "told_apart": (max, detectors.APART),
    "known_by_heart": (max, detectors.BY_HEART),
    "copies": (max, detectors.COPIED),
    "slope_generator": (min, detectors.FAINT),
    "waiting": (max, detectors.WAITING),
}


def kind_of(name: str) -> str:
    """What a recipe is for: "failing", "healthy" or a "demonstration"."""
    if name in failing():
        return "failing"
    return "demonstration" if name in DEMONSTRATIONS else "healthy"


def prepared(name: str, seed: int, folder: Path) -> tuple[Recipe, int]:
    """The recipe as it is trained here, and its full length."""
    # One precision for all, as "auto" goes by the clock and would not give the same run twice.
    settings: dict[str, Any] = {"seed": seed, "training.threads": 1}
    settings["training.precision"] = "float32"
    table = tomllib.loads((shipped() | failing())[name].read_text())
    if kind_of(name) != "failing":
        settings |= LOOKS | {"samples": min(LONGER.get(name, SHORTENED), table["samples"])}
    if table["data"]["name"] == "image_folder":
        settings["data.path"] = str(folder / "png72")
    return Recipe.read(name, settings), table["samples"]


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train one recipe in a process of its own; its findings and how long it took."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        recipe, full = prepared(name, seed, folder)
        if recipe.data["name"] == "image_folder":
            with tarfile.open(Path(os.environ["SPARRING_DATA"]) / PICTURES) as archive:
                archive.extractall(folder, filter="data")
        file, run = folder / f"{name}.toml", folder / "run"
        file.write_text(to_toml(recipe))
        command = [sys.executable, "-m", "sparring", "train", str(file), "--out", str(run)]
        done = subprocess.run([*command, "--quiet"], capture_output=True, text=True)
        if done.returncode not in (0, 4):
            raise RuntimeError(f"{name} with seed {seed}: {done.stderr}")
        facts = json.loads((run / "manifest.json").read_text())
        signs = [row for row in read_rows(run / "metrics.jsonl") if not detectors.young([row])]
    onsets: dict[str, int] = {}
    for finding in facts["health"]:
        onsets.setdefault(finding["name"], finding["samples"])
    return {
        "recipe": name,
        "hash": recipe.hash,
        "seed": seed,
        "kind": kind_of(name),
        "expected": str(recipe.expected["finding"]) if name in failing() else "",
        "samples": recipe.samples,
        "full": full,
        "findings": onsets,
        "worst": {
            name: worse(row[name] for row in signs if name in row)
            for name, (worse, _) in SIGNS.items()
            if any(name in row for row in signs)
        },
        "best": facts.get("best", {}),
        "seconds": facts["seconds"],
        "judging": facts["judging"],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Detected, missed and false alarms, in Markdown."""
    judged = [row for row in rows if row["seed"] != TRIED_WITH]
    failed = [row for row in judged if row["kind"] == "failing"]
    healthy = [row for row in judged if row["kind"] == "healthy"]
    missed = [row for row in failed if row["expected"] not in row["findings"]]
    alarmed = [row for row in healthy if row["findings"]]
    seeds = ", ".join(map(str, sorted({row["seed"] for row in judged})))
    lines = [
        f"Detected: {len(failed) - len(missed)} of {len(failed)} failing trainings; missed: "
        f"{_named(missed)}. False alarms: {len(alarmed)} of {len(healthy)} healthy ones"
        f"{': ' + _named(alarmed) if alarmed else ''}. Seeds {seeds}; seed {TRIED_WITH}, with "
        "which recipes were made to fail, does not count.",
        "",
        "| training | samples | must be found | found, and after how many samples, by seed |",
        "|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["recipe"] for row in judged):
        mine = [row for row in judged if row["recipe"] == name]
        first, cells = mine[0], "; ".join(map(_cell, mine))
        length = f"{first['samples']:,}"
        if first["samples"] < first["full"]:
            length += f" of {first['full']:,}"
        wanted = {"failing": first["expected"], "healthy": "nothing"}.get(first["kind"], "–")
        lines.append(f"| `{name}` | {length} | {wanted} | {cells} |")
    return "\n".join([*lines, "", *_margins(healthy)])


def _margins(healthy: Sequence[dict[str, Any]]) -> list[str]:
    """How near healthy trainings came to what detectors mind."""
    lines = ["| sign | minded | the worst single value in any healthy training |", "|---|---|---|"]
    for name, (worse, border) in SIGNS.items():
        seen = [(row["worst"][name], row["recipe"]) for row in healthy if name in row["worst"]]
        if seen:
            value, recipe = worse(seen)
            side = "below" if worse is min else "above"
            lines.append(f"| `{name}` | {side} {border:g} | {value:.3g} (`{recipe}`) |")
    return lines


def _named(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"`{row['recipe']}` with seed {row['seed']}" for row in rows) or "none"


def _cell(row: dict[str, Any]) -> str:
    wanted, found = row["expected"], row["findings"]
    if not wanted:
        return ", ".join(f"{n} {at:,}" for n, at in found.items()) or "nothing"
    others = [name for name in found if name != wanted]
    also = f" (also {', '.join(others)})" if others else ""
    return (f"{found[wanted]:,}" if wanted in found else "**missed**") + also


def store(rows: Sequence[dict[str, Any]]) -> None:
    """Write JSON and page, so that a stop loses nothing."""
    atomic_write(RESULTS, (json.dumps(rows, indent=1) + "\n").encode())
    before, _, rest = PAGE.read_text().partition(BEGIN)
    page = f"{before}{BEGIN}\n{table(rows)}\n{END}{rest.partition(END)[2]}"
    atomic_write(PAGE, page.encode())


def main() -> None:
    """Run what is missing, one recipe after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--only", nargs="+", default=[*failing(), *shipped()])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="also what was run before")
    asked = parser.parse_args()
    order = {name: place for place, name in enumerate([*failing(), *shipped()])}
    stored: list[dict[str, Any]] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    rows = {(row["recipe"], row["seed"]): row for row in stored if row["recipe"] in order}

    def is_due(name: str, seed: int) -> bool:
        known = rows.get((name, seed), {}).get("hash")
        return asked.again or known != prepared(name, seed, Path())[0].hash

    due = [(name, seed) for name in asked.only for seed in asked.seeds if is_due(name, seed)]
    with ThreadPoolExecutor(asked.jobs) as pool:
        for row in pool.map(measure, [name for name, _ in due], [seed for _, seed in due]):
            rows[row["recipe"], row["seed"]] = row
            kinds = ("failing", "healthy", "demonstration")
            store(sorted(rows.values(), key=lambda r: (kinds.index(r["kind"]), order[r["recipe"]],
                                                       r["seed"])))  # fmt: skip
            print(row["recipe"], row["seed"], _cell(row), file=sys.stderr, flush=True)
    if rows and not due:
        store([*rows.values()])


if __name__ == "__main__":
    main()
