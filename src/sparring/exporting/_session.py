"""One export from beginning to end: a folder that is whole and checked, or none."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from sparring.core import components, files, memory
from sparring.core.errors import UserError
from sparring.exporting import Target
from sparring.exporting._checking import TOLERANCE, check
from sparring.exporting._example import example
from sparring.exporting._graph import SEEDS, Graph, graph_of, kind_of, ports
from sparring.generation.loading import load
from sparring.generation.sampler import Sampler
from sparring.provenance.card import Port, exported_card

EXPORTS = Path("exports")
"""Where folders go that nobody has named."""
SPARE = 4 << 20  # bytes beside the weights


def export(
    model: str | Path | Sampler,
    target: str = "onnx",
    *,
    out: str | Path | None = None,
    trusted: bool = False,
) -> Path:
    """Write a model for other programs: its graph, a card and an example that runs.

    What was written makes the same as the original on 64 seeds, to 1e-4, or to the symbol for
    texts; otherwise nothing stays.

    Args:
        model: a run folder, a model folder or file, the name of a shipped model, or a sampler as
            `load` gives it.
        target: "onnx" or "torch_export".
        out: the folder, which must not be there yet; left out, `exports/NAME-TARGET`.
        trusted: as for `load`.

    Raises:
        CheckFailed: the exported model differs from the original.
        OutOfResources: memory or disk do not suffice.
        UserError: no such target or model, an extra that is not installed, a network that cannot be
            exported, or a folder that is there already.
    """
    form: Target = components.find(components.TARGET, target)()
    require(form)
    sampler = model if isinstance(model, Sampler) else load(model, "cpu", trusted=trusted)
    folder = Path(out) if out is not None else EXPORTS / f"{sampler.recipe.name}-{target}"
    if folder.exists():
        raise UserError(f"{folder} is there already; delete it, or name another folder with --out.")
    with memory.enough():
        graph = graph_of(sampler)
        needed = sum(t.nbytes for t in graph.state_dict().values()) + SPARE
        files.require_space(folder.parent, needed)
        draft = files.temporary(folder)
        try:
            with files.writing(folder, needed):
                draft.mkdir(parents=True)
                _fill(draft, form, graph, sampler)
                draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    files.sync_folder(folder.parent)
    return folder


def require(target: Target) -> None:
    """Make sure that the packages of a target are installed.

    Raises:
        UserError: they are not; the message has the command that installs them.
    """
    missing = [name for name in target.packages if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"This needs {', '.join(missing)}; install what is missing with: "
            'pip install "sparring[export]"'
        )


def _fill(folder: Path, target: Target, graph: Graph, sampler: Sampler) -> None:
    """All files, after what was exported has passed its check."""
    target.write(graph, folder)
    difference = check(graph, target.opened(folder, graph))
    hashes = {path.name: files.sha256(path) for path in sorted(folder.iterdir())}
    elsewhere = sampler.modality.elsewhere()
    for name, content in elsewhere.files.items():
        files.atomic_write(folder / name, content)
    files.atomic_write(folder / "example.py", example(target, graph, elsewhere).encode())
    inputs = [
        Port(name, kind, graph.meanings[name], graph.label_sets.get(name, ()))
        for name, kind in ports(graph).items()
    ]
    few = graph(*(rows[:1] for rows in graph.inputs.values()))
    meaning = f"{graph.about} {elsewhere.meaning}".strip()
    text = exported_card(
        sampler.recipe.without_paths(),
        sampler.spec,
        model_hash=sampler.model_hash,
        licence=str(sampler.facts["licence"]),
        file=target.file,
        inputs=inputs,
        output=Port(graph.output, kind_of(few), meaning, ()),
        hashes=hashes,
        check=f"differs by {difference:.1e} at most on {SEEDS} seeds ({TOLERANCE:.0e} is allowed)",
    )
    files.atomic_write(folder / "README.md", text.encode())
