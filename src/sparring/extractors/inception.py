"""The look that published tables use: Inception-v3, where its package and its weights are there."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sparring.core import files
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._trained import Card

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
ORIGIN = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{WEIGHTS}"
DIGEST = "6726825d"  # how the SHA-256 of the weights begins; they are a pickle, so this is checked
COUNT = 50_000
"""Samples on each side in published tables."""


class Inception(Extractor):
    """Inception-v3 as Heusel et al. 2017 used it, through torch-fidelity (Obukhov et al. 2020).

    For figures that compare with published ones and for nothing else: it was trained on
    photographs, so it knows little of digits. A single channel is repeated three times, as the
    literature does. Images [b c h w] in [-1, 1] with one or three channels; features [b 2048]; no
    verdicts.

    Args:
        spec: of the images.

    Raises:
        BadData: neither one nor three channels; the package or its weights are not there, or the
            weights are others.
    """

    width = 2048

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        if spec.shape[0] not in (1, 3):
            raise BadData(f"inception looks at 1 or 3 channels, not at {spec.shape[0]}.")
        self.network = _network(weights_path())

    def features(self, samples: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 2048"]:
        """The activations of the last pooling layer."""
        pixels = ((samples + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return self.network(pixels.expand(-1, 3, -1, -1))[0]

    def verdicts(self, features: Float[Tensor, "b 2048"]) -> Mapping[str, Float[Tensor, "b k"]]:
        """None: its classes are those of photographs."""
        return {}


def card() -> Card:
    """The papers of the weights that look; read from the file, which must be there."""
    return Card(
        architecture="inception",
        data="ImageNet",
        data_sha256="",
        samples=1_281_167,
        accuracy={},
        test_samples=0,
        settings={},
        fitting={},
        licence="Apache-2.0",
        origin=ORIGIN,
        sha256=files.sha256(weights_path()),
    )


def weights_path() -> Path:
    """Where the weights are looked for: in Sparring's cache."""
    return files.cache_dir() / WEIGHTS


def _network(path: Path) -> Any:
    try:
        module = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    except ImportError as error:
        raise BadData(
            f"The extractor inception needs a package that is missing ({error}); run: "
            'pip install "sparring[inception]"'
        ) from error
    if not path.is_file():
        raise BadData(f"The extractor inception has no weights; put {ORIGIN} at {path}.")
    if not files.sha256(path).startswith(DIGEST):
        raise BadData(f"{path} is not {ORIGIN}: its SHA-256 does not begin with {DIGEST}.")
    return module.FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(path)
    )
