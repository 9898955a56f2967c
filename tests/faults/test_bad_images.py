"""Bad pictures and archives: put aside with a reason, or refused in a sentence; never a crash."""

from __future__ import annotations

import io
import re
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sparring.core.errors import BadData
from sparring.data import _listing
from sparring.data._inspect import inspect
from sparring.data.image_folder import ImageFolder
from sparring.modalities import _decode

pytestmark = pytest.mark.usefixtures("cache")


def picture(seed: int, form: str = "PNG", side: int = 12) -> bytes:
    pixels = np.random.RandomState(seed).randint(0, 256, (side, side, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, form)
    return content.getvalue()


def good_ones(folder: Path, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        (folder / f"good {seed}.png").write_bytes(picture(seed))
    return folder


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png_header(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def gif_header(width: int, height: int) -> bytes:
    image = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x01\x00\x00;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6 + image


def webp_header(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


BAD = {
    "empty.png": (b"", "empty file"),
    "page.png": (b"<!DOCTYPE html><html>404</html>", "not a picture"),
    "signature.png": (b"\x89PNG\r\n\x1a\n", "broken PNG"),
    "cut.png": (picture(9)[:-200], "broken PNG"),
    "cut.jpg": (picture(9, "JPEG", 64)[:700], "broken JPEG"),
    "cut.webp": (picture(9, "WEBP", 64)[:300], "broken WEBP"),
    "cut.gif": (picture(9, "GIF", 64)[:900], "broken GIF"),
    "cut.bmp": (picture(9, "BMP", 64)[:900], "broken BMP"),
    "torn.png": (picture(9)[:60] + b"\0" * 8 + picture(9)[68:], "broken PNG"),
    "huge.png": (png_header(60_000, 60_000), "60000 x 60000 pixels, more than 50 megapixels"),
    "large.png": (png_header(8_000, 8_000), "8000 x 8000 pixels, more than 50 megapixels"),
    "huge.bmp": (bmp_header(60_000, 60_000), "pixels"),
    "huge.gif": (gif_header(60_000, 60_000), "pixels"),
    "huge.webp": (webp_header(16_000, 16_000), "16000 x 16000 pixels"),
    "none.png": (png_header(0, 7), "0 x 7 pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_put_aside_with_its_reason(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    folder = good_ones(tmp_path / "pictures")
    (folder / name).write_bytes(content)
    data = ImageFolder(path=str(folder), size=8)
    assert len(data.split("train")) + len(data.split("test")) == 3
    assert data.report["quarantined"].keys() == {name}
    assert reason in data.report["quarantined"][name]
    checked = inspect(folder)
    assert checked.count == 3
    assert reason in checked.quarantined[name]


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("huge")])
def test_a_huge_header_allocates_nothing(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(_decode.Unreadable):
            _decode.decode(BAD[name][0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_reasons_are_the_same_every_time() -> None:
    for content, _ in BAD.values():
        reasons = set()
        for _ in range(2):
            with pytest.raises(_decode.Unreadable) as caught:
                _decode.decode(content)
            reasons.add(str(caught.value))
        assert len(reasons) == 1
        assert not re.search("0x[0-9a-f]{6}", reasons.pop())


def test_only_bad_pictures_are_refused(tmp_path: Path) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadData, match=rf"no usable.*at least 2.*cannot be used: {len(BAD)} "):
        ImageFolder(path=str(tmp_path)).split("train")


def refusal(path: Path) -> str:
    with pytest.raises(BadData) as caught:
        ImageFolder(path=str(path)).split("train")
    assert caught.value.code == 3
    return str(caught.value)


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert re.search(r"no usable.*at least 2 are needed.*of another kind: 1", refusal(tmp_path))


def test_one_picture_only(tmp_path: Path) -> None:
    assert "holds only 1 usable picture; at least 2" in refusal(good_ones(tmp_path, 1))


def test_all_pictures_the_same(tmp_path: Path) -> None:
    for i in range(5):
        (tmp_path / f"{i}.png").write_bytes(picture(1))
    assert "All 5 pictures" in refusal(tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "There is no file, folder or zip archive" in refusal(tmp_path / "missing")


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").write_bytes(b"not a zip")
    assert "neither a folder nor a zip archive" in refusal(tmp_path / "photos.zip")


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name",
    ["/etc/a.png", "../a.png", "in/../../a.png", "C:/a.png", "..\\a.png", "\\\\host\\share\\a.png"],
)
def test_an_archive_that_points_outside(tmp_path: Path, cache: Path, name: str) -> None:
    members = {f"good {seed}.png": picture(seed) for seed in range(3)}
    path = archive(tmp_path / "a.zip", {**members, name: picture(9)})
    before = set(tmp_path.rglob("*"))
    assert "names a place outside of itself" in refusal(path)
    assert set(tmp_path.rglob("*")) == before, "nothing was written"


def test_an_archive_with_a_link(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(link, "/etc/passwd")
    assert "holds a link (link.png)" in refusal(tmp_path / "a.zip")


def test_a_bomb_by_ratio(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.bmp": b"BM" + b"\0" * 60_000_000})
    assert "decompression bomb" in refusal(path)


def test_a_bomb_by_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "a.zip", {f"{seed}.png": picture(seed) for seed in range(9)})
    monkeypatch.setattr(_listing, "MAX_TOTAL", 3000)
    assert "unpacks to" in refusal(path)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = good_ones(tmp_path / "pictures", 9)
    path = archive(tmp_path / "a.zip", {f"{seed}.png": picture(seed) for seed in range(9)})
    monkeypatch.setattr(_listing, "MAX_ENTRIES", 8)
    assert "holds 9 files; 8 are allowed" in refusal(path)
    assert "more than 8 files" in refusal(folder)


def test_a_file_too_large_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = good_ones(tmp_path / "pictures")
    (folder / "z.bmp").write_bytes(picture(9, "BMP", 64))
    monkeypatch.setattr(_listing, "MAX_FILE", 5000)
    reasons = ImageFolder(path=str(folder), size=8).report["quarantined"]
    assert reasons == {"z.bmp": "12,342 bytes; 5,000 are allowed"}


def test_an_encrypted_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.png": picture(1), "b.png": picture(2)})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted" in refusal(path)


def test_a_damaged_member_is_put_aside(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"{seed}.png": picture(seed) for seed in range(4)})
    content = bytearray(path.read_bytes())
    start = content.index(b"IDAT")
    content[start : start + 40] = b"\xff" * 40
    path.write_bytes(content)
    data = ImageFolder(path=str(path), size=8)
    assert len(data.report["files"]) == 3
    assert "cannot be unpacked" in data.report["quarantined"]["0.png"]


HEADS = [content[:40] for content, _ in BAD.values()] + [b"", b"PK\x03\x04", b"\xff\xd8\xff\xe0"]
FOREIGN = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.binary(max_size=200)),
)
GOOD = [picture(1, form) for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP")]


@settings(max_examples=300, deadline=None)
@given(FOREIGN)
def test_foreign_bytes_never_crash_the_decoder(content: bytes) -> None:
    for function in (_decode.decode, _decode.num_channels):
        try:
            function(content)
        except _decode.Unreadable as reason:
            assert str(reason)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 2**30), st.binary(min_size=1, max_size=8))
def test_damaged_pictures_never_crash_the_decoder(good: bytes, where: int, damage: bytes) -> None:
    start = where % len(good)
    content = good[:start] + damage + good[start + len(damage) :]
    try:
        decoded = _decode.decode(content)
    except _decode.Unreadable as reason:
        assert str(reason)
    else:
        assert decoded.picture.mode in ("L", "RGB", "RGBA")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FOREIGN, max_size=4))
def test_foreign_files_never_crash_a_folder(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for i, content in enumerate(contents):
            Path(folder, f"{i}.png").write_bytes(content)
        try:
            ImageFolder(path=folder, size=8).split("train")
        except BadData as refused:
            assert "at least 2" in str(refused) or "the same" in str(refused)
        inspect(Path(folder))


ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED) as whole:
    for number in range(2):
        whole.writestr(f"{number}.png", picture(number))


def test_an_archive_with_a_nameless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pictures.zip"
    path.write_bytes(ARCHIVE.getvalue().replace(b"0.png", b"\0.png"))
    with pytest.raises(BadData, match="a file in it has no name"):
        ImageFolder(path=str(path), size=8).split("train")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**30), st.binary(min_size=1, max_size=8))
def test_damaged_archives_never_crash(where: int, damage: bytes) -> None:
    content = bytearray(ARCHIVE.getvalue())
    start = where % len(content)
    content[start : start + len(damage)] = damage
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        try:
            data = ImageFolder(path=file.name, size=8)
            assert len(data.split("train")) == 1
        except BadData as refused:
            assert file.name in str(refused)
