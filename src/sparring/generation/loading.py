"""From a model on disk to a sampler; nothing that the file says is believed unchecked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

from sparring.core import device, memory, weights
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation.model_file import (
    JUDGE,
    build_generator,
    build_judge,
    locate,
    modality_of,
)
from sparring.generation.sampler import Sampler
from sparring.modalities import Modality

DRAWS = (Tensor.normal_, Tensor.uniform_)
SPARE = 1_000  # parameters that a network may register beyond twice those in a file


def load(model: str | Path, device_name: str = "auto", *, trusted: bool = False) -> Sampler:
    """The sampler in a run folder, a model folder or a model file, or a shipped one.

    Args:
        model: its path, or the name of a shipped one.
        device_name: "auto", "cpu", "cuda" or "cuda:1".
        trusted: whether the model may name components outside of Sparring, which are then
            imported and run; for models of your own alone.

    Raises:
        BadData: no model there, a pickle, a recipe that cannot be used, or weights that do not
            fit the recipe in them.
        OutOfResources: the memory does not suffice for the model.
        UserError: no such device.
    """
    path = locate(Path(model))
    with memory.enough():
        tensors, header = weights.read(path)
        recipe, modality, facts = _described(header, path, trusted=trusted)
        judging = weights.select(tensors, JUDGE)
        own = {name: t for name, t in tensors.items() if not name.startswith(JUDGE)}
        generator = _built(build_generator, recipe, modality.spec, own, path, trusted=trusted)
        place, judge = device.choose(device_name), None
        if judging:
            judge = _built(build_judge, recipe, modality.spec, judging, path, trusted=trusted)
            judge.to(place)
        return Sampler(generator.to(place), recipe, modality, facts, judge)


Built = TypeVar("Built", bound=nn.Module)


def _built(
    build: Callable[[Recipe, Spec], Built],
    recipe: Recipe,
    spec: Spec,
    tensors: Mapping[str, Tensor],
    path: Path,
    *,
    trusted: bool,
) -> Built:
    """A network of the recipe with the weights of a file."""
    if not trusted:
        _require_outline(build, recipe, spec, tensors, path)
    network = build(recipe, spec)
    weights.fill(network, tensors, str(path))
    return network


def _described(
    header: Mapping[str, Any], path: Path, *, trusted: bool
) -> tuple[Recipe, Modality, dict[str, Any]]:
    """Recipe, modality and facts that a header tells; nothing of it is believed unchecked."""
    try:
        recipe = Recipe.from_json(header["recipe"], trusted=trusted)
        spec = Spec.from_json(header["spec"])
        told = header["facts"]
        facts = {"samples": int(told["samples"]), "licence": str(told["licence"]),
                 "chosen": str(told["chosen"])}  # fmt: skip
        if not all(spec.labels.values()):
            raise BadData(f"{path} cannot be used: it has a label set without classes.")
        modality = modality_of(spec, built_in_only=not trusted)
    except KeyError as error:
        raise BadData(f"{path} was not written by Sparring: no {error} in it.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise BadData(f"{path} was not written by Sparring: {_one_line(error)}.") from error
    except UserError as error:
        raise BadData(f"{path} cannot be used: {error}") from error
    return recipe, modality, facts


class _Unfilled(TorchFunctionMode):
    """Networks are built without drawing what they begin with, which the weights replace anyway.

    On the device "meta" a draw has nothing to fill, and makes torch import its compiler for it.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """As torch documents it for modes."""
        named = kwargs or {}
        if func in DRAWS or getattr(func, "__module__", "") == nn.init.__name__:
            return named["tensor"] if "tensor" in named else args[0]
        return func(*args, **named)


def _require_outline(
    build: Callable[[Recipe, Spec], nn.Module],
    recipe: Recipe,
    spec: Spec,
    tensors: Mapping[str, Tensor],
    path: Path,
) -> None:
    """Make sure that the network fits its weights before any memory is taken for it.

    It is built on the device "meta", where tensors have shapes and no values. Building ends early
    where it makes many more parameters than the file holds, as each one takes time.

    Raises:
        BadData: it cannot be built, or its names or shapes are others.
    """
    made = itertools.count()
    me = threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        # The hook is torch's for all threads; others may well be building something else.
        if threading.get_ident() == me and next(made) > 2 * len(tensors) + SPARE:
            raise BadData(f"{path} does not fit this network: it has far fewer weights.")

    hook = register_module_parameter_registration_hook(count)
    try:
        with torch.device("meta"), _Unfilled():
            outline = build(recipe, spec)
    except BadData:
        raise
    except UserError as error:
        raise BadData(f"{path} cannot be used: {error}") from error
    except (RuntimeError, TypeError, ArithmeticError) as error:
        raise BadData(f"{path} has impossible sizes in it: {_one_line(error)}.") from error
    finally:
        hook.remove()
    weights.require_fit(outline, tensors, str(path))


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
