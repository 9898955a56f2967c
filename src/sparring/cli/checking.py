"""The verb that checks labels: verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparring.cli._printing import Json, show
from sparring.core.errors import BadData, CheckFailed
from sparring.core.places import printable

if TYPE_CHECKING:
    from sparring.provenance.verify import Verdict

Files = Annotated[list[Path], typer.Argument(help="Pictures, sounds, texts or pages.")]
LARGEST = 512_000_000  # bytes of a file, which is held in memory
LARGEST_BESIDE = 1_000_000


def verify(files: Files, as_json: Json = False) -> None:
    """What the labels of files say, and whether they hold; no label proves where a file is from."""
    from sparring.provenance.verify import NO_PROOF

    verdicts: dict[str, dict[str, Any]] = {}
    lines: list[str] = []
    unread: list[str] = []
    unsound: list[str] = []
    paths = [*dict.fromkeys(map(_whose, files))]
    for path in paths:
        name = printable(str(path))
        try:
            verdict = read(path)
        except BadData as error:
            unread.append(name)
            verdicts[name] = {"error": str(error)}
            print(f"sparring: {name} cannot be verified: {error}.", file=sys.stderr)
            continue
        if not verdict.is_sound:
            unsound.append(name)
        verdicts[name] = verdict.to_json()
        lines += _told(name, verdict)
    lines += [NO_PROOF] if lines else []
    show([{"file": name, **told} for name, told in verdicts.items()] if as_json else lines)
    if unread:
        raise BadData(f"{len(unread)} of {len(paths)} files could not be verified.")
    if unsound:
        raise CheckFailed(f"Labels are not in order: {', '.join(unsound)}.")


def _whose(path: Path) -> Path:
    """The file that a label lies beside, where that is given in its place; others as they are."""
    from sparring.provenance.labelling import BESIDE

    labelled = Path(str(path).removesuffix(BESIDE))
    return labelled if labelled.is_file() else path


def read(path: Path) -> Verdict:
    """The verdict on one file, with the label beside it where there is one.

    Raises:
        BadData: with the bare reason: it cannot be read, is too large or of no known kind.
    """
    from sparring.provenance.labelling import BESIDE
    from sparring.provenance.verify import verify

    content = read_bytes(path, LARGEST)
    try:
        beside = read_bytes(path.with_name(path.name + BESIDE), LARGEST_BESIDE)
    except BadData:
        beside = b""  # there is none, or its name would be too long
    return verify(content, path.name, beside)


def read_bytes(path: Path, most: int) -> bytes:
    """A whole file. Raises BadData, with the bare reason, where it is none or too large."""
    try:
        if not path.is_file():
            raise BadData("it is no file" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise BadData(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(content) > most:
        raise BadData(f"it has more than {most:,} bytes")
    return content


def _told(name: str, verdict: Verdict) -> list[str]:
    width = max(len(layer.name) for layer in verdict.layers)
    return [
        f"{name} ({verdict.kind}): {verdict.says}",
        *(
            f"  {layer.name:{width}}  {layer.state:9}  {layer.says} [{layer.rule}]"
            for layer in verdict.layers
        ),
    ]
