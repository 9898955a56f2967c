"""Vocoders in files: in half precision, with a card that vouches for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sparring.core.errors import BadData
from sparring.modalities import _vocoder
from sparring.modalities._vocoder import Vocoder

NAME = "vocoder-8000-16.safetensors"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    _vocoder.write(tmp_path / NAME, Vocoder(8000, 16, width=8, depth=2), {"data": "hums"})
    return tmp_path / NAME


def test_a_vocoder_survives_halving(written: Path) -> None:
    torch.manual_seed(0)
    original, mel = Vocoder(8000, 16, width=8, depth=2), torch.rand(2, 16, 12) - 0.5
    found = _vocoder.read(written)
    assert found.sizes == {"width": 8, "depth": 2}
    assert not found.training
    assert next(found.parameters()).dtype == torch.float32
    with torch.inference_mode():
        torch.testing.assert_close(found(mel), original(mel), rtol=0.05, atol=0.02)
    assert json.loads(written.with_suffix(".json").read_text())["data"] == "hums"


def test_weights_of_another_card_are_refused(written: Path) -> None:
    card = written.with_suffix(".json")
    told = json.loads(card.read_text())
    card.write_text(json.dumps({**told, "sha256": "0" * 64}))
    with pytest.raises(BadData, match="not the vocoder of its card"):
        _vocoder.read(written)
    for text in ("", "[]", "{}"):
        card.write_text(text)
        with pytest.raises(BadData, match="no usable card"):
            _vocoder.read(written)
    card.unlink()
    with pytest.raises(BadData, match="no usable card"):
        _vocoder.read(written)


def test_what_is_shipped_is_what_its_card_says() -> None:
    for path in _vocoder.SHIPPED.glob("*.safetensors"):
        vocoder = _vocoder.read(path)
        assert path.stem == f"vocoder-{vocoder.rate}-{vocoder.bins}"
        card = json.loads(path.with_suffix(".json").read_text())
        assert {"data", "licence", "origin", "recipe_sha256", "measured"} <= card.keys()
    assert _vocoder.shipped(12_345, 7) is None
