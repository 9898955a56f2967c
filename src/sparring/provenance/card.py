"""The model card: what a model is, learned from what, and what it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sparring.core.recipe import Recipe
from sparring.core.spec import Spec

FINGERPRINT = "SHA-256 of the values of its weights, in any precision"


class Port(NamedTuple):
    """An input or the output of an exported graph.

    Attributes:
        name: as the graph has it.
        kind: kind and shape of its numbers.
        meaning: in words.
        classes: what each number stands for, where it is a label.
    """

    name: str
    kind: str
    meaning: str
    classes: Sequence[str]


DUTY = """\
**What it makes is AI-generated, and the graph does not say so.** Sparring labels every file that it
writes; this graph gives bare numbers. Whoever makes files of them must label these as AI-generated,
as the law of many countries asks; `example.py` does the least: it says so in words. That is no AIGC
label and no recipe, and `sparring verify` therefore calls its file unlabelled. Numbers outside of
what is said above are not refused, and what comes out then means nothing."""
"""What somebody takes over with an exported model."""


def card(
    recipe: Recipe,
    spec: Spec,
    *,
    samples: int,
    model_hash: str,
    licence: str,
    chosen: str,
) -> str:
    """The README.md of a model folder, in Markdown with the front matter that model hubs read."""
    heeded = spec.labels if recipe.conditional else {}
    labels = "; ".join(f"{name}: {', '.join(c)}" for name, c in heeded.items()) or "none"
    use = (
        "It makes nothing by itself"
        if spec.given
        else "Make some: `sparring generate FOLDER --count 16`"
    )
    return f"""---
library_name: sparring
tags: [sparring, gan, {spec.modality}]
---
# {recipe.name}

{recipe.summary or "A model trained with Sparring."}

| | |
|---|---|
| makes | {spec.modality}, shape {_sizes(spec.shape)} |
| from | {_sizes(spec.given) or "nothing but chance and labels"} |
| labels | {labels} |
| method | {recipe.objective["name"]} on {recipe.networks["generator"]["name"]} |
| source | {recipe.source or "not stated"} |
| learned from | {recipe.data["name"]} ({licence}) |
| samples shown | {samples:,} of {recipe.samples:,} |
| of all its checkpoints | {chosen} |
| model | {FINGERPRINT}: `{model_hash}` |
| recipe | SHA-256 `{recipe.hash}` |

{use}. Everything it makes is AI-generated and says so
in its metadata; keep that label when you pass it on.
"""


def exported_card(
    recipe: Recipe,
    spec: Spec,
    *,
    model_hash: str,
    licence: str,
    file: str,
    inputs: Sequence[Port],
    output: Port,
    hashes: Mapping[str, str],
    check: str,
) -> str:
    """The README.md of an exported model: what goes in, what comes out, and what that obliges to.

    Args:
        recipe: what the model was trained by.
        spec: of its data.
        model_hash: of the model that was exported.
        licence: of the data.
        file: the one to open.
        inputs: of the graph, in order.
        output: of the graph.
        hashes: SHA-256 by name of the graph's files.
        check: how far it is from the original.
    """
    files = "\n".join(f"| `{name}` | `{digest}` |" for name, digest in hashes.items())
    return f"""---
tags: [sparring, gan, {spec.modality}]
---
# {recipe.name}, exported

{recipe.summary or "A model trained with Sparring."}

Open `{file}`, as `example.py` in this folder does; a batch may have any size.

{_ports(inputs, output)}

{DUTY}

| | |
|---|---|
| method | {recipe.objective["name"]} on {recipe.networks["generator"]["name"]} |
| source | {recipe.source or "not stated"} |
| learned from | {recipe.data["name"]} ({licence}) |
| checked | {check} |
| model | {FINGERPRINT}: `{model_hash}` |
| recipe | SHA-256 `{recipe.hash}` |

| file | SHA-256 |
|---|---|
{files}
"""


def _ports(inputs: Sequence[Port], output: Port) -> str:
    """What goes in, with the numbers of classes, and what comes out."""
    taken = "\n".join(f"| `{p.name}` | {p.kind} | {p.meaning} |" for p in inputs)
    named = "".join(
        f"- classes of `{p.name}`: {_numbered(p.classes)}\n" for p in inputs if p.classes
    )
    return f"""| input | numbers | meaning |
|---|---|---|
{taken}

{named}
| output | numbers |
|---|---|
| `{output.name}` | {output.kind} |

{output.meaning}"""


def _numbered(classes: Sequence[str]) -> str:
    return ", ".join(f"{number} = {name}" for number, name in enumerate(classes))


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in shape)
