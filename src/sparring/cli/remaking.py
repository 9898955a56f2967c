"""What `generate --like FILE` does: makes a file again and says whether it is the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sparring.cli._printing import show
from sparring.cli.checking import LARGEST, read_bytes
from sparring.core.errors import BadData, CheckFailed
from sparring.core.places import printable

if TYPE_CHECKING:
    from sparring.provenance.labelling import Labelling
    from sparring.provenance.verify import Verdict

MOST_THREADS = 256  # that a file may ask for


def remake(
    model: str, like: Path, labels: Labelling, out: Path, device: str, trusted: bool, as_json: bool
) -> None:
    """Write the file again into `out`, as `again-NAME`.

    Raises:
        BadData: it cannot be read or has no recipe, or its model is not here.
        CheckFailed: what was made is not the same, bit for bit.
        UserError: its recipe asks for what is not possible.
    """
    import torch

    from sparring.exporting._engine import as_then
    from sparring.generation import likeness
    from sparring.generation.loading import load
    from sparring.provenance.verify import verify

    name = printable(str(like))
    try:
        content = read_bytes(like, LARGEST)
        verdict = verify(content, like.name)
    except BadData as error:
        raise BadData(f"{name} cannot be made again: {error}.") from error
    facts = verdict.facts
    if facts is None:
        raise BadData(f"{name} cannot be made again: {_without(verdict)}.")
    chosen = Path(model) if model else likeness.find_model(facts)
    same_place = "cpu" if device == "auto" and facts.origin.device == "cpu" else device
    torch.set_num_threads(min(max(1, facts.origin.threads), MOST_THREADS))
    sampler = as_then(load(chosen, same_place, trusted=trusted), facts)
    made = likeness.again(facts, content, like.name, sampler, labels)
    paths = made.generated.write({out / f"again-{like.name}": made.labelled})
    files = [str(path) for path in paths]
    told = {"files": files, "same": made.is_same, "differences": list(made.differences)}
    show(told if as_json else files)
    if not made.is_same:
        reasons = f" ({'; '.join(made.differences)})" if made.differences else ""
        raise CheckFailed(f"{printable(files[0])} is not the same as {name} bit for bit{reasons}.")
    print(f"The same as {name}, bit for bit.", file=sys.stderr)


def _without(verdict: Verdict) -> str:
    """Why a file has no recipe as a whole."""
    if any(layer.name == "recipe" and layer.state == "present" for layer in verdict.layers):
        return (
            "each of its lines has a recipe of its own; give the file of one of these samples, or "
            "samples.md beside it"
        )
    return "no recipe of Sparring can be read in it"
