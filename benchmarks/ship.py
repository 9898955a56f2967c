"""Puts a run among the models that come with Sparring: `python benchmarks/ship.py RUN NAME`.

Stores the best generator of the run in half precision, judges it beside the original, and refuses
where all who can see it agree that something was lost: of the fifty readings of a model of texts,
two or three lie beyond their intervals by chance. The folder `src/sparring/weights/NAME` then holds
the weights, `report.json`, and a card with scores, floors, limits and the energy of the
training.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import sparring
from sparring.core import files
from sparring.evaluation.course import Course
from sparring.evaluation.report import Report
from sparring.evaluation.scores import shown_figure
from sparring.generation.model_file import MODEL_FILE, SHIPPED, write_model

LARGEST = 4_000_000  # bytes of one model
LIMITS = """\
It makes what it learned from and nothing else, in the styles of the people and things in its data,
with their gaps and habits. Some samples are malformed, and some are not of the class that was asked
for (see the table). Scores were measured on the held-out part of the same data set; how settings
were chosen is told in `docs/log.md` of the source. It is for learning, tests and demonstrations,
and not for forging anybody's hand, voice or words.
"""


def halved(sampler: sparring.Sampler, folder: Path) -> sparring.Sampler:
    """The same model in half precision, written into `folder` and read back."""
    generator = copy.deepcopy(sampler.generator).half()
    judge = None if sampler.judge is None else copy.deepcopy(sampler.judge).half()
    write_model(folder, generator, sampler.recipe, sampler.spec, sampler.facts, judge)
    return sparring.load(folder)


def scores(report: Report) -> str:
    """The table of a card: figures of both looks, with intervals and floors."""
    looks = [f"{e['name']} ({_accuracy(e)})" for e in report.basis["extractors"]]
    lines = [
        f"{report.basis['counts']['generated']:,} generated against "
        f"{report.basis['counts']['real']:,} held-out samples of `{report.basis['data']['name']}`; "
        f"seed {report.basis['seed']}; {report.basis['device']}. In brackets the 95 % interval, "
        "then what real samples score.",
        "",
        f"| figure | {' | '.join(looks)} |",
        f"|---|{'---|' * len(looks)}",
    ]
    for score in report.verdict.scores:
        cells = [f"{shown_figure(r.figure)}, {shown_figure(r.floor)}" for r in score.readings]
        lines.append(f"| {score.label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _accuracy(extractor: dict[str, Any]) -> str:
    shares = ", ".join(f"{share:.2%}" for share in extractor["accuracy"].values())
    return f"{shares} right on real ones"


def main() -> None:
    """Halve, judge, refuse or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true", help="judge fewer samples, less slowly")
    given = parser.parse_args()
    run = sparring.Run(given.run)
    folder = SHIPPED / given.name
    with tempfile.TemporaryDirectory() as place:
        halves = halved(run.sampler(), Path(place, given.name))
        comparison = sparring.compare(halves, run.sampler(), quick=given.quick)
        print(*comparison.sentences, sep="\n", file=sys.stderr)
        lost = [row.scores[0].label for row in comparison.rows if row.winner(1) > 0]
        if lost:
            sys.exit(f"Half precision costs something ({', '.join(lost)}); nothing was done.")
        report = replace(comparison.reports[0], course=Course.of(run.folder))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(place, given.name), folder)
    energy = run.manifest["energy"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    card += f"\n## Scores\n\n{scores(report)}\n\n## Limits\n\n{LIMITS}\n## Training\n\n"
    facts, hours = run.manifest, energy["kilowatt_hours"]
    found = [f"{each['name']} after {each['samples']:,} samples" for each in facts["health"]]
    card += (
        f"{facts['seconds'] / 60:.1f} minutes, {facts['threads']} thread(s), "
        f"{facts['device_name']}, {hours:.3f} kWh ({energy['basis']}). Seed {run.recipe.seed}. "
        "Weights: Apache-2.0, stored in half precision. Found by the health check on the way: "
        f"{', '.join(found) or 'nothing'}.\n"
    )
    files.atomic_write(folder / "README.md", card.encode())
    files.atomic_write(folder / "report.json", json.dumps(report.to_json(), indent=1).encode())
    size = (folder / MODEL_FILE).stat().st_size
    if size > LARGEST:
        sys.exit(f"{folder / MODEL_FILE} has {size:,} bytes; {LARGEST:,} are allowed.")
    print(folder)


if __name__ == "__main__":
    main()
