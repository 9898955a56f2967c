"""Extractors learn from real data, by labels or without, and are kept for the next time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.core import components
from sparring.core.errors import BadData
from sparring.core.spec import Spec
from sparring.data import Dataset, Samples
from sparring.data.mnist_5k import MNIST5K
from sparring.extractors import _choosing
from sparring.extractors._choosing import fresh, learn, looks_for
from sparring.extractors._contrast import contrast, likeness_loss
from sparring.extractors._fitting import Fitting, accuracy, fit
from sparring.extractors._trained import Card, read, write
from sparring.extractors.inception import Inception, card, weights_path
from sparring.generation.model_file import modality_of
from sparring.modalities import Modality
from sparring.modalities._tokens import MADE_FROM, PAD
from sparring.modalities.text import Text

CPU = torch.device("cpu")
QUICK = Fitting(passes=2, batch=64)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return components.build(components.DATASET, {"name": "mnist_5k"}, where="data")


@pytest.fixture(scope="module")
def modality(dataset: Dataset) -> Modality:
    return modality_of(dataset.spec)


def silent(_line: str) -> None:
    pass


def some(samples: Samples, count: int, *, labelled: bool = True) -> Samples:
    labels = {name: index[:count] for name, index in samples.labels.items()}
    return Samples(samples.values[:count], labels if labelled else {})


def test_two_passes_over_real_digits_teach_most_of_them(
    dataset: Dataset, modality: Modality
) -> None:
    heard: list[str] = []
    network, card = learn(
        dataset, "mnist_5k", "plain", modality, QUICK, device=CPU, settings={"channels": 16},
        hear=heard.append,
    )  # fmt: skip
    assert card.accuracy["digit"] > 0.85
    assert accuracy(network, dataset.split("test"), modality) == card.accuracy
    assert len(heard) == QUICK.passes
    assert not any(p.requires_grad for p in network.parameters())


def test_equal_seeds_learn_equal_weights(dataset: Dataset, modality: Modality) -> None:
    samples = some(dataset.split("train"), 256)
    ends = []
    for _ in range(2):
        network = fresh("residual", {"channels": 8}, dataset.spec, 5)
        fit(network, samples, modality, Fitting(passes=1, batch=64, seed=5), device=CPU)
        ends.append(network.state_dict())
    assert all(tensor.equal(ends[1][name]) for name, tensor in ends[0].items())


def test_without_labels_views_of_one_sample_become_alike(
    dataset: Dataset, modality: Modality
) -> None:
    samples = some(dataset.split("train"), 512, labelled=False)
    network = fresh("plain", {"channels": 8}, Spec("image", (1, 28, 28)), 0)
    heard: list[str] = []
    given = Fitting(passes=8, batch=64)
    contrast(network, samples, modality, given, device=CPU, hear=heard.append)
    losses = [float(line.split()[-1]) for line in heard]
    assert losses[-1] < 0.9 * losses[0]


def test_likeness_is_least_where_views_agree() -> None:
    directions = torch.eye(8)
    apart = likeness_loss(torch.cat([directions, directions.roll(1, 0)]))
    assert likeness_loss(torch.cat([directions, directions])) < apart


def test_one_view_cannot_be_compared_with_itself() -> None:
    views = torch.randn(6, 4)
    assert torch.isfinite(likeness_loss(views))


@pytest.mark.parametrize(
    ("labelled", "count", "said"),
    [(True, 40, "at least 64 samples"), (False, 256, "needs samples that have some")],
)
def test_what_nobody_can_learn_from_is_refused(
    dataset: Dataset, modality: Modality, labelled: bool, count: int, said: str
) -> None:
    network = fresh("plain", {"channels": 8}, dataset.spec, 0)
    samples = some(dataset.split("train"), count, labelled=labelled)
    with pytest.raises(BadData, match=said):
        fit(network, samples, modality, QUICK, device=CPU)


class Own(Dataset):
    """A few digits of somebody's own."""

    def __init__(self, labelled: bool) -> None:
        self.labelled = labelled

    @property
    def spec(self) -> Spec:
        whole = MNIST5K().spec
        return whole if self.labelled else Spec("image", whole.shape)

    @property
    def licence(self) -> str:
        return "my own"

    @property
    def source(self) -> str:
        return "me"

    def split(self, part: str) -> Samples:
        return some(MNIST5K().split("train" if part == "train" else "test"), 160,
                    labelled=self.labelled)  # fmt: skip


@pytest.mark.parametrize("labelled", [True, False])
def test_own_data_get_their_own_extractors_once(
    labelled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    monkeypatch.setattr(_choosing, "STEPS", 4)
    own, heard = Own(labelled), []
    modality = modality_of(own.spec)
    first = looks_for({"name": "own"}, own, modality, device=CPU, hear=heard.append)
    told = len(heard)
    again = looks_for({"name": "own"}, own, modality, device=CPU, hear=heard.append)
    assert told > 0
    assert len(heard) == told
    assert [look.card for look in first] == [look.card for look in again]
    samples = modality.to_samples(torch.from_numpy(np.array(own.split("test").values)))
    assert again[0].look(samples)[0].equal(first[0].look(samples)[0])
    assert set(again[0].look(samples)[1]) == ({"digit"} if labelled else set())


def test_samples_of_another_shape_or_without_numbers_are_refused(
    dataset: Dataset, modality: Modality
) -> None:
    (look,) = looks_for({"name": "mnist_5k"}, dataset, modality, device=CPU, count=1)
    with pytest.raises(BadData, match=r"samples of shape \(1, 28, 28\), not \(3, 32, 32\)"):
        look.look(torch.zeros(2, 3, 32, 32))
    with pytest.raises(BadData, match="1 of 2 samples hold values that are no numbers"):
        look.look(torch.stack([torch.zeros(1, 28, 28), torch.full((1, 28, 28), float("nan"))]))


def test_inception_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    with pytest.raises(BadData, match=r"pip install|has no weights") as error:
        Inception(Spec("image", (1, 28, 28)))
    assert str(weights_path()) in str(error.value) or "sparring[inception]" in str(error.value)


def test_inception_is_named_by_the_weights_that_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    weights_path().write_bytes(b"weights")
    assert card().sha256 == hashlib.sha256(b"weights").hexdigest()


def test_inception_wants_gray_or_colour() -> None:
    with pytest.raises(BadData, match=r"not at 4\."):
        Inception(Spec("image", (4, 28, 28)))


def written(count: int, seed: int = 0) -> Samples:
    """Texts of two classes: symbols rise in one and fall in the other."""
    chance = np.random.default_rng(seed)
    kinds = chance.integers(0, 2, count)
    steps = np.where(kinds, 1, -1)[:, None] * np.arange(12)
    rows = MADE_FROM + (chance.integers(0, 30, (count, 1)) + steps) % 30
    rows[np.arange(12) > chance.integers(6, 12, count)[:, None]] = PAD
    return Samples(rows.astype(np.int32), {"kind": kinds})


@pytest.mark.parametrize("architecture", Text.looks)
def test_extractors_learn_from_texts_with_labels_and_without(architecture: str) -> None:
    spec = Spec("text", (12,), symbols=33, labels={"kind": ("falling", "rising")})
    modality = Text(spec)
    network = fresh(architecture, {}, spec, 0)
    fit(network, written(512), modality, Fitting(passes=6, batch=64), device=CPU)
    assert accuracy(network, written(200, 1), modality)["kind"] > 0.9

    bare = replace(spec, labels={})
    other = fresh(architecture, {}, bare, 0)
    before = other.features(modality.to_samples(torch.from_numpy(written(64).values)))
    contrast(other, Samples(written(512).values), modality, QUICK, device=CPU, hear=silent)
    after = other.features(modality.to_samples(torch.from_numpy(written(64).values)))
    assert after.isfinite().all()
    assert not torch.equal(before, after)


def test_a_card_for_texts_looks_at_whole_numbers(tmp_path: Path) -> None:
    spec = Spec("text", (12,), symbols=33)
    card = Card("phrasal", "texts", "0" * 64, 8, {}, 8, {}, {}, "none", "a test")
    trained = write(tmp_path, fresh("phrasal", {}, spec, 0), card)
    samples = Text(spec).to_samples(torch.from_numpy(written(300).values))
    features, verdicts = trained.look(samples)
    assert features.shape == (300, 128)
    assert verdicts == {}
    assert read(tmp_path / "phrasal.safetensors").look(samples)[0].equal(features)
