"""Do the detectors speak where a training fails, and only there?

Runs every recipe in `recipes/failures` and shortened healthy ones for several seeds, and writes
what was found into docs/health.md. Results are kept in benchmarks/health.json; what is in there is
not run again. Seed 0 is what thresholds were chosen on, and stays out of the table.

    python benchmarks/health.py --seeds 0 1 2 3 --jobs 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sparring.core.files import atomic_write
from sparring.core.recipe import failing

RESULTS = Path(__file__).with_name("health.json")
PAGE = Path(__file__).parents[1] / "docs" / "health.md"
BEGIN, END = "<!-- proof -->", "<!-- end of proof -->"
LOOKS = [
    "judge.every=4_000",
    "judge.count=500",
    "judge.budget=1.0",
]  # as often as in those that are made to fail
HEALTHY = {
    "digits_quick": 24_000,
    "digits": 24_000,
    "fashion": 24_000,
    "dcgan_relativistic": 24_000,
    "dcgan_non_saturating": 40_000,
}
TUNED_ON = 0


def expected(name: str) -> str:
    """The finding that a recipe is made for; empty for healthy ones."""
    if name in HEALTHY:
        return ""
    return str(tomllib.loads(failing()[name].read_text())["expected"]["finding"])


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train one recipe in a process of its own; its findings and how long it took."""
    # One precision for all, as "auto" goes by the clock and would not give the same run twice.
    settings = [f"seed={seed}", "training.threads=1", "training.precision=float32"]
    if name in HEALTHY:
        settings += [f"samples={HEALTHY[name]}", *LOOKS]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "sparring", "train", name, *settings]
        done = subprocess.run(
            [*command, "--out", str(run), "--quiet"], capture_output=True, text=True
        )
        if done.returncode not in (0, 4):
            raise RuntimeError(f"{name} with seed {seed}: {done.stderr}")
        facts = json.loads((run / "manifest.json").read_text())
    onsets: dict[str, int] = {}
    for finding in facts["health"]:
        onsets.setdefault(finding["name"], finding["samples"])
    return {
        "recipe": name,
        "seed": seed,
        "expected": expected(name),
        "findings": onsets,
        "best": facts.get("best", {}),
        "seconds": facts["seconds"],
        "judging": facts["judging"],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Detected, missed and false alarms, in Markdown."""
    judged = [row for row in rows if row["seed"] != TUNED_ON]
    failed = [row for row in judged if row["expected"]]
    healthy = [row for row in judged if not row["expected"]]
    caught = sum(row["expected"] in row["findings"] for row in failed)
    alarms = sum(bool(row["findings"]) for row in healthy)
    lines = [
        f"Detected: {caught} of {len(failed)} failing trainings. False alarms: {alarms} of "
        f"{len(healthy)} healthy ones. Seeds {', '.join(map(str, _seeds(judged)))}; thresholds "
        f"were chosen on seed {TUNED_ON}.",
        "",
        "| training | must be found | found, and after how many samples, for each seed |",
        "|---|---|---|",
    ]
    for name in dict.fromkeys(row["recipe"] for row in judged):
        mine = sorted((row for row in judged if row["recipe"] == name), key=lambda r: r["seed"])
        cells = [_cell(row) for row in mine]
        lines.append(f"| `{name}` | {mine[0]['expected'] or 'nothing'} | {'; '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any]) -> str:
    wanted, found = row["expected"], row["findings"]
    if not wanted:
        return ", ".join(f"{n} {at:,}" for n, at in found.items()) or "nothing"
    others = [name for name in found if name != wanted]
    also = f" (also {', '.join(others)})" if others else ""
    return (f"{found[wanted]:,}" if wanted in found else "**missed**") + also


def _seeds(rows: Sequence[dict[str, Any]]) -> list[int]:
    return sorted({row["seed"] for row in rows})


def main() -> None:
    """Run what is missing, then write JSON and page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--only", nargs="+", default=[*failing(), *HEALTHY])
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    known = {(row["recipe"], row["seed"]) for row in rows}
    wanted = [(name, seed) for seed in asked.seeds for name in asked.only]
    with ThreadPoolExecutor(asked.jobs) as pool:
        for row in pool.map(lambda pair: measure(*pair), [w for w in wanted if w not in known]):
            rows.append(row)
            rows.sort(key=lambda r: (not r["expected"], r["recipe"], r["seed"]))
            atomic_write(RESULTS, (json.dumps(rows, indent=1) + "\n").encode())
            print(row["recipe"], row["seed"], _cell(row), file=sys.stderr, flush=True)
    if PAGE.is_file():
        before, _, rest = PAGE.read_text().partition(BEGIN)
        text = f"{before}{BEGIN}\n{table(rows)}\n{END}{rest.partition(END)[2]}"
        atomic_write(PAGE, text.encode())


if __name__ == "__main__":
    main()
