"""Weights in and out."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from sparring.core import weights


def test_keys_in_any_order_make_the_same_file(tmp_path: Path) -> None:
    tensors = {"b": torch.arange(5.0), "a": torch.ones(3, dtype=torch.int64)}
    header = {f"key {i}": ["字", i] for i in range(20)}
    weights.write(tmp_path / "one", tensors, header)
    backwards = (dict(reversed(each.items())) for each in (tensors, header))
    weights.write(tmp_path / "two", *backwards)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_written_is_what_the_library_and_we_read(tmp_path: Path) -> None:
    tensors = {"half": torch.randn(7).half(), "whole": torch.arange(11), "none": torch.zeros(0)}
    weights.write(tmp_path / "weights", tensors, {"words": '字 and "quotes"'})
    read, header = weights.read(tmp_path / "weights")
    assert header == {"format": weights.FORMAT, "words": '字 and "quotes"'}
    for found in (read, load_file(tmp_path / "weights")):
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
