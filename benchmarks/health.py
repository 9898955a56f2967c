"""Do the detectors speak where a training fails, and only there?

Trains every recipe in `recipes/failures` and every other one, shortened, for several seeds, and
writes what was found into docs/health.md. Results are kept in benchmarks/health.json after each
training; what is in there is not run again, unless what decides it has changed since or `--again`
asks for it; until then it is not in the table either. Seed 0 is what recipes were made to fail
with, and stays out of the table.

    python benchmarks/health.py --seeds 0 1 2 3 --jobs 1
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import marked
from sparring.core.files import atomic_write, read_rows
from sparring.core.recipe import Recipe, failing, shipped, to_toml
from sparring.training import detectors

RESULTS = Path(__file__).with_name("health.json")
PAGE = Path(__file__).parents[1] / "docs" / "health.md"
LOOKS = {"judge.every": 4_000, "judge.count": 500, "judge.budget": 1.0}  # as in failing recipes
SHORTENED = 24_000  # the length of a healthy training: six looks, of which three are judged
LONGER = {  # larger batches, so that as many samples are fewer steps; 64,000 earn a score as well
    **dict.fromkeys([name for name in shipped() if name.startswith("dcgan_")], 40_000),
    **dict.fromkeys(["ring", "text", "captions", "captions_likelihood"], 64_000),
    "digits_best": 80_000,
    "digits_r3gan": 40_000,
    "fashion_best": 80_000,
    "stacked_digits": 40_000,
    "tutorial": 128_000,
    "tutorial_minimax": 128_000,
}
BORDERS = (("objective", "warm_up"), ("objective", "head_start"), ("judge", "start"))
LATE = 500  # samples between looks that begin late, with the match
DEMONSTRATIONS = ("tutorial", "tutorial_minimax")  # of trainings that stall, with no fixed outcome
OWN = {"image_folder": "png72", "sound_folder": "drums", "text_file": "texts/potions.txt"}
"""What stands for somebody's own examples."""
PICTURES = "noto-emoji-72/png72.tar.gz"  # in $SPARRING_DATA; somebody's own pictures
EXAMPLES = Path(__file__).parents[1] / "examples"  # where somebody's own are made
SEEDS = (0, 1, 2, 3)
TRIED_WITH = 0
ORDER = [*failing(), *shipped()]
KINDS = ("failing", "healthy", "demonstration")
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


def wanted_of(name: str) -> str:
    """The finding that a recipe must lead to; "" where it is none that is made to fail."""
    if name not in failing():
        return ""
    return str(tomllib.loads(failing()[name].read_text())["expected"]["finding"])


def key_of(recipe: Recipe) -> str:
    """SHA-256 of all of a recipe that decides what is found, of looks and rhythms too.

    Not of its words, nor of what is expected of it: that is asked for when the table is drawn.
    """
    return recipe.hash_without(set())


def is_current(row: dict[str, Any]) -> bool:
    """Whether a training would still be the same."""
    return row["hash"] == key_of(prepared(row["recipe"], row["seed"], Path())[0])


def prepared(name: str, seed: int, folder: Path) -> tuple[Recipe, int]:
    """The recipe as it is trained here, and its full length."""
    # One precision for all, as "auto" goes by the clock and would not give the same run twice.
    settings: dict[str, Any] = {"seed": seed, "training.threads": 1}
    settings["training.precision"] = "float32"
    table = tomllib.loads((shipped() | failing())[name].read_text())
    if kind_of(name) != "failing":
        # What makes nothing by itself cannot be looked at.
        looks = LOOKS if table.get("judge", {}).get("every", 1) else {}
        samples = min(LONGER.get(name, SHORTENED), table["samples"])
        settings |= looks | phases(table, samples / table["samples"]) | {"samples": samples}
    if table["data"]["name"] in OWN:
        settings["data.path"] = str(folder / OWN[table["data"]["name"]])
    if table["data"]["name"] == "text_file":
        settings |= {"data.symbols": "words", "data.length": 32}  # as its guide asks
    return Recipe.read(name, settings), table["samples"]


def phases(table: dict[str, Any], share: float) -> dict[str, Any]:
    """Where the parts of a shortened training begin, so that it still has them all."""
    begins = {
        f"{where}.{border}": int(share * table[where][border])
        for where, border in BORDERS
        if table.get(where, {}).get(border)
    }
    return begins | {"judge.every": LATE} if "judge.start" in begins else begins


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train one recipe in a process of its own; its findings and how long it took."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        recipe, full = prepared(name, seed, folder)
        fill(folder, recipe)
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
        "hash": key_of(recipe),
        "seed": seed,
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


def fill(folder: Path, recipe: Recipe) -> None:
    """Put what stands for somebody's own examples into `folder`, where it is needed."""
    if recipe.data["name"] == "image_folder":
        with tarfile.open(_pictures()) as archive:
            archive.extractall(folder, filter="data")
    elif recipe.data["name"] == "sound_folder":
        _run("drums.py", recipe.data["path"])
    elif recipe.data["name"] == "text_file":
        _run("potions.py", str(Path(recipe.data["path"]).parent))


def _run(example: str, out: str) -> None:
    subprocess.run([sys.executable, str(EXAMPLES / example), "--out", out], check=True)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Detected, missed and false alarms, in Markdown."""
    judged = [row for row in rows if row["seed"] != TRIED_WITH and is_current(row)]
    failed = [row for row in judged if kind_of(row["recipe"]) == "failing"]
    healthy = [row for row in judged if kind_of(row["recipe"]) == "healthy"]
    missed = [row for row in failed if wanted_of(row["recipe"]) not in row["findings"]]
    alarmed = [row for row in healthy if row["findings"]]
    seeds = ", ".join(map(str, sorted({row["seed"] for row in judged})))
    lines = [
        f"{_lacking(judged)}Detected: {len(failed) - len(missed)} of {len(failed)} failing "
        f"trainings; missed: {_named(missed)}. False alarms: {len(alarmed)} of {len(healthy)} "
        f"healthy ones{_lengths(healthy)}{': ' + _named(alarmed) if alarmed else ''}; "
        f"{sum(bool(row['best']) for row in healthy)} have a score. {_took(judged)}Seeds {seeds}; "
        f"seed {TRIED_WITH}, with which recipes were made to fail, does not count.",
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
        wanted = {"failing": wanted_of(name), "healthy": "nothing"}.get(kind_of(name), "–")
        lines.append(f"| `{name}` | {length} | {wanted} | {cells} |")
    return "\n".join([*lines, "", *_margins(healthy)])


def _lacking(judged: Sequence[dict[str, Any]]) -> str:
    """How much of the proof is there, while it is not all."""
    wanted = {(name, seed) for name in ORDER for seed in SEEDS if seed != TRIED_WITH}
    there = wanted & {(row["recipe"], row["seed"]) for row in judged}
    return f"Incomplete: {len(there)} of {len(wanted)} trainings. " if there < wanted else ""


def _took(judged: Sequence[dict[str, Any]]) -> str:
    """How much of their time trainings were looked at."""
    shares = [row["judging"]["share"] for row in judged if row["judging"]["scorings"]]
    if not shares:
        return ""
    median, most = (f"{100 * share:.1f} %" for share in (statistics.median(shares), max(shares)))
    return f"Looks took {median} of the time in the median, {most} at most. "


def _lengths(rows: Sequence[dict[str, Any]]) -> str:
    """Within how many samples nothing may be found."""
    lengths = {row["samples"] for row in rows}
    ends = sorted({min(lengths), max(lengths)} if lengths else [])
    return f", in their first {' to '.join(f'{end:,}' for end in ends)} samples" if ends else ""


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
    wanted, found = wanted_of(row["recipe"]), row["findings"]
    if not wanted:
        return ", ".join(f"{n} {at:,}" for n, at in found.items()) or "nothing"
    others = [name for name in found if name != wanted]
    also = f" (also {', '.join(others)})" if others else ""
    return (f"{found[wanted]:,}" if wanted in found else "**missed**") + also


def store(rows: Sequence[dict[str, Any]]) -> None:
    """Write JSON and page, so that a stop loses nothing."""
    atomic_write(RESULTS, (json.dumps(rows, indent=1) + "\n").encode())
    marked.store(PAGE, "proof", table(rows).splitlines())


def _place(row: dict[str, Any]) -> tuple[int, int, int]:
    return KINDS.index(kind_of(row["recipe"])), ORDER.index(row["recipe"]), row["seed"]


def _pictures() -> Path:
    return Path(os.environ.get("SPARRING_DATA") or "SPARRING_DATA") / PICTURES


def _is_of_pictures(name: str) -> bool:
    return (
        tomllib.loads((shipped() | failing())[name].read_text())["data"]["name"] == "image_folder"
    )


def main() -> None:
    """Run what is missing, one recipe after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--only", nargs="+", default=ORDER, choices=ORDER, metavar="RECIPE")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="also what was run before")
    asked = parser.parse_args()
    stored: list[dict[str, Any]] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    rows = {(row["recipe"], row["seed"]): row for row in stored if row["recipe"] in ORDER}

    def is_due(name: str, seed: int) -> bool:
        return asked.again or (name, seed) not in rows or not is_current(rows[name, seed])

    due = [(name, seed) for name in asked.only for seed in asked.seeds if is_due(name, seed)]
    if any(_is_of_pictures(name) for name, _ in due) and not _pictures().is_file():
        parser.error(f"{_pictures()} is not there: name its folder in SPARRING_DATA.")
    with ThreadPoolExecutor(asked.jobs) as pool:
        for done in as_completed(pool.submit(measure, *each) for each in due):
            row = done.result()
            rows[row["recipe"], row["seed"]] = row
            store(sorted(rows.values(), key=_place))
            print(row["recipe"], row["seed"], _cell(row), file=sys.stderr, flush=True)
    if rows and not due:
        store(sorted(rows.values(), key=_place))


if __name__ == "__main__":
    main()
