"""The models of a service by their public names, which are all that a request can say."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparring.core import weights
from sparring.core.errors import BadData, UserError, nearest
from sparring.core.spec import Spec
from sparring.exporting._engine import Engine, on_engine
from sparring.generation.loading import load
from sparring.generation.model_file import locate, modality_of, shipped_names
from sparring.generation.sampler import Sampler
from sparring.modalities import Modality
from sparring.provenance.labelling import Labelling
from sparring.serve.limits import LOOK_AGAIN, MOST_LOADED

Stamp = tuple[int, int]
"""Time and size of a file, by which one sees that it was written anew."""


class UnknownModel(UserError):
    """No model of that name is served."""


@dataclass(frozen=True)
class Description:
    """What a model is, as its file says, without loading it.

    Attributes:
        name: public.
        created: when its file was written, in seconds since 1970.
        spec: of what it makes.
        modality: how that is shown and written.
        labels: what one may ask for.
        recipe: the name of the recipe, and `summary` its line for people.
        summary: see `recipe`.
        licence: of the data that it learned from.
    """

    name: str
    created: int
    spec: Spec
    modality: Modality
    labels: Mapping[str, tuple[str, ...]]
    recipe: str
    summary: str
    licence: str


class Registry:
    """Models by public name; loaded when first asked for, and anew where their file has changed.

    Args:
        models: where each one is: a run folder, a model folder or file, or a shipped name.
        runs: a folder whose runs are served too, each by the name of its folder, once it has a
            model; None = no such folder. A name in `models` comes first.
        device: as in `load`.
        engine: what computes; "onnx" refuses models of texts, and "auto" measures while it loads.
        labelling: which labels what they make gets; None = the usual ones.
        trusted: as in `load`.
    """

    def __init__(
        self,
        models: Mapping[str, str | Path],
        *,
        runs: Path | None = None,
        device: str = "auto",
        engine: Engine = "torch",
        labelling: Labelling | None = None,
        trusted: bool = False,
    ) -> None:
        self._engine: Engine = engine
        self._labelling = labelling or Labelling()
        self._models = {name: Path(path) for name, path in models.items()}
        self._runs, self._device, self._trusted = runs, device, trusted
        self._loaded: OrderedDict[str, tuple[Stamp, Sampler]] = OrderedDict()
        self._described: dict[str, tuple[Stamp, Description]] = {}
        self._looked: dict[str, float] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """All public names, in order."""
        return sorted({*self._models, *self._run_folders()})

    def sampler(self, name: str) -> Sampler:
        """The model of that name; loading takes a moment, and waits for another loading.

        Raises:
            UnknownModel: there is none.
            BadData: its file cannot be used.
            UserError: onnxruntime shall compute, and cannot compute this model.
        """
        path = self._file(name)
        stamp = _stamp(path)
        with self._lock:
            held = self._loaded.get(name)
            self._looked[name] = time.monotonic()
            if held is None or held[0] != stamp:
                device = "cpu" if (self._engine, self._device) == ("onnx", "auto") else self._device
                sampler = load(path, device, trusted=self._trusted)
                sampler = on_engine(sampler, self._engine)
                held = (stamp, sampler.labelled(self._labelling))
                self._loaded[name] = held
                while len(self._loaded) > MOST_LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(name)
            return held[1]

    def ready(self, name: str) -> Sampler | None:
        """The model of that name, at once, where it is in memory and was looked at just now."""
        held = self._loaded.get(name)
        fresh = time.monotonic() - self._looked.get(name, 0.0) < LOOK_AGAIN
        return held[1] if held is not None and fresh else None

    def describe(self, name: str) -> Description:
        """What the model of that name is.

        Raises:
            UnknownModel: there is none.
            BadData: its file cannot be used.
        """
        path = self._file(name)
        stamp = _stamp(path)
        held = self._described.get(name)
        if held is None or held[0] != stamp:
            held = (stamp, _described(name, path, stamp))
            self._described[name] = held
        return held[1]

    def _file(self, name: str) -> Path:
        # A look-up, and never a path that is put together from what a request says.
        folder = self._models.get(name) or self._run_folders().get(name)
        if folder is None:
            raise UnknownModel(f"There is no model {name!r}. {nearest(name, self.names())}")
        return locate(folder)

    def _run_folders(self) -> dict[str, Path]:
        if self._runs is None or not self._runs.is_dir():
            return {}
        found = (path.parents[1] for path in self._runs.glob("*/model/model.safetensors"))
        return {folder.name: folder for folder in found}


def public_names(models: Sequence[str]) -> dict[str, Path]:
    """The public name of each model that a command line names; all shipped ones where none is.

    A model is a run folder, a model folder or file, or a shipped name, and may have a public name
    before it: `NAME=MODEL`.

    Raises:
        UserError: two models would have one name.
        BadData: there is no such model.
    """
    if not models:
        return {name: Path(name) for name in shipped_names()}
    found: dict[str, Path] = {}
    for given in models:
        name, equals, place = given.partition("=")
        path = Path(place if equals else given).expanduser()
        locate(path)
        if not equals:
            whole = path.resolve() if path.exists() else path
            whole = whole.parent if whole.is_file() else whole
            name = whole.parent.name if whole.name == "model" else whole.name
        if name in found:
            raise UserError(
                f"Two models would be called {name!r}; give one another name, NAME={place or path}."
            )
        found[name] = path
    return found


def _described(name: str, path: Path, stamp: Stamp) -> Description:
    header: Mapping[str, Any] = weights.read_header(path)
    try:
        recipe, spec = header["recipe"], Spec.from_json(header["spec"])
        conditional = recipe["networks"]["generator"].get("conditional", True)
        return Description(
            name=name,
            created=stamp[0] // 10**9,
            spec=spec,
            modality=modality_of(spec, built_in_only=True),
            labels=spec.labels if conditional else {},
            recipe=str(recipe["name"]),
            summary=str(recipe.get("summary", "")),
            licence=str(header["facts"]["licence"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadData(f"{path} was not written by Sparring: {error}.") from error
    except BadData as error:
        raise BadData(f"{path} cannot be used: {error}") from error


def _stamp(path: Path) -> Stamp:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size
