"""Sparring learns from your examples and makes new ones: a generator and a discriminator spar.

    import sparring

    run = sparring.train("digits_quick")            # about three minutes on two cores
    run.sampler().generate(16, seed=0).save("new")  # sixteen new digits

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sparring.core.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from sparring.core.errors import UserError
    from sparring.core.recipe import Recipe
    from sparring.data import Dataset
    from sparring.evaluation.comparison import Comparison
    from sparring.evaluation.report import Report
    from sparring.evaluation.session import compare, evaluate
    from sparring.exporting._session import export
    from sparring.generation.explore import interpolate
    from sparring.generation.generated import Generated
    from sparring.generation.loading import load
    from sparring.generation.sampler import Sampler
    from sparring.training.run import Run
    from sparring.training.session import resume, train

_HOMES = {
    "Comparison": "sparring.evaluation.comparison",
    "Dataset": "sparring.data",
    "Generated": "sparring.generation.generated",
    "Recipe": "sparring.core.recipe",
    "Report": "sparring.evaluation.report",
    "Run": "sparring.training.run",
    "Sampler": "sparring.generation.sampler",
    "UserError": "sparring.core.errors",
    "compare": "sparring.evaluation.session",
    "evaluate": "sparring.evaluation.session",
    "export": "sparring.exporting._session",
    "interpolate": "sparring.generation.explore",
    "load": "sparring.generation.loading",
    "resume": "sparring.training.session",
    "train": "sparring.training.session",
}

__all__ = [
    "Comparison",
    "Dataset",
    "Generated",
    "Recipe",
    "Report",
    "Run",
    "Sampler",
    "UserError",
    "compare",
    "evaluate",
    "export",
    "interpolate",
    "load",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sparring' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
