"""Metrics against other people's code, and against the definitions written out in full."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.spatial.distance import cdist, pdist
from torch import Tensor, nn
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from sparring.core.rng import Streams
from sparring.metrics import Evidence, Observed
from sparring.metrics._intervals import share
from sparring.metrics._neighbours import nearest, radii
from sparring.metrics.class_balance import divergence, total_variation
from sparring.metrics.density_coverage import DensityCoverage
from sparring.metrics.diversity import mean_distance
from sparring.metrics.frechet import frechet_distance
from sparring.metrics.inception_score import InceptionScore as OurScore
from sparring.metrics.kernel import kernel_distance, kernel_distances
from sparring.metrics.memorisation import closest_pairs, probability_nearer, share_of_near
from sparring.metrics.mode_coverage import kl_to_uniform, modes
from sparring.metrics.precision_recall import PrecisionRecall


def cloud(count: int, seed: int, *, width: int = 24, shift: float = 0.0) -> Tensor:
    """Features at least 0, some of them always 0, as those behind a ReLU are."""
    rng = torch.Generator().manual_seed(seed)
    mix = torch.randn((width, width), generator=torch.Generator().manual_seed(7))
    features = (torch.randn((count, width), generator=rng) @ mix + shift).relu()
    features[:, 0] = 0.0
    return features


REAL, FAKE, TRAIN = cloud(400, 0), cloud(300, 1, shift=0.7), cloud(500, 2)


def given() -> Evidence:
    return Evidence(Observed(FAKE), Observed(REAL), Observed(TRAIN))


def test_frechet_agrees_with_torchmetrics() -> None:
    def moments(features: Tensor) -> tuple[Tensor, Tensor]:
        return features.double().mean(0), torch.cov(features.double().T)

    theirs = _compute_fid(*moments(REAL), *moments(FAKE))
    assert frechet_distance(REAL, FAKE) == pytest.approx(float(theirs), rel=1e-6)


def test_frechet_of_two_numbers_is_known_by_heart() -> None:
    real, fake = torch.tensor([[-1.0], [1.0]]), torch.tensor([[2.0], [8.0]])
    # Means 0 and 5, standard deviations sqrt(2) and 3 sqrt(2): 25 + (2 sqrt(2))^2.
    assert frechet_distance(real, fake) == pytest.approx(33.0)


def test_frechet_to_itself_is_nothing() -> None:
    assert frechet_distance(REAL, REAL) == pytest.approx(0.0, abs=1e-6)


def test_kernel_agrees_with_torchmetrics() -> None:
    real, fake = REAL[:250].double(), FAKE[:250].double()
    torch.testing.assert_close(kernel_distance(real, fake), poly_mmd(real, fake))


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save all", "ignore:std")
def test_the_inception_style_score_agrees_with_torchmetrics() -> None:
    logits = cloud(300, 3, width=10)
    theirs = InceptionScore(feature=nn.Flatten(), splits=1)
    theirs.update(logits)
    observed = Observed(logits, {"digit": logits.log_softmax(1)})
    ours = OurScore().measure(Evidence(observed, observed, observed), Streams(0))
    assert ours["inception_score"].value == pytest.approx(float(theirs.compute()[0]), rel=1e-5)


def test_kernel_is_unbiased_however_small_the_block() -> None:
    ours, theirs = cloud(6000, 5).split(3000)
    pairs = zip(ours.split(30), theirs.split(30), strict=True)
    distances = torch.stack([kernel_distance(*pair) for pair in pairs])
    assert abs(float(distances.mean())) < 2.5 * float(distances.std()) / 10


def test_kernel_blocks_are_many_and_at_most_a_thousand() -> None:
    ours, theirs = cloud(12_500, 5).split(11_000)
    assert len(kernel_distances(ours, theirs, Streams(0))) == 10
    ours, theirs = cloud(24_500, 5).split(12_250)
    assert len(kernel_distances(ours, theirs, Streams(0))) == 12


def balls(features: np.ndarray, k: int) -> np.ndarray:
    return np.sort(cdist(features, features), 1)[:, k]  # the first one is the sample itself


def test_precision_recall_density_and_coverage_are_their_definitions() -> None:
    real, fake = REAL.numpy().astype(float), FAKE.numpy().astype(float)
    between = cdist(real, fake)
    of_real, of_fake = balls(real, 3)[:, None], balls(fake, 3)[None]
    found = PrecisionRecall().measure(given(), Streams(0))
    assert found["precision"].value == pytest.approx((between <= of_real).any(0).mean())
    assert found["recall"].value == pytest.approx((between <= of_fake).any(1).mean())
    inside = between <= balls(real, 5)[:, None]
    found = DensityCoverage().measure(given(), Streams(0))
    assert found["density"].value == pytest.approx(inside.sum(0).mean() / 5)
    assert found["coverage"].value == pytest.approx(inside.any(1).mean())


def test_neighbours_are_those_of_scipy_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sparring.metrics._neighbours.HELD", 7 * len(TRAIN))
    table = cdist(FAKE.numpy().astype(float), TRAIN.numpy().astype(float))
    distances, places = nearest(FAKE, TRAIN)
    np.testing.assert_allclose(distances, table.min(1))
    np.testing.assert_array_equal(places, table.argmin(1))
    np.testing.assert_allclose(radii(REAL, 4), balls(REAL.numpy().astype(float), 4), rtol=1e-4)


def test_a_copy_is_at_distance_zero() -> None:
    far = 1000 + TRAIN  # where a matrix product in float32 loses most digits
    distances, places = nearest(far[:9], far)
    assert distances.tolist() == [0.0] * 9
    assert places.tolist() == list(range(9))


def test_probability_nearer_is_mann_whitney() -> None:
    fake, real = torch.arange(40.0) % 7, torch.arange(60.0) % 9
    theirs = scipy.stats.mannwhitneyu(real, fake)
    assert probability_nearer(fake, real).value == pytest.approx(theirs.statistic / (40 * 60))


def test_its_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, hits = torch.Generator().manual_seed(0), 0
    for _ in range(300):
        figure = probability_nearer(torch.rand(80, generator=rng), torch.rand(120, generator=rng))
        hits += figure.low <= 0.5 <= figure.high
    assert 0.91 <= hits / 300 <= 0.985


def test_held_out_samples_score_one_hundredth_by_definition() -> None:
    distances = torch.rand(1000, generator=torch.Generator().manual_seed(0)).double()
    assert float(share_of_near(distances, distances)) == pytest.approx(0.01)


def test_closest_pairs_come_nearest_first() -> None:
    fake = FAKE.clone()
    fake[[11, 5]] = TRAIN[[3, 400]]
    fake[11, 2] += 0.01
    ours, theirs, distances = closest_pairs(
        Evidence(Observed(fake), Observed(REAL), Observed(TRAIN)), 3
    )
    assert ours[:2].tolist() == [5, 11]
    assert theirs[:2].tolist() == [400, 3]
    assert distances.tolist() == sorted(distances.tolist())
    assert distances[0] == 0.0


def test_wilson_is_that_of_scipy() -> None:
    for right, count in ((0, 50), (50, 50), (37, 120)):
        theirs = scipy.stats.binomtest(right, count).proportion_ci(method="wilson")
        ours = share(right / count, count)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_divergence_and_variation_are_those_of_scipy() -> None:
    found, real = (
        torch.tensor([30.0, 0.0, 70.0]).double(),
        torch.tensor([40.0, 50.0, 10.0]).double(),
    )
    theirs = scipy.stats.entropy(found, real + 0.5)
    assert float(divergence(found, real)) == pytest.approx(theirs)
    assert float(total_variation(found, real)) == pytest.approx(0.6)


def test_divergence_is_finite_where_the_real_draw_lacks_a_class() -> None:
    lacking = torch.tensor([100.0, 0.0]).double()
    assert float(divergence(torch.tensor([50.0, 50.0]).double(), lacking)) == pytest.approx(
        scipy.stats.entropy([0.5, 0.5], [100.5, 0.5])
    )


def test_divergence_from_uniform_is_that_of_scipy() -> None:
    counts = torch.tensor([5.0, 1.0, 4.0]).double()
    theirs = scipy.stats.entropy([5, 1, 4, 0, 0], [1] * 5)
    assert float(kl_to_uniform(counts, 5)) == pytest.approx(theirs)
    assert float(kl_to_uniform(torch.ones(5).double(), 5)) == pytest.approx(0.0, abs=1e-12)


def test_real_stacked_digits_would_score_what_the_protocol_says() -> None:
    """26,000 even draws from 1,000 modes score 999 / 52,000 = 0.0192 in the mean."""
    drawn = torch.randint(1000, (26_000,), generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn, minlength=1000).double()
    assert float(kl_to_uniform(counts, 1000)) == pytest.approx(999 / 52_000, rel=0.1)


def test_modes_are_combinations_of_all_label_sets() -> None:
    def logs(classes: list[int], number: int) -> Tensor:
        return torch.eye(number)[classes]

    seen = Observed(torch.zeros(3, 1), {"b": logs([0, 1, 1], 3), "a": logs([1, 0, 0], 2)})
    found, number = modes(seen)
    assert number == 6
    assert found.tolist() == [3, 1, 1]


def test_mean_distance_is_that_of_scipy() -> None:
    value, variance = mean_distance(REAL)
    assert value == pytest.approx(pdist(REAL.numpy().astype(float)).mean())
    draws = [mean_distance(cloud(400, 100 + seed))[0] for seed in range(40)]
    assert variance**0.5 == pytest.approx(np.std(draws), rel=0.4)
