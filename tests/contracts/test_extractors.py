"""What every extractor keeps to, built in or shipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sparring.core import components, files
from sparring.core.errors import BadData, UserError
from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._choosing import SHIPPED, asked_for, fresh, shipped_cards
from sparring.extractors._per_channel import PerChannel
from sparring.extractors._trained import EXTRACTOR, Card, read, write
from sparring.modalities._tokens import MADE_FROM, PAD

NEEDS_A_PACKAGE = {"inception"}
BUILT = sorted(set(components.names("extractors")) - NEEDS_A_PACKAGE)
GRAY = Spec("image", (1, 28, 28), labels={"digit": tuple("0123456789"), "pen": ("thin", "thick")})
TEN = Spec("image", (1, 28, 28), labels={"digit": tuple("0123456789")})
POINTS = Spec("points", (2,), labels=GRAY.labels)
COLOUR = Spec("image", (3, 28, 28))
MEL = Spec("audio", (64, 80), labels=GRAY.labels, rate=8000)
TEXT = Spec("text", (20,), symbols=40, labels=GRAY.labels)
LEARNED = {  # samples, held-out ones, and the least share of these that is recognised
    "mnist": (60_000, 10_000, 0.995),
    "fashion_mnist": (60_000, 10_000, 0.93),
    "spoken_digits": (2_700, 300, 0.99),
}
CARD = Card("plain", "mnist", "0" * 64, 8, {"digit": 0.5}, 8, {}, {}, "none", "a test")


def spec_for(name: str) -> Spec:
    """The first of the Specs that an architecture serves."""
    for spec in (GRAY, MEL, TEXT, POINTS):
        try:
            fresh(name, {}, spec, 0)
        except UserError:
            continue
        return spec
    raise AssertionError(f"{name} serves no samples at all")


def some(count: int, spec: Spec, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    if spec.symbols:
        return torch.randint(spec.symbols, (count, *spec.shape), generator=rng)
    return torch.rand(count, *spec.shape, generator=rng) * 2 - 1


@pytest.mark.parametrize("name", BUILT)
def test_features_have_the_promised_width_and_verdicts_the_classes(name: str) -> None:
    spec = spec_for(name)
    extractor: Extractor = fresh(name, {}, spec, 0).eval()
    features = extractor.features(some(3, spec))
    assert features.shape == (3, extractor.width)
    shapes = {name: logits.shape[1] for name, logits in extractor.verdicts(features).items()}
    assert shapes == {"digit": 10, "pen": 2}


@pytest.mark.parametrize("name", BUILT)
def test_the_same_seed_gives_the_same_weights(name: str) -> None:
    first, second = (fresh(name, {}, spec_for(name), 3).state_dict() for _ in range(2))
    assert all(tensor.equal(second[key]) for key, tensor in first.items())


@pytest.mark.parametrize("name", [name for name in BUILT if spec_for(name) is TEXT])
def test_padding_of_a_text_is_nothing_to_learn_from(name: str) -> None:
    samples = some(6, TEXT).clamp(min=MADE_FROM)
    samples[:, 12:] = PAD
    extractor = fresh(name, {}, TEXT, 0).train()
    extractor.features(samples).square().sum().backward()
    for table in extractor.modules():
        if isinstance(table, torch.nn.Embedding):
            assert table.weight.grad is not None
            assert not table.weight.grad[PAD].any()
            assert not table.weight[PAD].any()


@pytest.mark.parametrize("name", [name for name in BUILT if spec_for(name) is TEXT])
def test_texts_of_any_length_are_looked_at(name: str) -> None:
    for length in (1, 2, 40):
        spec = Spec("text", (length,), symbols=40)
        samples = some(3, spec)
        samples[0] = PAD  # an empty one
        assert fresh(name, {}, spec, 0).eval().features(samples).isfinite().all()


@pytest.mark.parametrize("name", components.names("extractors"))
def test_the_paper_is_cited(name: str) -> None:
    text = components.find(EXTRACTOR, name).__doc__ or ""
    assert any(year in text for year in map(str, range(1980, 2030)))


def test_a_mode_is_the_digits_of_its_channels() -> None:
    single = fresh("plain", {}, TEN, 0).eval()
    extractor = PerChannel(COLOUR, single).eval()
    samples = torch.rand(4, 3, 28, 28) * 2 - 1
    digits = [
        single.verdicts(single.features(samples[:, i : i + 1]))["digit"].argmax(1) for i in range(3)
    ]
    features = extractor.features(samples)
    assert features.shape == (4, extractor.width) == (4, 3 * single.width)
    modes = extractor.verdicts(features)["mode"]
    assert modes.shape == (4, 1000)
    assert modes.argmax(1).equal(100 * digits[0] + 10 * digits[1] + digits[2])


def test_modes_need_one_label_set() -> None:
    with pytest.raises(ValueError, match="exactly one label set"):
        PerChannel(COLOUR, fresh("plain", {}, GRAY, 0))


@pytest.mark.parametrize(
    "card", shipped_cards(), ids=lambda card: f"{card.data}-{card.architecture}"
)
def test_shipped_extractors_have_full_papers(card: Card) -> None:
    path = SHIPPED / card.data / f"{card.architecture}.safetensors"
    assert path.stat().st_size < 2_000_000
    assert files.sha256(path) == card.sha256
    samples, held_out, least = LEARNED[card.data]
    assert (card.samples, card.test_samples) == (samples, held_out)
    assert min(card.accuracy.values()) >= least
    assert card.licence
    assert card.origin
    assert "seed" in card.fitting


def test_both_looks_are_shipped_and_independent() -> None:
    for data in LEARNED:
        first, second = (read(path).card for path in sorted((SHIPPED / data).glob("*.safetensors")))
        assert first.architecture != second.architecture
        assert first.fitting["seed"] != second.fitting["seed"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    samples = torch.rand(5, 1, 28, 28) * 2 - 1
    written = write(tmp_path, fresh("plain", {}, GRAY, 0), CARD)
    again = read(tmp_path / "plain.safetensors")
    assert again.card == written.card
    assert again.look(samples)[0].equal(written.look(samples)[0])


def test_other_weights_than_the_card_says_are_refused(tmp_path: Path) -> None:
    from sparring.core.errors import BadData

    write(tmp_path, fresh("plain", {}, GRAY, 0), CARD)
    card = json.loads((tmp_path / "plain.json").read_text())
    (tmp_path / "plain.json").write_text(json.dumps({**card, "sha256": "f" * 64}))
    with pytest.raises(BadData, match="is not the extractor of its card"):
        read(tmp_path / "plain.safetensors")


@pytest.mark.parametrize(
    ("learned_from", "looks_at", "part"),
    [
        (TEN, Spec("image", (1, 32, 32)), r"looks at samples of shape \(1, 28, 28\)"),
        (TEN, Spec("image", (3, 32, 32)), r"and these data have \(3, 32, 32\)"),
        (COLOUR, TEN, r"looks at samples of shape \(3, 28, 28\)"),
        (Spec("image", (1, 28, 28)), COLOUR, "looks at samples of shape"),
        (TEN, Spec("image", (1, 28, 28), labels={"digit": ("0", "1")}), "other classes of 'digit'"),
        (TEN, Spec("image", (1, 28, 28), labels={"kind": ("bag", "coat")}), "those of 'kind'"),
    ],
)
def test_an_extractor_for_other_data_is_refused(
    tmp_path: Path, learned_from: Spec, looks_at: Spec, part: str
) -> None:
    write(tmp_path, fresh("plain", {}, learned_from, 0), CARD)
    with pytest.raises(BadData, match=part):
        asked_for(str(tmp_path / "plain.safetensors"), looks_at, torch.device("cpu"))


def test_an_extractor_of_one_channel_looks_at_each(tmp_path: Path) -> None:
    write(tmp_path, fresh("plain", {}, TEN, 0), CARD)
    found = asked_for(str(tmp_path / "plain.safetensors"), COLOUR, torch.device("cpu"))
    assert found.look(torch.zeros(2, *COLOUR.shape))[1]["mode"].shape == (2, 1000)
