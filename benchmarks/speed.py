"""Speed and memory of Sparring against what a user would pick instead; writes speed.md.

Everything is measured in this one run, rivals in alternation, each in a process of its own.

    python benchmarks/speed.py [--json results.json] [--quick]

On a machine that others use too, `--clock cpu --cores 1` counts each contender's own seconds on
one core instead of those on the wall.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import venv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import families
import footprint
import tables
from contest import HERE, PYTHON, Contender, contender, contest, say, set_clock
from sparring.data import _idx, mnist
from sparring.data._remote import locate

ROOT = HERE.parent
KERAS = ROOT / ".venv-keras"
KERAS_NEEDS = ("keras==3.15.1", "tensorflow-cpu==2.21.0")
BASELINES = HERE / "baselines"
PARTS = ["tutorial", "overhead", "families", "footprint"]


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        seconds: of one turn.
        rounds: turns that count.
        warm_up: seconds before the first of them; kernels are still being chosen then.
    """

    seconds: float = 6.0
    rounds: int = 7
    warm_up: float = 15.0


WARMER = Effort(seconds=4.0, rounds=5, warm_up=30.0)  # precisions settle late
QUICK = Effort(seconds=2.0, rounds=3, warm_up=3.0)


def keras_python(given: str) -> str:
    """The interpreter of the Keras baseline; its environment is made where there is none."""
    if given:
        return given
    python = KERAS / "bin/python"
    if not python.is_file():
        say(f"making {KERAS.name}")
        venv.create(KERAS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *KERAS_NEEDS], check=True)
    return str(python)


def images() -> Path:
    """MNIST's training images; fetched where they are missing."""
    files: tuple[Any, ...] = mnist.ARCHIVE.files["train"]
    for file in files:
        path = locate(mnist.ARCHIVE.folder, file)
    _idx.read(path)
    return locate(mnist.ARCHIVE.folder, files[0])


def tutorial(effort: Effort, keras: str) -> dict[str, Contender]:
    """The dense pair: Sparring, what users would pick instead, and the bare step."""
    say("tutorial")
    ours, bare = [PYTHON, HERE / "sparring_loop.py"], [PYTHON, BASELINES / "bare_step.py"]
    keras_tutorial = [keras, BASELINES / "keras_tutorial.py", images()]
    script = [PYTHON, BASELINES / "pytorch_script.py", images()]
    commands: dict[str, list[Any]] = {
        "Keras, tutorial as printed": [*keras_tutorial, "--form", "printed"],
        "Keras, tutorial": [*keras_tutorial, "--form", "batches"],
        "Keras, compiled step": [*keras_tutorial, "--form", "compiled"],
        "PyTorch script, 0 workers": [*script, "--workers", "0"],
        "PyTorch script, 2 workers": [*script, "--workers", "2"],
    }
    for precision in families.PRECISIONS:
        given = ["tutorial", f"training.precision={precision}"]
        commands[f"Sparring, {precision}"] = [*ours, *given]
        commands[f"bare step, {precision}"] = [*bare, *given]
    return contest(commands, seconds=effort.seconds, rounds=effort.rounds, warm_up=effort.warm_up)


def settled(recipe: str) -> str:
    """The precision that Sparring itself chooses for a recipe on this machine."""
    with contender(recipe, PYTHON, HERE / "sparring_loop.py", recipe) as loop:
        return loop.facts["precision"]


def overhead(recipe: str, precision: str, effort: Effort) -> dict[str, Contender]:
    """One recipe's loop with and without its average, and the bare step."""
    say(f"overhead of {recipe}")
    given = [recipe, f"training.precision={precision}"]
    loop = [PYTHON, HERE / "sparring_loop.py", *given]
    commands: dict[str, list[Any]] = {
        "loop": loop,
        "loop without average": [*loop, "--no-average"],
        "bare step": [PYTHON, BASELINES / "bare_step.py", *given],
    }
    return contest(commands, seconds=effort.seconds, rounds=effort.rounds, warm_up=effort.warm_up)


def measured(parts: list[str], recipe: str, keras: str, effort: Effort) -> dict[str, Any]:
    """All that was asked for, by part; what tables are made of."""
    warmer = QUICK if effort is QUICK else WARMER
    found: dict[str, Any] = {}
    if "tutorial" in parts:
        found["tutorial"] = tutorial(effort, keras_python(keras))
    if "overhead" in parts:
        found["overhead"] = {
            (name, precision): overhead(name, precision, effort)
            for name in ("tutorial", recipe)
            for precision in [settled(name)]
        }
    if "families" in parts:
        found["families"] = [
            families.measure(name, **asdict(warmer)) for name in families.present()
        ]
    if "footprint" in parts:
        found["memory"] = {
            name: footprint.memory(name, precision)
            for name in ("tutorial", recipe)
            for precision in [settled(name)]
        }
        found["help"] = footprint.help_time()
    return found


def main() -> None:
    """Measure everything and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="where all single measurements go")
    parser.add_argument("--quick", action="store_true", help="a few minutes, to try it out")
    parser.add_argument("--keras", default="", help="interpreter that has Keras and TensorFlow")
    parser.add_argument("--out", type=Path, default=HERE / "speed.md")
    parser.add_argument("--recipe", default="digits", help="the default recipe, for overheads")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--cores", type=int, default=0, help="how many to use; 0 = all")
    chosen = parser.parse_args()
    if chosen.clock == "cpu" and chosen.cores != 1:
        parser.error("several threads wait for each other, which looks like work; use --cores 1")
    set_clock(chosen.clock, chosen.cores)
    effort = QUICK if chosen.quick else Effort()
    found = measured(chosen.parts, chosen.recipe, chosen.keras, effort)
    machine = tables.machine(chosen.clock)
    chosen.out.write_text(tables.report(machine, asdict(effort), found), encoding="utf-8")
    if chosen.json:
        plain = {"machine": machine, "effort": asdict(effort), **tables.plain(found)}
        chosen.json.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    print(chosen.out)


if __name__ == "__main__":
    main()
