"""Folders of pictures: every mode, rotation, size and archive, and a split that stays."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.core import files
from sparring.core.errors import BadData
from sparring.data.image_folder import ImageFolder

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def noise(seed: int, mode: str = "RGB", width: int = 20, height: int = 12) -> Image.Image:
    depth = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.RandomState(seed).randint(0, 256, (height, width, depth), np.uint8)
    return Image.fromarray(pixels[:, :, 0] if depth == 1 else pixels)


def fill(folder: Path, count: int = 10, mode: str = "RGB") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        noise(seed, mode).save(folder / f"{seed:03}.png")


def everything(data: ImageFolder) -> dict[str, np.ndarray]:
    """Every picture by its name."""
    parts = [data.split("train").values, data.split("test").values]
    return dict(zip(data.report["files"], np.concatenate(parts), strict=True))


def one_of(folder: Path, name: str, **settings: object) -> tuple[np.ndarray, dict[str, int]]:
    """How the picture `name` comes out, with another one beside it, and the conversions."""
    noise(99).save(folder / "beside.png")
    data = ImageFolder(path=str(folder), size=(12, 20), **settings)  # pyrefly: ignore
    return everything(data)[name], data.report["conversions"]


def test_pixels_of_the_right_size_are_untouched(pictures: Path) -> None:
    noise(1).save(pictures / "a.png")
    pixels, conversions = one_of(pictures, "a.png")
    assert np.array_equal(pixels, np.asarray(noise(1)).transpose(2, 0, 1))
    assert conversions == {}


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif"])
def test_every_format_is_read(pictures: Path, suffix: str) -> None:
    Image.new("RGB", (20, 12), (200, 100, 50)).save(pictures / f"a.{suffix}")
    pixels, _ = one_of(pictures, f"a.{suffix}", channels=3)
    assert np.abs(pixels.mean(axis=(1, 2)) - [200, 100, 50]).max() < 4


def test_files_are_known_by_content_not_by_name(pictures: Path) -> None:
    noise(1).save(pictures / "a", "PNG")
    noise(2).save(pictures / "b.jpg", "PNG")
    noise(3).save(pictures / "c.txt", "PNG")
    (pictures / "notes.txt").write_text("BM is also how a text may begin")
    (pictures / ".hidden.png").write_bytes(b"x")
    data = ImageFolder(path=str(pictures))
    assert sorted(data.report["files"]) == ["a", "b.jpg", "c.txt"]
    assert data.report["others"] == 1
    assert data.report["quarantined"] == {}


def test_sixteen_bits_become_eight(pictures: Path) -> None:
    deep = (np.arange(240).reshape(12, 20) * 274).astype(np.uint16)
    Image.fromarray(deep).save(pictures / "deep.png")
    pixels, conversions = one_of(pictures, "deep.png", channels=1)
    assert np.abs(pixels[0] - deep / 257).max() <= 0.5
    assert conversions["16 bits to 8"] == 1


def test_palettes_become_colours(pictures: Path) -> None:
    palette = Image.new("P", (20, 12), 1)
    palette.putpalette([0, 0, 0, 10, 200, 30])
    palette.save(pictures / "p.png")
    pixels, conversions = one_of(pictures, "p.png")
    assert pixels[:, 0, 0].tolist() == [10, 200, 30]
    assert conversions["palette to colours"] == 1


def test_cmyk_becomes_rgb(pictures: Path) -> None:
    Image.new("CMYK", (20, 12), (0, 255, 255, 0)).save(pictures / "c.jpg")
    pixels, conversions = one_of(pictures, "c.jpg")
    red, green, blue = pixels.mean(axis=(1, 2))
    assert red > 240
    assert max(green, blue) < 15
    assert conversions["CMYK to RGB"] == 1


def test_black_and_white_becomes_gray(pictures: Path) -> None:
    Image.new("1", (20, 12), 1).save(pictures / "bw.png")
    pixels, conversions = one_of(pictures, "bw.png", channels=1)
    assert pixels.min() == 255
    assert conversions["black and white to gray"] == 1


def test_transparency_is_kept_or_laid_on_white(pictures: Path) -> None:
    Image.new("RGBA", (20, 12), (255, 0, 0, 0)).save(pictures / "clear.png")
    kept, _ = one_of(pictures, "clear.png")
    assert kept.shape == (4, 12, 20)
    assert kept[3].max() == 0
    laid, conversions = one_of(pictures, "clear.png", channels=3)
    assert laid.min() == 255
    assert conversions["transparency laid on white"] == 1


@pytest.mark.parametrize(
    ("modes", "channels"),
    [(["L", "L"], 1), (["L", "RGB"], 3), (["LA", "L"], 4), (["RGB", "RGBA"], 4)],
)
def test_auto_takes_the_channels_of_the_richest(
    pictures: Path, modes: list[str], channels: int
) -> None:
    for seed, mode in enumerate(modes):
        noise(seed, mode).save(pictures / f"{seed}.png")
    assert ImageFolder(path=str(pictures), size=8).spec.shape == (channels, 8, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_rotation_is_undone(pictures: Path, orientation: int) -> None:
    seen = np.zeros((12, 20, 3), np.uint8)
    seen[:6, :10] = [250, 10, 10]
    seen[6:, 10:] = [10, 10, 250]
    # How a camera that was held so stores what it sees.
    stored = {
        1: seen,
        2: seen[:, ::-1],
        3: seen[::-1, ::-1],
        4: seen[::-1],
        5: seen.transpose(1, 0, 2),
        6: seen.transpose(1, 0, 2)[::-1],
        7: seen.transpose(1, 0, 2)[::-1, ::-1],
        8: seen.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(pictures / "t.png", exif=exif)
    pixels, conversions = one_of(pictures, "t.png")
    assert np.array_equal(pixels, seen.transpose(2, 0, 1))
    assert conversions.get("turned as EXIF says", 0) == (orientation > 1)


def test_the_first_frame_of_an_animation_is_taken(pictures: Path) -> None:
    frames = [Image.new("RGB", (20, 12), colour) for colour in ("red", "blue")]
    frames[0].save(pictures / "film.gif", save_all=True, append_images=frames[1:])
    pixels, conversions = one_of(pictures, "film.gif", channels=3)
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]
    assert conversions["first of several frames"] == 1


def half_and_half() -> Image.Image:
    """A wide picture: black, in the middle white, then black."""
    picture = Image.new("L", (48, 16))
    picture.paste(255, (16, 0, 32, 16))
    return picture


def test_crop_fills_the_frame(pictures: Path) -> None:
    half_and_half().save(pictures / "a.png")
    Image.new("L", (48, 16)).save(pictures / "b.png")
    pixels = everything(ImageFolder(path=str(pictures), size=16, fit="crop"))["a.png"]
    assert pixels.min() == 255


def test_pad_shows_everything(pictures: Path) -> None:
    Image.new("L", (48, 16), 255).save(pictures / "a.png")
    Image.new("L", (48, 16)).save(pictures / "b.png")
    pixels = everything(ImageFolder(path=str(pictures), size=48, fit="pad"))["a.png"]
    assert pixels[0, 16:32].min() == 255
    assert max(pixels[0, :16].max(), pixels[0, 32:].max()) == 0


def test_stretch_bends(pictures: Path) -> None:
    half_and_half().save(pictures / "a.png")
    Image.new("L", (48, 16)).save(pictures / "b.png")
    pixels = everything(ImageFolder(path=str(pictures), size=(16, 24), fit="stretch"))["a.png"]
    assert pixels[0, :, 12].min() > 200
    assert pixels[0, :, 0].max() < 50


def test_shrinking_is_antialiased(pictures: Path) -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(pictures / "a.png")
    Image.new("L", (64, 64)).save(pictures / "b.png")
    data = ImageFolder(path=str(pictures), size=16)
    assert np.abs(everything(data)["a.png"].astype(int) - 128).max() < 20
    assert "Lanczos" in data.report["filter"]


def test_enlarged_pictures_are_counted(pictures: Path) -> None:
    fill(pictures, 3)
    assert ImageFolder(path=str(pictures), size=64).report["conversions"] == {"enlarged": 3}


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(1, 900), (900, 1), (7, 3), (1, 1)])
def test_extreme_sides_fit(pictures: Path, fit: str, shape: tuple[int, int]) -> None:
    noise(1, "RGB", *shape).save(pictures / "a.png")
    noise(2, "RGB", *shape).save(pictures / "b.png")
    data = ImageFolder(path=str(pictures), size=(5, 9), fit=fit)  # pyrefly: ignore
    assert data.spec.shape == (3, 5, 9)


def test_sub_folders_are_classes(pictures: Path) -> None:
    for name, mode in (("dogs", "RGB"), ("cats", "L"), ("cats/inner", "RGBA")):
        fill(pictures / name, 4, mode)
    (pictures / "README.md").write_text("about")
    data = ImageFolder(path=str(pictures), size=8)
    assert data.spec.labels == {"class": ("cats", "dogs")}
    labels = np.concatenate([data.split(part).labels["class"] for part in ("train", "test")])
    assert labels.dtype == np.int64
    for name, label in zip(data.report["files"], labels, strict=True):
        assert data.spec.labels["class"][label] == name.split("/")[0]


def test_one_sub_folder_alone_is_no_class(pictures: Path) -> None:
    fill(pictures / "all" / "of them")
    data = ImageFolder(path=str(pictures), size=8)
    assert data.spec.labels == {}
    assert data.split("train").labels == {}


def test_pictures_beside_classes_are_refused(pictures: Path) -> None:
    fill(pictures, 2)
    fill(pictures / "cats", 2)
    fill(pictures / "dogs", 2)
    with pytest.raises(BadData, match=r"beside its sub-folders \(2\)"):
        ImageFolder(path=str(pictures)).split("train")


def test_the_split_is_stable(pictures: Path) -> None:
    fill(pictures, 60)
    before = ImageFolder(path=str(pictures), size=8, test_share=0.25)
    border = before.report["split"]["train"]
    train, test = set(before.report["files"][:border]), set(before.report["files"][border:])
    assert len(before.split("train")) == len(train)
    assert 5 <= len(test) <= 25
    for seed in range(60, 90):
        noise(seed).save(pictures / f"more {seed}.png")
    after = ImageFolder(path=str(pictures), size=8, test_share=0.25)
    border = after.report["split"]["train"]
    assert train <= set(after.report["files"][:border])
    assert test <= set(after.report["files"][border:])


@pytest.mark.parametrize("share", [0.0001, 0.9999])
def test_both_parts_have_a_picture(pictures: Path, share: float) -> None:
    fill(pictures, 2)
    data = ImageFolder(path=str(pictures), size=8, test_share=share)
    assert (len(data.split("train")), len(data.split("test"))) == (1, 1)


def test_copies_stay_on_one_side(pictures: Path) -> None:
    fill(pictures, 20)
    for seed in range(20):
        shutil.copy(pictures / f"{seed:03}.png", pictures / f"zz copy {seed}.png")
    data = ImageFolder(path=str(pictures), size=8, test_share=0.5)
    train = {picture.tobytes() for picture in data.split("train").values}
    test = {picture.tobytes() for picture in data.split("test").values}
    assert len(train | test) == 20
    assert not train & test


def test_pictures_are_packed_once(
    pictures: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(pictures)
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    first = ImageFolder(path=str(pictures), size=8).split("train")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Packing 10 pictures" in shown.err
    assert "broken.png: broken PNG" in shown.err
    second = ImageFolder(path=str(pictures), size=8).split("train")
    assert capsys.readouterr().err == ""
    assert isinstance(first.values, np.memmap)
    assert first.values.flags.writeable, "torch warns of arrays that cannot be written"
    assert first.hash() == second.hash()
    packs = list((cache / "packs").iterdir())
    assert len(packs) == 1
    assert sorted(p.name for p in packs[0].iterdir()) == ["labels.npy", "pack.json", "values.npy"]
    facts = json.loads((packs[0] / "pack.json").read_text())
    assert facts["quarantined"].keys() == {"broken.png"}
    noise(50).save(pictures / "000.png")
    ImageFolder(path=str(pictures), size=8).split("train")
    assert len(list((cache / "packs").iterdir())) == 2, "another content is another pack"


def test_a_damaged_pack_is_made_anew(pictures: Path, cache: Path) -> None:
    fill(pictures)
    before = ImageFolder(path=str(pictures), size=8).split("train").hash()
    (values,) = cache.glob("packs/*/values.npy")
    values.write_bytes(values.read_bytes()[:200])
    assert ImageFolder(path=str(pictures), size=8).split("train").hash() == before


def test_writing_into_the_array_leaves_the_pack_alone(pictures: Path) -> None:
    fill(pictures)
    first = ImageFolder(path=str(pictures), size=8).split("train")
    before = first.hash()
    first.values[:] = 0
    assert ImageFolder(path=str(pictures), size=8).split("train").hash() == before


def test_an_unfinished_pack_of_yesterday_is_swept(pictures: Path, cache: Path) -> None:
    old, fresh = cache / "packs" / "a.tmp-1-x", cache / "packs" / "b.tmp-1-x"
    old.mkdir(parents=True)
    fresh.mkdir()
    os.utime(old, (0, 0))
    fill(pictures)
    ImageFolder(path=str(pictures), size=8).split("train")
    assert not old.exists()
    assert fresh.exists()


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target


def test_a_zip_gives_what_its_folder_gives(pictures: Path, tmp_path: Path) -> None:
    fill(pictures / "cats")
    fill(pictures / "dogs", mode="L")
    archive = zipped(pictures, tmp_path / "archive with any name")
    inside, folder = (ImageFolder(path=str(p), size=8) for p in (archive, pictures))
    assert inside.spec == folder.spec
    for part in ("train", "test"):
        assert inside.split(part).hash() == folder.split(part).hash()


def test_the_licence_beside_the_pictures_is_named(pictures: Path) -> None:
    fill(pictures)
    data = ImageFolder(path=str(pictures), size=8)
    assert data.licence.startswith("unknown")
    (pictures / "LICENSE.txt").write_text("CC0")
    assert data.licence == f"see LICENSE.txt in {pictures}"


def test_no_room_is_said_before_packing(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(pictures)

    def full(folder: Path, num_bytes: int) -> None:
        raise files.OutOfResources(f"{folder} needs {num_bytes} bytes")

    monkeypatch.setattr(files, "require_space", full)
    with pytest.raises(files.OutOfResources):
        ImageFolder(path=str(pictures), size=8).split("train")
