"""The IDX reader is strict, and files are found, fetched and verified as promised."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from sparring.core import files
from sparring.core.errors import BadData
from sparring.data import _idx, _remote
from sparring.data._remote import RemoteFile


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.astype(np.uint8).tobytes()


IMAGES = np.arange(24).reshape(2, 3, 4)


def test_what_was_stored_is_read() -> None:
    array = _idx.parse(idx(IMAGES), "x")
    assert array.dtype == np.uint8
    assert array.flags.writeable
    assert np.array_equal(array, IMAGES)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "begins with b''"),
        (b"\0\0\x08", "begins with"),
        (b"\0\0\x0d\x01\0\0\0\0", "no IDX file of bytes"),  # floats
        (b"\0\0\x08\0", "no IDX file of bytes"),  # no dimension
        (b"\x01\0\x08\x01\0\0\0\0", "no IDX file of bytes"),
        (idx(IMAGES)[:10], "ends within its header"),
        (idx(IMAGES)[:-1], "speaks of 24 bytes but holds 23"),
        (idx(IMAGES) + b"!", "speaks of 24 bytes but holds 25"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "bytes but holds 0"),
    ],
)
def test_anything_else_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(BadData, match=complaint):
        _idx.parse(content, "x")


def test_a_file_that_is_not_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(idx(IMAGES))
    (tmp_path / "y.gz").write_bytes(gzip.compress(idx(IMAGES))[:-9])
    for name in ("x.gz", "y.gz"):
        with pytest.raises(BadData, match=f"{name} is no intact gzip file"):
            _idx.read(tmp_path / name)


def small_archive(root: Path, images: np.ndarray, labels: np.ndarray) -> _idx.Archive:
    contents = {}
    for prefix in ("train", "t10k"):
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = gzip.compress(idx(array))
            path = root / "small" / f"{prefix}-{name}-ubyte.gz"
            files.atomic_write(path, content)
            contents[path.name] = (len(content), hashlib.sha256(content).hexdigest())
    return _idx.archive("small", ["http://nowhere.invalid/"], contents)


def test_a_set_is_loaded_from_the_folder_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    samples = _idx.load(small_archive(tmp_path, IMAGES, np.array([1, 0])), "test", "digit", 2)
    assert samples.values.shape == (2, 1, 3, 4)
    assert samples.labels["digit"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("images", "labels", "complaint"),
    [
        (IMAGES, np.array([1, 0, 1]), "labels"),
        (IMAGES[0], np.array([1, 0]), "images"),
        (IMAGES[:0], np.array([]), "images"),
        (IMAGES, np.array([1, 9]), "a label 9"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    images: np.ndarray,
    labels: np.ndarray,
    complaint: str,
) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    with pytest.raises(BadData, match=complaint):
        _idx.load(small_archive(tmp_path, images, labels), "train", "digit", 2)


def test_the_cache_is_asked_after_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARRING_DATA", raising=False)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    archive = small_archive(tmp_path / "data", IMAGES, np.array([1, 0]))
    assert len(_idx.load(archive, "train", "digit", 2)) == 2


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path))
    archive = small_archive(tmp_path, IMAGES, np.array([1, 0]))
    path = tmp_path / "small" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(BadData, match="is not the file that was published"):
        _idx.load(archive, "train", "digit", 2)


def test_a_download_is_announced_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SPARRING_DATA", raising=False)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    wanted = RemoteFile("file.gz", 2_000_000, "0" * 64, ("http://nowhere.invalid/",))
    with pytest.raises(BadData, match="nowhere"):
        _remote.locate("small", wanted)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Downloading file.gz (2.0 MB) from http://nowhere.invalid/file.gz" in shown.err
