"""How extractors learn where nobody has labelled anything: tell each sample from all others."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.rng import Streams
from sparring.data import Samples
from sparring.extractors import Extractor
from sparring.extractors._fitting import Fitting, Heard, Indices, change_of, descend
from sparring.modalities import Modality

TEMPERATURE = 0.2  # of the softmax over likenesses
PROJECTED = 64  # numbers that likeness is measured on


def contrast(
    extractor: Extractor,
    samples: Samples,
    modality: Modality,
    fitting: Fitting,
    *,
    device: torch.device,
    hear: Heard,
) -> None:
    """Train `extractor` in place so that two changed views of one sample are alike.

    Chen et al. 2020, "A simple framework for contrastive learning of visual representations"
    (SimCLR), with its loss NT-Xent and a linear projection that is thrown away afterwards.

    Args:
        extractor: fresh, built under the seed of `fitting`.
        samples: raw real samples; labels are not looked at.
        modality: turns raw samples into what networks see.
        fitting: the recipe.
        device: where to train.
        hear: gets a line after each pass.

    Raises:
        BadData: fewer samples than a batch.
    """
    change = change_of(modality.views, fitting)
    streams = Streams(fitting.seed)
    with torch.random.fork_rng():
        torch.manual_seed(fitting.seed)
        projection = nn.Linear(extractor.width, PROJECTED)

    def loss_of(images: Tensor, _chosen: Indices) -> Tensor:
        views = torch.cat([change(images, 1.0, streams), change(images, 1.0, streams)])
        return likeness_loss(projection(extractor.features(views)).float())

    both = nn.ModuleList([extractor, projection])
    descend(both, samples, modality, fitting, loss_of, device=device, hear=hear)


def likeness_loss(views: Float[Tensor, "b d"]) -> Float[Tensor, ""]:
    """NT-Xent: row i and row i + b/2 are two views of one sample (Chen et al., equation 1)."""
    directions = F.normalize(views, dim=1)
    alike = directions @ directions.T / TEMPERATURE
    alike.fill_diagonal_(float("-inf"))
    partners = torch.arange(len(views), device=views.device).roll(len(views) // 2)
    return F.cross_entropy(alike, partners)
