"""The report: what was measured, as tables that say which target is met."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

import torch

from contest import Contender, ratio, spread
from families import PRECISIONS, Family
from sparring import __version__
from sparring.core import device as devices

AGAINST_KERAS, AGAINST_SCRIPT = 4.0, 1.5
OVERHEAD, MEMORY, HELP = 0.03, 1.5, 3.0


def machine(clock: str) -> dict[str, Any]:
    """What the figures depend on."""
    facts = devices.describe()
    with devices.threads(0) as used:
        return {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "processor": facts["processor"],
            "threads": used,
            "seconds": "on the wall" if clock == "wall" else "of each process on its core",
            "system": facts["system"],
            "python": platform.python_version(),
            "torch": torch.__version__,
            "sparring": __version__,
            "bfloat16": "native" if facts["fast_bfloat16"] else "emulated",
        }


def report(facts: Mapping[str, Any], effort: Mapping[str, float], found: Mapping[str, Any]) -> str:
    """The whole of speed.md."""
    parts = [_head(facts, effort)]
    if "tutorial" in found:
        parts.append(_against_others(found["tutorial"]))
    if "overhead" in found:
        parts.append(_overheads(found["overhead"]))
    if "families" in found:
        parts.append(_families(found["families"]))
    if "memory" in found:
        parts.append(_memory(found["memory"]))
        parts.append(_help(found["help"]))
    return "\n\n".join(parts) + "\n"


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """All single measurements, as JSON."""
    result = dict(found)
    if "tutorial" in found:
        result["tutorial"] = [rival.to_json() for rival in found["tutorial"].values()]
    if "overhead" in found:
        result["overhead"] = [
            {
                "recipe": name,
                "precision": precision,
                "rivals": [r.to_json() for r in rivals.values()],
            }
            for (name, precision), rivals in found["overhead"].items()
        ]
    if "families" in found:
        result["families"] = [asdict(family) for family in found["families"]]
    return result


def _head(facts: Mapping[str, Any], effort: Mapping[str, float]) -> str:
    listed = "\n".join(f"- {key}: {value}" for key, value in facts.items())
    return (
        "# Speed and memory\n\n"
        "Written by `make bench` (`python benchmarks/speed.py`); what is compared, and how, stands "
        "in [README.md](README.md).\n"
        f"Each figure is the median of {effort['rounds']} turns of about {effort['seconds']:g} s, "
        f"taken in alternation after {effort['warm_up']:g} s of warm-up; brackets hold the least "
        f"and the greatest ratio within one round.\n\n{listed}"
    )


def _against_others(rivals: Mapping[str, Contender]) -> str:
    ours = max(_named(rivals, "Sparring"), key=lambda rival: rival.images_per_second)
    rows = [
        [r.name, f"{r.images_per_second:,.0f}", _times(r, ours), _target_of(rivals, r, ours)]
        for r in rivals.values()
    ]
    return (
        "## The tutorial pair\n\n"
        "The dense pair of 1.51 + 1.49 million weights on MNIST, batch 128, as in "
        "`sparring train tutorial`. Sparring's figures hold their share of previews and "
        "checkpoints at the recipe's own rhythm.\n\n"
        + _table(["training", "images/s", f"{ours.name} is faster by", "target"], rows)
    )


def _target_of(rivals: Mapping[str, Contender], rival: Contender, ours: Contender) -> str:
    if rival.name == "Keras, tutorial":
        return _verdict(_gain(rival, ours) >= AGAINST_KERAS, f"at least {AGAINST_KERAS}")
    script = max(_named(rivals, "PyTorch"), key=lambda r: r.images_per_second)
    if rival is script:
        return _verdict(_gain(rival, ours) >= AGAINST_SCRIPT, f"at least {AGAINST_SCRIPT}")
    return ""


def _named(rivals: Mapping[str, Contender], start: str) -> list[Contender]:
    return [rival for rival in rivals.values() if rival.name.startswith(start)]


def _gain(rival: Contender, ours: Contender) -> float:
    return ratio(rival.image_seconds, ours.image_seconds)


def _times(rival: Contender, ours: Contender) -> str:
    if rival is ours:
        return "1"
    least, greatest = spread(rival.image_seconds, ours.image_seconds)
    return f"{_gain(rival, ours):.2f} [{least:.2f}, {greatest:.2f}]"


def _overheads(found: Mapping[tuple[str, str], Mapping[str, Contender]]) -> str:
    rows = []
    for (recipe, precision), rivals in found.items():
        loop, bare = rivals["loop"], rivals["bare step"]
        without = rivals["loop without average"]
        whole = ratio(loop.image_seconds, bare.image_seconds) - 1
        step = ratio(loop.step_seconds, bare.step_seconds) - 1
        average = ratio(loop.step_seconds, without.step_seconds) - 1
        rows.append(
            [
                f"{recipe}, {precision}",
                f"{1e3 * median(bare.step_seconds):.2f} ms",
                f"{step:+.1%}",
                f"{average:+.1%}",
                _event(loop, "previews", "preview_every"),
                _event(loop, "checkpoints", "checkpoint_every"),
                f"{whole:+.1%}",
                _verdict(whole < OVERHEAD, f"under {OVERHEAD:.0%}"),
            ]
        )
    columns = [
        "recipe", "bare step", "steps of the loop", "of which the average", "previews",
        "checkpoints", "all", "target",
    ]  # fmt: skip
    return (
        "## What the loop costs\n\n"
        "Sparring's loop against a bare step of the same networks and losses "
        "(`baselines/bare_step.py`). Previews and checkpoints: seconds of one, samples from one "
        "to the next, and their share of the bare step's time.\n\n" + _table(columns, rows)
    )


def _event(loop: Contender, event: str, every: str) -> str:
    seconds, samples = loop.event_seconds(event), loop.facts[every]
    share = seconds / (samples / loop.facts["batch"] * median(loop.step_seconds))
    return f"{seconds:.3f} s every {samples:,}: {share:.1%}"


def _families(measured: Sequence[Family]) -> str:
    rows = [
        [
            family.name,
            f"{family.gflop:.1f}",
            *(f"{family.images_per_second[p]:,.0f}" for p in PRECISIONS),
            f"{family.gain[0]:.2f} [{family.gain[1]:.2f}, {family.gain[2]:.2f}]",
            *(f"{family.share[p]:.0%} of {family.peak[p]:,.0f}" for p in PRECISIONS),
        ]
        for family in measured
    ]
    columns = [
        "networks", "GFLOP a step", "images/s, float32", "images/s, bfloat16",
        "bfloat16 is faster by", "share of peak, float32", "share of peak, bfloat16",
    ]  # fmt: skip
    return (
        "## Families of networks: precision, and share of the machine's peak\n\n"
        "Bare steps of both players on MNIST with default settings, non-saturating, batch 64. "
        "Operations are those of products and convolutions in a whole step; the peak, in GFLOP/s, "
        "is that of plain 2048 x 2048 matrix products in the same precision, in turn with the "
        "steps. Warm-up is longer here, because kernels settle late.\n\n" + _table(columns, rows)
    )


def _memory(found: Mapping[str, Mapping[str, int]]) -> str:
    rows = []
    for recipe, peak in found.items():
        times = peak["sparring"] / peak["bare"]
        rows.append(
            [recipe, *(f"{peak[k] / 2**20:,.0f} MiB" for k in ("sparring", "bare")), f"{times:.2f}",
             _verdict(times < MEMORY, f"under {MEMORY}")]
        )  # fmt: skip
    return "## Memory\n\nThe most that each process held at once.\n\n" + _table(
        ["recipe", "`sparring train`", "bare step", "ratio", "target"], rows
    )


def _help(found: Mapping[str, Any]) -> str:
    times = found["help"] / found["typer"]
    torch_too = "imports torch" if found["imports_torch"] else "does not import torch"
    return (
        "## `sparring --help`\n\n"
        f"{found['help']:.3f} s, {times:.2f} times the {found['typer']:.3f} s of "
        f"`python -c 'import typer'` (medians of alternating runs); it {torch_too}. "
        f"Target: {_verdict(times < HELP and not found['imports_torch'], f'under {HELP:g} times')}."
    )


def _verdict(met: bool, target: str) -> str:
    return f"{target}: {'met' if met else '**missed**'}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
