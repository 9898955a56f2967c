"""Pictures: pixels and floats, files, labels for people, previews and animations."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from sparring.core.errors import BadData, UserError
from sparring.core.spec import Spec
from sparring.modalities.image import Image


def modality(*shape: int) -> Image:
    return Image(Spec("image", shape))


def random_raw(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_every_pixel_value_survives_the_round_trip() -> None:
    raw = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    image = modality(1, 16, 16)
    samples = image.to_samples(raw)
    assert samples.min() == -1
    assert samples.max() == 1
    assert torch.equal(image.to_raw(samples), raw)


def test_to_raw_clips_and_rounds() -> None:
    samples = torch.tensor([-5.0, -1.0, 0.0, 1.0, 5.0, float("inf"), float("nan")])
    raw = modality(1, 1, 7).to_raw(samples.view(1, 1, 1, 7))
    assert raw.flatten().tolist() == [0, 0, 128, 255, 255, 255, 0]


def test_the_samples_given_are_left_alone() -> None:
    samples = torch.zeros(1, 1, 2, 2)
    modality(1, 2, 2).to_raw(samples)
    assert samples.eq(0).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_write_then_read_is_lossless(tmp_path: Path, channels: int) -> None:
    image = modality(channels, 6, 9)
    raw = random_raw(1, channels, 6, 9)
    if channels == 4:
        raw[:, 3] = 255  # where a pixel is invisible its colour need not survive
    path = tmp_path / "one.png"
    path.write_bytes(image.encode(image.to_samples(raw)[0]))
    assert torch.equal(image.read(path), raw[0])


def test_other_channel_counts_lie_side_by_side() -> None:
    image = modality(2, 6, 9)
    with Pictures.open(io.BytesIO(image.encode(torch.zeros(2, 6, 9)))) as picture:
        assert (picture.mode, picture.size) == ("L", (18, 6))


def test_the_same_sample_makes_the_same_bytes() -> None:
    sample = torch.linspace(-1, 1, 54).view(1, 6, 9)
    one, other = (modality(1, 6, 9).encode(sample) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_jpeg_is_nearly_the_same_picture(channels: int) -> None:
    sample = torch.linspace(-1, 1, 256).view(1, 16, 16).expand(channels, 16, 16).clone()
    sample[3:] = 1
    image = modality(channels, 16, 16)
    with Pictures.open(io.BytesIO(image.encode(sample, form="jpeg"))) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "L" if channels == 1 else "RGB")
        pixels = np.asarray(picture.convert("L")).astype(int)
    assert abs(pixels - image.to_raw(sample[None])[0, 0].numpy()).max() < 12


def test_a_form_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"image cannot be written as 'jpg'\. Did you mean 'jpeg'"):
        modality(1, 6, 9).encode(torch.zeros(1, 6, 9), form="jpg")


def test_read_refuses_other_sizes_and_what_is_no_picture(tmp_path: Path) -> None:
    image = modality(1, 6, 9)
    Pictures.new("L", (6, 9)).save(tmp_path / "turned.png")
    with pytest.raises(BadData, match="6 x 9 pixels; 9 x 6 are needed"):
        image.read(tmp_path / "turned.png")
    (tmp_path / "text.png").write_text("<!DOCTYPE html>")
    with pytest.raises(BadData, match="not a picture"):
        image.read(tmp_path / "text.png")
    with pytest.raises(BadData, match="No such file"):
        image.read(tmp_path / "missing.png")


@pytest.mark.parametrize(
    ("channels", "mode", "said"),
    [
        (1, "RGB", "is in colour; the data are gray"),
        (1, "RGBA", "is in colour with transparency; the data are gray"),
        (3, "L", "is gray; the data are in colour"),
        (2, "RGB", "is in colour; the data are gray"),
    ],
)
def test_read_as_is_loses_nothing(channels: int, mode: str, said: str, tmp_path: Path) -> None:
    bands = Pictures.new(mode, (8 if channels == 2 else 4, 4))
    bands.putpixel((0, 0), 7 if mode == "L" else (1, 2, 3, 4)[: len(mode)])
    bands.save(tmp_path / "a.png")
    assert modality(channels, 4, 4).read(tmp_path / "a.png").shape == (channels, 4, 4)
    with pytest.raises(BadData, match=said):
        modality(channels, 4, 4).read_as_is(tmp_path / "a.png")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_gray_in_colours_and_opaque_is_gray(mode: str, tmp_path: Path) -> None:
    gray = Pictures.new("L", (4, 4), 9)
    gray.convert(mode).save(tmp_path / "a.png")
    image = modality(1, 4, 4)
    assert image.read_as_is(tmp_path / "a.png").unique().tolist() == [9]


def test_files_are_known_by_content_or_name(tmp_path: Path) -> None:
    image = modality(1, 4, 4)
    Pictures.new("L", (4, 4)).save(tmp_path / "a", format="PNG")
    (tmp_path / "b.jpg").write_bytes(b"no picture, but it says so")
    (tmp_path / "c.txt").write_text("neither")
    found = [path.name for path in sorted(tmp_path.iterdir()) if image.claims(path)]
    assert found == ["a", "b.jpg"]


def test_a_shape_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(c, h, w\)"):
        modality(28, 28)


def opened(content: bytes) -> Pictures.Image:
    picture = Pictures.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return picture


def test_sixteen_digits_make_a_crisp_square() -> None:
    image = modality(1, 28, 28)
    raw = random_raw(16, 1, 28, 28)
    sheet = opened(image.preview(image.to_samples(raw)))
    assert sheet.size == (4 * 58 + 2, 4 * 58 + 2)
    assert sheet.mode == "L"
    second = np.asarray(sheet)[2:58, 60:116]
    assert np.array_equal(second[::2, ::2], raw[1, 0].numpy())
    assert np.array_equal(second[1::2, 1::2], raw[1, 0].numpy())


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("height", "width"), [(28, 28), (6, 9), (1, 1), (3, 2000), (90, 60)])
def test_any_shape_has_a_preview(channels: int, height: int, width: int) -> None:
    sheet = opened(
        modality(channels, height, width).preview(torch.zeros(3, channels, height, width))
    )
    assert min(sheet.size) >= min(height, width)


def test_columns_are_obeyed() -> None:
    sheet = opened(modality(3, 64, 64).preview(torch.zeros(7, 3, 64, 64), columns=7))
    assert sheet.size == (7 * 66 + 2, 66 + 2)


def test_captions_are_drawn_beneath_their_cells() -> None:
    image = modality(1, 28, 28)
    dark = torch.full((4, 1, 28, 28), -1.0)
    bare, labelled = (
        opened(image.preview(dark)),
        opened(image.preview(dark, ["7", "a long name " * 9])),
    )
    assert labelled.width == bare.width
    assert labelled.height > bare.height
    pixels = np.asarray(labelled)
    beneath = pixels[58:72]
    assert beneath[:, 2:58].min() < 128, "the first caption"
    assert beneath[:, 60:116].min() < 128, "the second caption"
    assert beneath[:, 116:].min() == 255, "it is cut to its cell"
    assert pixels[132:].min() == 255, "no captions were given for the second row"


def test_transparency_is_shown_on_white() -> None:
    clear = torch.full((1, 4, 60, 60), -1.0)
    assert np.asarray(opened(modality(4, 60, 60).preview(clear))).min() == 255


@pytest.mark.parametrize("channels", [1, 3, 4, 2])
def test_an_animation_has_all_frames(channels: int) -> None:
    frames = torch.linspace(-1, 1, 5).view(5, 1, 1, 1).expand(5, channels, 28, 28)
    suffix, content = modality(channels, 28, 28).animate(frames)
    with Pictures.open(io.BytesIO(content)) as film:
        assert suffix == ".gif"
        assert getattr(film, "n_frames", 1) == 5
        assert film.info["duration"] == 80
        assert film.info["loop"] == 0
        assert film.size == (56 * (2 if channels == 2 else 1), 56)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [8, 28, 64])
def test_on_small_pictures_the_label_lies_below_and_no_pixel_changes(
    channels: int, size: int
) -> None:
    image = modality(channels, size, size)
    raw = random_raw(1, channels, size, size)
    sample = image.to_samples(raw)[0]
    shown = opened(image.encode(sample, visible=True))
    plain = opened(image.encode(sample))
    assert shown.crop((0, 0, size, size)).tobytes() == plain.tobytes()
    below = np.asarray(shown.convert("L").crop((0, size, *shown.size)))
    ink = np.flatnonzero((below < 128).any(axis=1))
    assert ink[-1] - ink[0] + 1 >= max(0.05 * size, 10)


@pytest.mark.parametrize("size", [(256, 256), (400, 1_000), (1_000, 600)])
def test_on_large_pictures_the_label_lies_in_a_corner_and_is_high_enough(
    size: tuple[int, int],
) -> None:
    image = modality(1, *size)
    black = torch.full((1, *size), -1.0)
    shown = opened(image.encode(black, visible=True))
    assert shown.size == size[::-1]
    pixels = np.asarray(shown)
    rows, columns = (np.flatnonzero((pixels > 128).any(axis=axis)) for axis in (1, 0))
    assert (rows[-1], columns[-1]) == (size[0] - 1, size[1] - 1)
    assert (pixels > 128).mean() < 0.1
    inside = pixels[rows[0] :, columns[0] :]
    ink = np.flatnonzero((inside < 128).any(axis=1))
    assert ink[-1] - ink[0] + 1 >= 0.05 * min(size)


def test_sheets_and_films_show_the_label_too() -> None:
    image, samples = modality(1, 28, 28), torch.zeros(4, 1, 28, 28)
    bare, shown = opened(image.preview(samples)), opened(image.preview(samples, visible=True))
    assert shown.crop((0, 0, *bare.size)).tobytes() == bare.tobytes(), "captions stay legible"
    assert shown.height > bare.height + 10
    assert image.animate(samples, visible=True) != image.animate(samples)
