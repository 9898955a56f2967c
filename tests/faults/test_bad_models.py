"""Things that are no model, or another one: refused with one sentence, nothing half-loaded."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sparring
from sparring.core import weights
from sparring.core.errors import BadData, UserError


def test_pickles_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    for name in ("model.pt", "model.safetensors", "model.ckpt"):
        torch.save({"w": torch.zeros(1)}, tmp_path / name)
        with pytest.raises(BadData, match="pickle"):
            sparring.load(tmp_path / name)
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(print))
    with pytest.raises(BadData, match="pickle"):
        sparring.load(tmp_path / "plain.bin")


def test_no_length_of_the_header_looks_like_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for room in (*range(256), *range(0x4B50 - 256, 0x4B50)):  # 0x4B50 begins with "PK"
        weights.write(path, {"w": torch.zeros(1)}, {"room": "x" * room})
        assert weights.read(path)[1]["room"] == "x" * room


def test_other_shapes_are_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    layer = torch.nn.Linear(3, 2)
    before = copy.deepcopy(layer.state_dict())
    wrong = {"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}
    with pytest.raises(BadData, match=r"weight is \[2, 4\], not \[2, 3\]"):
        weights.fill(layer, wrong, "model.safetensors")
    with pytest.raises(BadData, match="bias is missing"):
        weights.fill(layer, {"weight": torch.zeros(2, 3)}, "model.safetensors")
    assert all(torch.equal(before[k], v) for k, v in layer.state_dict().items())


def test_weights_that_are_no_numbers_make_nothing(trained: sparring.Run, tmp_path: Path) -> None:
    tensors, header = weights.read(trained.folder / "model" / "model.safetensors")
    weights.write(tmp_path / "model.safetensors", {k: t * torch.nan for k, t in tensors.items()},
                  header)  # fmt: skip
    with pytest.raises(BadData, match="not all numbers"):
        sparring.load(tmp_path / "model.safetensors").generate(2)


def test_foreign_safetensors_are_refused(tmp_path: Path) -> None:
    weights.write(tmp_path / "model.safetensors", {"w": torch.zeros(1)}, {})
    with pytest.raises(BadData, match="not written by Sparring"):
        sparring.load(tmp_path / "model.safetensors")


def test_a_model_may_name_built_in_components_only(trained: sparring.Run, tmp_path: Path) -> None:
    tensors, header = weights.read(trained.folder / "model" / "model.safetensors")
    header["recipe"]["networks"]["generator"]["name"] = "os:system"
    weights.write(tmp_path / "model.safetensors", tensors, header)
    with pytest.raises(UserError, match=r"'os:system' .* --trusted"):
        sparring.load(tmp_path / "model.safetensors")


def test_a_modality_from_outside_is_not_imported(
    trained: sparring.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "it ran"
    (tmp_path / "evilmod.py").write_text(
        f"import pathlib\npathlib.Path({str(marker)!r}).touch()\nclass X: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    tensors, header = weights.read(trained.folder / "model" / "model.safetensors")
    header["spec"]["modality"] = "evilmod:X"
    weights.write(tmp_path / "model.safetensors", tensors, header)
    with pytest.raises(BadData, match=r"'evilmod:X' .* --trusted"):
        sparring.load(tmp_path / "model.safetensors")
    assert not marker.exists()
    with pytest.raises(BadData, match="not a subclass of Modality"):
        sparring.load(tmp_path / "model.safetensors", trusted=True)
    assert marker.exists()


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("recipe",), 3),
        (("recipe", "samples"), -1),
        (("recipe", "objective", "name"), "hinj"),
        (("recipe", "networks", "generator", "widths"), [16, 2**40]),
        (("recipe", "networks", "generator", "widths"), [2**62, 2**62]),
        (("recipe", "networks", "generator", "latent"), 2**34),
        (("recipe", "networks", "generator", "latent"), 10**30),
        (("recipe", "networks", "generator"), {"name": "painter", "depth": 10**12}),
        (("spec",), []),
        (("spec", "shape"), [1, 2**31, 2**31]),
        (("spec", "shape"), [1, -8, 8]),
        (("spec", "shape"), [float("inf")]),
        (("spec", "shape"), ["many"]),
        (("spec", "labels"), {"class": []}),
        (("spec", "labels"), {"class": [str(i) for i in range(100_000)]}),
        (("spec", "modality"), "smell"),
        (("facts",), 3),
        (("facts",), []),
        (("facts",), {}),
        (("facts", "samples"), "many"),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_is_bad_data(
    trained: sparring.Run, tmp_path: Path, keys: tuple[str, ...], value: object
) -> None:
    tensors, header = weights.read(trained.folder / "model" / "model.safetensors")
    table = header
    for key in keys[:-1]:
        table = table[key]
    table[keys[-1]] = value
    weights.write(tmp_path / "model.safetensors", tensors, header)
    with pytest.raises(BadData) as caught:
        sparring.load(tmp_path / "model.safetensors")
    assert "\n" not in str(caught.value)


def test_nothing_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadData, match="There is no"):
            sparring.load(path)
    with pytest.raises(BadData, match="is not a run"):
        sparring.resume(tmp_path)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=200), cut=st.integers(0, 4000), flip=st.integers(0, 4000))
def test_damaged_files_never_crash(
    trained: sparring.Run, tmp_path: Path, content: bytes, cut: int, flip: int
) -> None:
    whole = bytearray((trained.folder / "model" / "model.safetensors").read_bytes())
    flipped = whole.copy()
    flipped[flip] ^= 0x55  # inside the header
    for bad in (content, bytes(whole[:cut]), bytes(flipped)):
        path = tmp_path / "model.safetensors"
        path.write_bytes(bad)
        try:
            sparring.load(path)
        except UserError as error:
            assert "\n" not in str(error)
