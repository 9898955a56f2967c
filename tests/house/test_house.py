"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import sparring
from sparring.generation.model_file import shipped_names

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
CODE = [
    *SOURCES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400, "which two ideas live here?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node, clean=False)
            code = (node.end_lineno or 0) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
            assert code <= 50, f"{node.name} has {code} lines"


def test_no_drawers_without_a_name() -> None:
    banned = {"util", "utils", "helper", "helpers", "common", "misc"}
    assert not [p for p in CODE if banned & {p.stem.lstrip("_"), *p.relative_to(ROOT).parts}]


MODALITIES = {"image", "audio", "text", "music"}  # "points" is a word of curves, too


def tells_modalities_apart(node: ast.AST) -> bool:
    """Whether a comparison, a `match`, a table or a look-up goes by the name of a modality."""

    def names(part: ast.AST | None) -> bool:
        """A modality's name, an expression that ends in `modality`, or a collection with one."""
        match part:
            case ast.Constant(value=str(value)):
                return value in MODALITIES
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name == "modality"
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return any(map(names, parts))
        return False

    match node:
        case ast.Compare(left=left, comparators=others):
            return any(map(names, (left, *others)))
        case ast.Match(subject=subject):
            return names(subject)
        case ast.MatchValue(value=value):
            return names(value)
        case ast.Dict(keys=keys):
            # One such key among others is a field of its own, such as the "text" of a choice.
            known = [isinstance(key, ast.Constant) and names(key) for key in keys]
            return sum(known) > 1 or (all(known) and bool(known))
        case ast.Subscript(slice=place):
            return names(place)
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "startswith"), args=[first, *_]):
            return names(first)
    return False


@pytest.mark.parametrize(
    "code",
    [
        'if spec.modality == "audio": ...',
        'x = 1 if "image" != kind else 2',
        'x = modality in ("text", "music")',
        'match kind:\n case "image": ...',
        "match spec.modality:\n case _: ...",
        'TABLE = {"image": 1, "audio": 2}',
        "TABLE[spec.modality]",
        "TABLE.get(spec.modality)",
    ],
)
def test_asking_for_a_modality_is_noticed(code: str) -> None:
    assert any(map(tells_modalities_apart, ast.walk(ast.parse(code))))


def test_modality_is_asked_nowhere_else() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for path in SOURCES
        if "modalities" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if tells_modalities_apart(node)
    ]
    (refusal,) = found  # of data that a component does not serve
    assert refusal.startswith("src/sparring/core/spec.py:")


def test_help_needs_no_torch() -> None:
    code = (
        "import sys, json, sparring.cli\n"
        "print(json.dumps([m for m in ('torch', 'pydantic', 'numpy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in json.loads(done.stdout)


@pytest.mark.parametrize("model", shipped_names())
def test_generating_needs_no_compiler(model: str) -> None:
    code = (
        "import sys, sparring\n"
        f"sparring.load({model!r}).generate(1, seed=7)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]  # a second's work, for nothing


def test_public_names_are_few_sorted_and_there() -> None:
    assert sparring.__all__ == sorted(sparring.__all__)
    assert len(sparring.__all__) <= 15
    for name in sparring.__all__:
        assert getattr(sparring, name).__doc__, name


def test_public_functions_survive_imports_of_their_rooms() -> None:
    for module in pkgutil.walk_packages(sparring.__path__, "sparring."):
        if module.name != "sparring.__main__":
            importlib.import_module(module.name)
    rooms = {module.name for module in pkgutil.iter_modules(sparring.__path__)}
    assert not rooms & set(sparring.__all__)
    assert all(callable(getattr(sparring, name)) for name in sparring.__all__)


def test_weights_and_pictures_are_small() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    sizes = {
        name: (ROOT / name).stat().st_size for name in tracked if name and (ROOT / name).is_file()
    }
    assert all(size <= 4 * 2**20 for size in sizes.values())
    pictures = {
        n: s for n, s in sizes.items() if n.startswith("docs/") and n.endswith((".png", ".gif"))
    }
    assert all(size < 300_000 for size in pictures.values()), pictures
