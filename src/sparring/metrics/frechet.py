"""The distance between two clouds of features, each taken as a normal distribution."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from jaxtyping import Float
from torch import Tensor


def frechet_distance(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> float:
    """|mean difference|^2 + trace(C1 + C2 - 2 sqrt(C1 C2)), in float64.

    Heusel et al. 2017, "GANs trained by a two time-scale update rule", equation 6, on the features
    of whatever network made them. Between two draws of real data it is not 0: report that floor
    with every score, and the number of samples, on which both depend.
    """
    a, b = real.double().cpu().numpy(), fake.double().cpu().numpy()
    difference = a.mean(0) - b.mean(0)
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The trace of the root is the sum of the roots of the eigenvalues, which are real and at least
    # 0 but for rounding.
    eigenvalues = np.asarray(scipy.linalg.eigvals(covariances[0] @ covariances[1]))
    root = np.sqrt(eigenvalues.real.clip(min=0)).sum()
    traces = np.trace(covariances[0]) + np.trace(covariances[1])
    return float(difference @ difference + traces - 2 * root)
